import NIOCore
import NIOHTTP1

/// Tells a connection that there is no room for it, and closes it when that was read.
final class NoRoomHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let limits: ControlLimits
    private var deadline: Scheduled<Void>?

    init(_ limits: ControlLimits) {
        self.limits = limits
    }

    func channelActive(context: ChannelHandlerContext) {
        let answer = ClosingAnswer.bytes(
            .serviceUnavailable,
            "browser control serves \(limits.connections) connections at once, and all are taken; try again later",
            on: context.channel.allocator)
        deadline = context.eventLoop.assumeIsolated().scheduleTask(in: TimeAmount(limits.leaving)) {
            context.close(promise: nil)
        }
        context.writeAndFlush(Self.wrapOutboundOut(answer), promise: nil)
        // What it sent is read and dropped until it closes: closed with something unread, the kernel would drop the answer.
        context.close(mode: .output, promise: nil)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {}

    func channelInactive(context: ChannelHandlerContext) { deadline?.cancel() }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}
