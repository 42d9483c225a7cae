import JSON
import NIOCore
import NIOWebSocket

/// The frames of a client's WebSocket: messages go to a stream, control frames are answered.
final class ClientFrames: ChannelInboundHandler {
    typealias InboundIn = WebSocketFrame
    typealias OutboundOut = WebSocketFrame

    /// What came in from the gateway.
    enum Message: Sendable {
        case json(JSON)
        /// The other end closes, and says why.
        case closed(String)
    }

    private let sink: AsyncStream<Message>.Continuation
    private var message = ByteBuffer()

    init(_ sink: AsyncStream<Message>.Continuation) {
        self.sink = sink
    }

    /// A frame as a client sends it: masked (RFC 6455 section 5.3).
    static func frame(_ opcode: WebSocketOpcode, _ data: ByteBuffer) -> WebSocketFrame {
        WebSocketFrame(fin: true, opcode: opcode, maskKey: .random(), data: data)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var frame = Self.unwrapInboundIn(data)
        switch frame.opcode {
        case .text, .continuation:
            message.writeBuffer(&frame.data)
            guard frame.fin else { return }
            defer { message.clear() }
            // The gateway sends JSON and nothing else; what is none is passed over.
            if let json = try? JSON(parsing: Array(message.readableBytesView)) { sink.yield(.json(json)) }
        case .ping: context.writeAndFlush(Self.wrapOutboundOut(Self.frame(.pong, frame.data)), promise: nil)
        case .connectionClose:
            _ = frame.data.readInteger(as: UInt16.self)
            let reason = String(buffer: frame.data)
            sink.yield(.closed(reason.isEmpty ? "it closed the connection" : reason))
            context.close(promise: nil)
        default: return
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }
}
