import Glibc
import NIOCore
import NIOPosix
import NIOSSL
import Time

/// Makes connections to an IRC server: with TLS, whose certificate is always verified, and through a proxy where there is one.
struct IRCDialer: Sendable {
    typealias Connection = NIOAsyncChannel<ByteBuffer, ByteBuffer>

    let settings: IRCSettings

    /// Makes a connection. Throws `ChannelFailure`.
    func connect() async throws(ChannelFailure) -> Connection {
        let (host, port) = settings.proxy.map { ($0.host, $0.port) } ?? (settings.host, settings.port)
        do {
            let encryption = settings.isEncrypted ? try encryption() : nil
            let (connection, ready) = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .connectTimeout(.milliseconds(settings.times.connecting.milliseconds))
                .channelOption(.socketOption(.so_keepalive), value: 1)
                .connect(host: host, port: port) { channel in
                    channel.eventLoop.makeCompletedFuture { try prepare(channel, encryption) }
                }
            do {
                try await ready.get()
            } catch {
                try? await connection.channel.close()
                throw error
            }
            return connection
        } catch {
            throw failure(error)
        }
    }

    private func prepare(
        _ channel: any NIOCore.Channel, _ encryption: NIOSSLContext?
    ) throws -> (Connection, EventLoopFuture<Void>) {
        let handlers = channel.pipeline.syncOperations
        let ready = channel.eventLoop.makePromise(of: Void.self)
        if settings.proxy != nil {
            try handlers.addHandler(IRCProxyHandshake(host: settings.host, port: settings.port, ready: ready))
        } else {
            ready.succeed()
        }
        if let encryption {
            try handlers.addHandler(
                NIOSSLClientHandler(context: encryption, serverHostname: isAddress ? nil : settings.host))
        }
        return (try NIOAsyncChannel(wrappingChannelSynchronously: channel), ready.futureResult)
    }

    /// A certificate for an address is held against the address that was connected to.
    private var isAddress: Bool { (try? SocketAddress(ipAddress: settings.host, port: 0)) != nil }

    private func encryption() throws -> NIOSSLContext {
        var encryption = TLSConfiguration.makeClientConfiguration()
        encryption.minimumTLSVersion = .tlsv12
        if let file = settings.authorities {
            do {
                encryption.additionalTrustRoots = [.certificates(try NIOSSLCertificate.fromPEMFile(file))]
            } catch {
                throw ChannelFailure(.disconnected, "caFile: \(file) cannot be read, or holds no certificates in PEM")
            }
        }
        return try NIOSSLContext(configuration: encryption)
    }

    /// What `error` means to the owner.
    func failure(_ error: any Error) -> ChannelFailure {
        let place = "\(settings.host):\(settings.port)"
        switch error {
        case let failure as ChannelFailure: return failure
        case let error as NIOConnectionError:
            guard let first = error.connectionErrors.first else {
                return ChannelFailure(.disconnected, "the host \(error.host) is not known here")
            }
            return ChannelFailure(
                .disconnected, "nobody answers at \(error.host):\(error.port): \(Self.reason(first.error))")
        case is NIOSSLError, is NIOSSLExtraError, is BoringSSLError:
            return ChannelFailure(
                .disconnected,
                "the certificate of \(place) is not trusted, or it speaks no TLS: \(IRCText.plain("\(error)").prefix(200))"
            )
        case is ChannelError: return ChannelFailure(.disconnected, "no connection to \(place) within the time for it")
        case let error as IOError:
            return ChannelFailure(.disconnected, "the connection to \(place) broke: \(Self.reason(error))")
        default: return ChannelFailure(.disconnected, "the connection to \(place) broke: \(type(of: error))")
        }
    }

    private static func reason(_ error: any Error) -> String {
        guard let error = error as? IOError else { return IRCText.plain("\(error)") }
        return switch error.errnoCode {
        case ECONNREFUSED: "connection refused"
        case EACCES, EPERM: "the sandbox or the host does not permit this connection"
        case ENETUNREACH, EHOSTUNREACH: "no route to it"
        case ECONNRESET, EPIPE: "connection reset"
        case ETIMEDOUT: "timed out"
        case let code: "error \(code)"
        }
    }
}
