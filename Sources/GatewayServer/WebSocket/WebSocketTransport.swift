import Gateway
import NIOCore
import NIOWebSocket
import Synchronization

/// The way back to one WebSocket client.
final class WebSocketTransport: ClientTransport {
    private struct State {
        /// Bytes handed to the channel and not yet taken by the kernel.
        var waiting = 0
        var isClosing = false
    }

    private let channel: any Channel
    private let closingTime: TimeAmount
    private let state = Mutex(State())

    init(channel: any Channel, closingTime: TimeAmount) {
        self.channel = channel
        self.closingTime = closingTime
    }

    /// Whether a close frame was sent.
    var isClosing: Bool { state.withLock { $0.isClosing } }

    func send(_ text: [UInt8], isDroppable: Bool) {
        let (fits, isOpen) = state.withLock { state in
            let fits = state.waiting + text.count <= ProtocolLimits.bufferedBytes
            if fits, !state.isClosing { state.waiting += text.count }
            return (fits, !state.isClosing)
        }
        guard isOpen else { return }
        guard fits else {
            if !isDroppable { close(.slowConsumer) }
            return
        }
        let frame = WebSocketFrame(fin: true, opcode: .text, data: ByteBuffer(bytes: text))
        channel.writeAndFlush(frame).whenComplete { [self] _ in
            state.withLock { $0.waiting -= text.count }
        }
    }

    func close(_ reason: CloseReason) {
        let isFirst = state.withLock { state in
            defer { state.isClosing = true }
            return !state.isClosing
        }
        guard isFirst else { return }
        var data = ByteBuffer()
        data.write(webSocketErrorCode: WebSocketErrorCode(codeNumber: Int(reason.code)))
        data.writeString(reason.text)
        channel.writeAndFlush(WebSocketFrame(fin: true, opcode: .connectionClose, data: data), promise: nil)
        // The other end answers with its own close frame, or does not.
        channel.eventLoop.scheduleTask(in: closingTime) { [channel] in channel.close(promise: nil) }
    }
}
