import Glibc
import Logging
import NIOCore
import NIOPosix

/// The sockets that accept, all on one port.
struct Listeners {
    private var channels: [any Channel] = []

    /// The addresses, each with the port.
    var addresses: [String] {
        channels.compactMap { channel in
            guard let address = channel.localAddress, let ip = address.ipAddress, let port = address.port else {
                return nil
            }
            return ip.contains(":") ? "[\(ip)]:\(port)" : "\(ip):\(port)"
        }
    }

    /// Takes those passed and binds the rest. Only a host without IPv6 goes without ::1. Throws `ServerError`; then none
    /// stays open.
    static func open(
        _ sockets: ServerSockets, port: UInt16, on group: any EventLoopGroup, logger: Logger, scarcity: Scarcity,
        initializer: @escaping @Sendable (any Channel) -> EventLoopFuture<Void>
    ) async throws -> Listeners {
        let bootstrap = ServerBootstrap(group: group)
            // As many as the kernel keeps (listen(2), net.core.somaxconn). One that finds no room comes again after a second
            // at the earliest.
            .serverChannelOption(.backlog, value: SOMAXCONN)
            // So many are taken in between two looks at the other sockets. Who comes behind 200 others waits for seven looks.
            .serverChannelOption(.maxMessagesPerRead, value: 32)
            // A port whose last connections linger in TIME_WAIT may be had again at once; one that somebody
            // listens on may not (socket(7), SO_REUSEADDR).
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .serverChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(scarcity.acceptHandler)
                }
            }
            .childChannelOption(.socketOption(.so_keepalive), value: 1)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            // One piece at a time, and a small one: what comes in one piece is read in one go, while all others wait.
            .childChannelOption(.maxMessagesPerRead, value: 1)
            .childChannelOption(.recvAllocator, value: Site.requestAllocator)
            .childChannelInitializer(initializer)
        var listeners = Listeners()
        for socket in sockets.passed {
            listeners.channels.append(
                try await TrapGuard.during { try await bootstrap.withBoundSocket(socket).get() })
        }
        for address in sockets.addresses {
            do {
                let channel = try await bootstrap.bind(
                    to: SocketAddress(ipAddress: address, port: Int(port))
                ).get()
                listeners.channels.append(channel)
            } catch {
                if address == "::1", error.isMissingAddressFamily {
                    logger.notice("this host has no IPv6 loopback; serving on 127.0.0.1 only")
                    continue
                }
                await listeners.close()
                throw error.bindError(port: port, address: address)
            }
        }
        return listeners
    }

    /// Closes all. New connections are refused from now on.
    func close() async {
        for channel in channels {
            // A listener that is already closed is what was wanted.
            try? await channel.close()
        }
    }
}

extension Error {
    fileprivate var isMissingAddressFamily: Bool {
        guard let error = self as? IOError else { return false }
        return error.errnoCode == EAFNOSUPPORT || error.errnoCode == EADDRNOTAVAIL
    }

    fileprivate func bindError(port: UInt16, address: String) -> any Error {
        guard let error = self as? IOError else { return self }
        return switch error.errnoCode {
        case EADDRINUSE: ServerError.portInUse(port: port, address: address)
        case EACCES, EPERM: ServerError.portRefused(port: port, address: address)
        case let errno where Scarcity.isScarcity(errno): ServerError.scarcity(errno: errno)
        case let errno: ServerError.bind(port: port, address: address, errno: errno)
        }
    }
}
