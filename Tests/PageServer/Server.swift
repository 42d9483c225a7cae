package import NIOCore
import NIOPosix

/// A listener on loopback, at a port that the kernel chose.
package final class Server: Sendable {
    /// The port, of 127.0.0.1.
    package let port: UInt16
    private let channel: any Channel

    private init(_ channel: any Channel, port: UInt16) {
        self.channel = channel
        self.port = port
    }

    /// Why there is none.
    package enum Fault: Error {
        case notMade
    }

    /// Listens, and sets up each connection by `initializer`.
    package static func start(_ initializer: @escaping @Sendable (any Channel) -> EventLoopFuture<Void>) async throws
        -> Server
    {
        let channel = try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .childChannelInitializer(initializer)
            .bind(host: "127.0.0.1", port: 0).get()
        guard let port = channel.localAddress?.port.flatMap(UInt16.init(exactly:)) else { throw Fault.notMade }
        return Server(channel, port: port)
    }

    /// Takes no more connections.
    package func stop() async {
        // Closed is closed.
        try? await channel.close()
    }
}
