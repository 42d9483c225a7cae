import NIOCore
import NIOPosix
import Synchronization

/// A proxy that connects by CONNECT to where a test permits it.
final class TestProxy: Sendable {
    private let listener: any NIOCore.Channel
    var port: Int { listener.localAddress?.port ?? 0 }

    private init(_ listener: any NIOCore.Channel) { self.listener = listener }

    static func start(_ isPermitted: @escaping @Sendable (String) -> Bool) async throws -> TestProxy {
        let listener = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(Front(isPermitted, channel))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        return TestProxy(listener)
    }

    func stop() async { try? await listener.close() }

    /// The side of who asks.
    private final class Front: ChannelInboundHandler, Sendable {
        typealias InboundIn = ByteBuffer

        private let isPermitted: @Sendable (String) -> Bool
        private let channel: any NIOCore.Channel
        private let back = Mutex<(any NIOCore.Channel)?>(nil)
        private let request = Mutex("")

        init(_ isPermitted: @escaping @Sendable (String) -> Bool, _ channel: any NIOCore.Channel) {
            self.isPermitted = isPermitted
            self.channel = channel
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            let buffer = Self.unwrapInboundIn(data)
            if let back = back.withLock({ $0 }) { return back.writeAndFlush(buffer, promise: nil) }
            let text = request.withLock { text in
                text += String(buffer: buffer)
                return text
            }
            guard text.hasSuffix("\r\n\r\n") else { return }
            let place = String(text.split(separator: " ")[1])
            guard isPermitted(place), let port = place.split(separator: ":").last.flatMap({ Int($0) }) else {
                channel.writeAndFlush(ByteBuffer(string: "HTTP/1.1 403 Forbidden\r\n\r\n"), promise: nil)
                return
            }
            let channel = channel
            ClientBootstrap(group: channel.eventLoop)
                .channelInitializer { other in
                    other.eventLoop.makeCompletedFuture { try other.pipeline.syncOperations.addHandler(Back(channel)) }
                }
                .connect(host: "127.0.0.1", port: port)
                .whenSuccess { other in
                    self.back.withLock { $0 = other }
                    channel.writeAndFlush(ByteBuffer(string: "HTTP/1.1 200 OK\r\n\r\n"), promise: nil)
                }
        }

        func channelInactive(context: ChannelHandlerContext) { back.withLock { $0 }?.close(promise: nil) }
    }

    /// The side of the server.
    private final class Back: ChannelInboundHandler, Sendable {
        typealias InboundIn = ByteBuffer

        private let front: any NIOCore.Channel

        init(_ front: any NIOCore.Channel) { self.front = front }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            front.writeAndFlush(Self.unwrapInboundIn(data), promise: nil)
        }

        func channelInactive(context: ChannelHandlerContext) { front.close(promise: nil) }
    }
}
