import Gateway
import NIOCore
import NIOSSL

/// TLS on the gateway's port: version 1.2 or later.
struct ServerEncryption: Sendable {
    private let context: NIOSSLContext

    /// Shows and proves `identity`. Throws what the library finds wrong with it.
    init(_ identity: TLSIdentity) throws {
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: try identity.chain.map { .certificate(try NIOSSLCertificate(bytes: $0, format: .der)) },
            privateKey: .privateKey(try NIOSSLPrivateKey(bytes: identity.keyText, format: .pem)))
        configuration.minimumTLSVersion = .tlsv12
        // Also for those who could speak HTTP/2.
        configuration.applicationProtocols = ["http/1.1"]
        configuration.shutdownTimeout = .seconds(2)
        context = try NIOSSLContext(configuration: configuration)
    }

    /// Sets up the pipeline of a new connection, before everything else.
    func configure(_ channel: any Channel) throws {
        try channel.pipeline.syncOperations.addHandlers(
            PlainRequestRefusal(), NIOSSLServerHandler(context: context))
    }
}
