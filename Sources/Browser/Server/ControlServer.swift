import Glibc
package import NIOCore
import NIOHTTP1
import NIOPosix

/// Browser control over HTTP, on loopback alone.
package final class ControlServer: Sendable {
    private let channels: [any Channel]

    private init(_ channels: [any Channel]) {
        self.channels = channels
    }

    /// The port it listens at; nil when it does not listen.
    package var port: Int? { channels.first?.localAddress?.port }

    /// Listens at `port` of 127.0.0.1 and ::1, and has `answer` answer whom `access` lets in, within `limits`. A host without
    /// IPv6 goes without ::1. Port 0 is any that is free. Throws what the kernel says when the port cannot be had.
    package static func start(
        port: Int, _ access: any ControlAccess, on group: any EventLoopGroup, limits: ControlLimits = ControlLimits(),
        answer: @escaping @Sendable (BrowserRequest) async -> BrowserAnswer
    ) async throws -> ControlServer {
        let open = OpenConnections(limit: limits.connections)
        let bootstrap = ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: 64)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .serverChannelInitializer { channel in
                // Where the kernel gives no more descriptors, nobody is accepted for a while, and the listener stays.
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(
                        AcceptBackoffHandler(shouldForwardIOErrorCaught: false) { _ in .milliseconds(100) })
                }
            }
            .childChannelOption(.maxMessagesPerRead, value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let pipeline = channel.pipeline.syncOperations
                    switch open.receive(channel) {
                    case .served:
                        try pipeline.configureHTTPServerPipeline(
                            withPipeliningAssistance: true, withErrorHandling: true)
                        try pipeline.addHandler(ControlHandler(access, limits, answer))
                    case .turnedAway: try pipeline.addHandler(NoRoomHandler(limits))
                    case .refused: channel.close(promise: nil)
                    }
                }
            }
        let first = try await bootstrap.bind(host: "127.0.0.1", port: port).get()
        do {
            let second = try await bootstrap.bind(host: "::1", port: first.localAddress?.port ?? port).get()
            return ControlServer([first, second])
        } catch let error as IOError where [EAFNOSUPPORT, EADDRNOTAVAIL].contains(error.errnoCode) {
            return ControlServer([first])
        } catch {
            first.close(promise: nil)
            throw error
        }
    }

    /// Takes no more connections.
    package func stop() async {
        for channel in channels {
            // Closed is closed.
            try? await channel.close()
        }
    }
}
