import NIOCore

/// Before the frames of a WebSocket are put together: ends a connection that sends more than a handshake needs before it
/// is through one. A frame is held until its last byte has come, and nobody unknown may have us hold much.
final class HandshakeGuard: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer

    private let standing: ConnectionStanding
    private let exceeded: () -> Void
    private var room: Int

    /// Calls `exceeded` when more than `limit` bytes come before the handshake is through.
    init(limit: Int, standing: ConnectionStanding, exceeded: @escaping () -> Void) {
        room = limit
        self.standing = standing
        self.exceeded = exceeded
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !standing.isProven else {
            context.fireChannelRead(data)
            return context.pipeline.syncOperations.removeHandler(self, promise: nil)
        }
        // Whatever else comes is not looked at: the connection is being closed.
        guard room >= 0 else { return }
        room -= Self.unwrapInboundIn(data).readableBytes
        if room >= 0 { context.fireChannelRead(data) } else { exceeded() }
    }
}
