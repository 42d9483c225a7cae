import Gateway
import NIOCore
import NIOSSL

/// TLS on the gateway's port: version 1.2 with what is safe of it, or later.
struct ServerEncryption: Sendable {
    private let context: NIOSSLContext

    /// Shows and proves `identity`. Throws what the library finds wrong with it.
    init(_ identity: TLSIdentity) throws {
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: try identity.chain.map { .certificate(try NIOSSLCertificate(bytes: $0, format: .der)) },
            privateKey: .privateKey(try NIOSSLPrivateKey(bytes: identity.keyText, format: .pem)))
        configuration.minimumTLSVersion = .tlsv12
        configuration.cipherSuiteValues = Self.cipherSuites
        // Also for those who could speak HTTP/2.
        configuration.applicationProtocols = ["http/1.1"]
        configuration.shutdownTimeout = .seconds(2)
        context = try NIOSSLContext(configuration: configuration)
    }

    /// What is offered with TLS 1.2: forward secrecy, and encryption that is authenticated by itself (RFC 9325 section
    /// 4.2). TLS 1.3 has no others.
    private static let cipherSuites: [NIOTLSCipher] = [
        .TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, .TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
        .TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256, .TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
        .TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384, .TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
    ]

    /// Sets up the pipeline of a new connection, before everything else.
    func configure(_ channel: any Channel) throws {
        try channel.pipeline.syncOperations.addHandlers(
            PlainRequestRefusal(), NIOSSLServerHandler(context: context))
    }
}
