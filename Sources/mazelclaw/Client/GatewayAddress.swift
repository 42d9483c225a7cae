import Configuration
import Gateway
import GatewayServer
import Glibc
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import Policy

/// Where a command finds the gateway of its instance on this host, and how it knows it.
struct GatewayAddress: Sendable {
    let port: UInt16
    let encryption: Encryption

    /// How it speaks.
    enum Encryption {
        /// Unencrypted, as is usual on loopback.
        case none
        /// By TLS, showing this certificate. nil when there is none yet: nothing that answers is it.
        case certificate(CertificateFingerprint?)
    }

    init(port: UInt16, encryption: Encryption) {
        self.port = port
        self.encryption = encryption
    }

    /// Where `configuration` has the gateway listen. Throws `ConfigurationError` when its certificate cannot be read.
    init(_ configuration: GatewayConfiguration) throws(ConfigurationError) {
        let files = try configuration.tlsFilesOfPayload()
        self.init(
            port: configuration.ports.value.gateway,
            encryption: try files.map { files throws(ConfigurationError) in .certificate(try files.fingerprint()) }
                ?? .none)
    }

    /// Has everything on `channel`, a new one, be encrypted, when the gateway speaks TLS.
    func encrypt(_ channel: any Channel) throws {
        guard case .certificate(let certificate) = encryption else { return }
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.minimumTLSVersion = .tlsv12
        // The certificate is known: nobody needs to vouch for it.
        configuration.certificateVerification = .noHostnameVerification
        configuration.trustRoots = .certificates([])
        configuration.shutdownTimeout = .milliseconds(500)
        let handler = try NIOSSLClientHandler(
            context: NIOSSLContext(configuration: configuration), serverHostname: nil,
            customVerificationCallback: { shown, answer in
                let bytes = (try? shown.first?.toDERBytes()) ?? []
                answer.succeed(CertificateFingerprint(of: bytes) == certificate ? .certificateVerified : .failed)
            })
        try channel.pipeline.syncOperations.addHandler(handler)
    }

    /// Whether `error`, of a connection, says that the other end could not show that it is the gateway.
    static func isIdentityFault(_ error: any Error) -> Bool {
        switch error {
        case is BoringSSLError: true
        case let error as NIOSSLError:
            if case .handshakeFailed = error { true } else { false }
        default: false
        }
    }

    // MARK: Connecting

    /// Runs what a command waits for. It ends with the command.
    static func makeLoop() -> MultiThreadedEventLoopGroup {
        TrapGuard.during { MultiThreadedEventLoopGroup(numberOfThreads: 1) }
    }

    /// Connects to it on 127.0.0.1, within `limit`. `prepare` adds what speaks HTTP on the new channel.
    func connect(
        on loop: any EventLoop, within limit: TimeAmount, _ prepare: @escaping @Sendable (any Channel) throws -> Void
    ) async throws -> any Channel {
        try await ClientBootstrap(group: loop)
            .connectTimeout(limit)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try encrypt(channel)
                    try prepare(channel)
                }
            }
            .connect(to: SocketAddress(ipAddress: "127.0.0.1", port: Int(port))).get()
    }

    /// The head of a request to it for `path`.
    func requestHead(_ path: String) -> HTTPRequestHead {
        HTTPRequestHead(version: .http1_1, method: .GET, uri: path, headers: ["host": "127.0.0.1:\(port)"])
    }

    /// Why a connection to it could not be made, by the system call that failed; nil when none did.
    static func reason(_ error: any Error) -> String? {
        guard let error = error as? IOError else { return nil }
        return error.errnoCode == ECONNREFUSED
            ? "nothing listens" : "cannot connect: \(String(cString: strerror(error.errnoCode)))"
    }
}
