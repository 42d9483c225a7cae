import NIOCore
import NIOWebSocket

/// A page's WebSocket for live reload. What the page says is of no interest.
final class LiveReloadHandler: ChannelInboundHandler {
    typealias InboundIn = WebSocketFrame
    typealias OutboundOut = WebSocketFrame

    private var owedPong = OwedPong()

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let frame = Self.unwrapInboundIn(data)
        switch frame.opcode {
        case .ping:
            if let pong = owedPong.answer(to: frame.unmaskedData, isWritable: context.channel.isWritable) {
                send(pong, context)
            }
        case .connectionClose: close(.normalClosure, context)
        default: break
        }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable, let pong = owedPong.take() { send(pong, context) }
        context.fireChannelWritabilityChanged()
    }

    private func send(_ pong: ByteBuffer, _ context: ChannelHandlerContext) {
        let frame = WebSocketFrame(fin: true, opcode: .pong, data: pong)
        context.writeAndFlush(Self.wrapOutboundOut(frame), promise: nil)
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard event is OpenConnections.Stopping else { return context.fireUserInboundEventTriggered(event) }
        close(.unknown(1012), context)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }

    private func close(_ code: WebSocketErrorCode, _ context: ChannelHandlerContext) {
        var data = ByteBuffer()
        data.write(webSocketErrorCode: code)
        let frame = WebSocketFrame(fin: true, opcode: .connectionClose, data: data)
        context.writeAndFlush(Self.wrapOutboundOut(frame)).assumeIsolated().whenComplete { _ in
            context.close(promise: nil)
        }
    }
}
