import Gateway
import GatewayProtocol
import NIOCore
import NIOWebSocket
import Synchronization

/// The way back to one WebSocket client.
///
/// What is sent goes into a queue, which the event loop hands to the channel once it has read what there was: that
/// keeps the order of the calls, whatever threads they came from, and the answers to requests that came in one piece go
/// out in one.
final class WebSocketTransport: ClientTransport {
    private struct State {
        /// What the channel was not given yet.
        var queue: [WebSocketFrame] = []
        /// Bytes of text that were sent and not yet taken by the kernel.
        var waiting = 0
        var isClosing = false
    }

    private let channel: any Channel
    private let closingTime: TimeAmount
    private let onSlow: @Sendable () -> Void
    private let state = Mutex(State())

    /// The way back over `channel`, whose other end has `closingTime` to answer a close frame. `onSlow` hears when it is
    /// closed because it takes nothing.
    init(channel: any Channel, closingTime: TimeAmount, onSlow: @escaping @Sendable () -> Void = {}) {
        self.channel = channel
        self.closingTime = closingTime
        self.onSlow = onSlow
    }

    /// Whether a close frame was sent.
    var isClosing: Bool { state.withLock { $0.isClosing } }

    func send(_ text: [UInt8], isDroppable: Bool) {
        enum Outcome { case queued(isFirst: Bool), dropped, tooSlow }
        let outcome: Outcome = state.withLock { state in
            guard !state.isClosing else { return .dropped }
            // One who took everything so far is not slow, however long the answer.
            guard state.waiting == 0 || state.waiting + text.count <= ProtocolLimits.bufferedBytes else {
                return isDroppable ? .dropped : .tooSlow
            }
            state.waiting += text.count
            state.queue.append(WebSocketFrame(fin: true, opcode: .text, data: ByteBuffer(bytes: text)))
            return .queued(isFirst: state.queue.count == 1)
        }
        switch outcome {
        case .queued(isFirst: true): channel.eventLoop.execute { self.drain() }
        case .queued(isFirst: false), .dropped: break
        case .tooSlow:
            close(.slowConsumer)
            onSlow()
        }
    }

    func close(_ reason: CloseReason) {
        let isFirst = state.withLock { state in
            guard !state.isClosing else { return false }
            state.isClosing = true
            state.queue.append(WebSocketFrame(fin: true, opcode: .connectionClose, data: ByteBuffer(reason)))
            return true
        }
        guard isFirst else { return }
        // At once if it can be: whoever finds the fault may close the channel next.
        if channel.eventLoop.inEventLoop { drain() } else { channel.eventLoop.execute { self.drain() } }
        // The other end answers with its own close frame, or does not.
        channel.eventLoop.scheduleTask(in: closingTime) { [channel] in channel.close(promise: nil) }
    }

    /// Takes nothing more, and hands the channel what there is; for the event loop, which closes next.
    func finish() {
        state.withLock { $0.isClosing = true }
        drain()
    }

    private func drain() {
        let frames = state.withLock { state in
            defer { state.queue.removeAll() }
            return state.queue
        }
        guard let last = frames.last else { return }
        let size = frames.reduce(0) { $0 + ($1.opcode == .text ? $1.data.readableBytes : 0) }
        for frame in frames.dropLast() { channel.write(frame, promise: nil) }
        let sent = channel.eventLoop.makePromise(of: Void.self)
        sent.futureResult.whenComplete { [self] _ in
            state.withLock { $0.waiting -= size }
        }
        channel.writeAndFlush(last, promise: sent)
    }
}

extension ByteBuffer {
    /// The payload of a close frame (RFC 6455 section 5.5.1).
    init(_ reason: CloseReason) {
        self.init()
        writeInteger(reason.code)
        writeString(reason.text)
    }
}
