import NIOCore
import NIOWebSocket

/// The client's end of a WebSocket (RFC 6455): text messages go in and out whole, control frames are answered.
///
/// Whatever RFC 6455 says a client must fail the connection for closes it, with the reason in `DevToolsError.violation`.
final class WebSocketMessages: ChannelDuplexHandler {
    typealias InboundIn = WebSocketFrame
    typealias InboundOut = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = WebSocketFrame

    private let limit: Int
    private let closing: TimeAmount
    /// What came so far of a message in several frames.
    private var message: ByteBuffer?
    /// Whether a close frame was sent; nothing is sent after it (section 5.5.1).
    private var isClosing = false
    private var deadline: Scheduled<Void>?
    /// Who asked for the end, and hears of it when it has come.
    private var closePromises: [EventLoopPromise<Void>] = []

    /// `limit` is the longest message, in bytes. The other end has `closing` to answer a close frame.
    init(limit: Int, closing: TimeAmount) {
        self.limit = limit
        self.closing = closing
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let frame = Self.unwrapInboundIn(data)
        guard frame.maskKey == nil else { return fail(context, .protocolError, "a frame is masked") }
        guard !frame.rsv1, !frame.rsv2, !frame.rsv3 else {
            return fail(context, .protocolError, "a frame uses an extension that was not agreed on")
        }
        switch frame.opcode {
        case .text:
            guard message == nil else { return fail(context, .protocolError, "a message begins within another") }
            take(frame.data, isLast: frame.fin, context)
        case .continuation:
            guard message != nil else { return fail(context, .protocolError, "a message goes on that never began") }
            take(frame.data, isLast: frame.fin, context)
        case .binary: fail(context, .unacceptableData, "a message is no text")
        case .ping: send(.pong, frame.data, context)
        case .pong: break
        case .connectionClose: closed(frame.data, context)
        default: fail(context, .protocolError, "a frame is of a kind that nobody knows")
        }
    }

    private func take(_ data: ByteBuffer, isLast: Bool, _ context: ChannelHandlerContext) {
        // What comes after our close frame counts no more.
        guard !isClosing else { return }
        if isLast, message == nil { return deliver(data, context) }
        var data = data
        var whole = message ?? ByteBuffer()
        message = nil
        guard whole.readableBytes + data.readableBytes <= limit else {
            close(context, .messageTooLarge)
            return context.fireErrorCaught(DevToolsError.tooLarge(limit: limit))
        }
        whole.writeBuffer(&data)
        if isLast { deliver(whole, context) } else { message = whole }
    }

    /// A text message is UTF-8 (section 8.1).
    private func deliver(_ message: ByteBuffer, _ context: ChannelHandlerContext) {
        guard Self.isUTF8(message) else {
            return fail(context, .dataInconsistentWithMessage, "a message is no UTF-8")
        }
        context.fireChannelRead(Self.wrapInboundOut(message))
    }

    private static func isUTF8(_ data: ByteBuffer) -> Bool {
        data.withUnsafeReadableBytes { bytes in
            (try? UTF8Span(validating: bytes.bindMemory(to: UInt8.self).span)) != nil
        }
    }

    /// The other end closes: answers with its own code, and leaves it to the other end to close the connection.
    private func closed(_ data: ByteBuffer, _ context: ChannelHandlerContext) {
        var data = data
        guard data.readableBytes != 1 else { return fail(context, .protocolError, "a close frame holds one byte") }
        let code = data.readWebSocketErrorCode()
        guard Self.isUTF8(data) else {
            return fail(context, .dataInconsistentWithMessage, "the reason for closing is no UTF-8")
        }
        let reason = data.readString(length: data.readableBytes) ?? ""
        let words = code.map { "\(Self.number($0))" + (reason.isEmpty ? "" : ", \(reason)") } ?? "no reason given"
        // The server closes the connection first (section 7.1.1); it has as long for that as for a close frame of its own.
        guard !isClosing else { return }
        if let code, !Self.mayBeSent(code) { close(context, .protocolError) } else { close(context, code) }
        context.fireErrorCaught(DevToolsError.disconnected(reason: "the browser closed it (\(words))"))
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        switch error {
        case NIOWebSocketError.invalidFrameLength:
            close(context, .messageTooLarge)
            context.fireErrorCaught(DevToolsError.tooLarge(limit: limit))
        case is NIOWebSocketError: fail(context, .protocolError, "a control frame is too long or in pieces")
        default: context.fireErrorCaught(error)
        }
    }

    private func fail(_ context: ChannelHandlerContext, _ code: WebSocketErrorCode, _ reason: String) {
        guard !isClosing else { return }
        // First, or closing for another reason would say another code.
        close(context, code)
        context.fireErrorCaught(DevToolsError.violation(reason))
    }

    // MARK: Sending

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        guard !isClosing else {
            promise?.fail(ChannelError.outputClosed)
            return
        }
        context.write(Self.wrapOutboundOut(Self.frame(.text, Self.unwrapOutboundIn(data))), promise: promise)
    }

    func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
        guard mode == .all, context.channel.isActive else { return context.close(mode: mode, promise: promise) }
        if let promise { closePromises.append(promise) }
        close(context, .normalClosure)
    }

    func channelInactive(context: ChannelHandlerContext) {
        end()
        context.fireChannelInactive()
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        end()
    }

    private func end() {
        deadline?.cancel()
        for promise in closePromises { promise.succeed() }
        closePromises = []
    }

    /// Sends a close frame, once, and ends the connection when the other end does not.
    private func close(_ context: ChannelHandlerContext, _ code: WebSocketErrorCode?) {
        guard !isClosing else { return }
        var data = ByteBuffer()
        if let code { data.write(webSocketErrorCode: code) }
        send(.connectionClose, data, context)
        isClosing = true
        message = nil
        setDeadline(context)
    }

    private func setDeadline(_ context: ChannelHandlerContext) {
        guard deadline == nil else { return }
        deadline = context.eventLoop.assumeIsolated().scheduleTask(in: closing) { context.close(promise: nil) }
    }

    private func send(_ opcode: WebSocketOpcode, _ data: ByteBuffer, _ context: ChannelHandlerContext) {
        guard !isClosing else { return }
        context.writeAndFlush(Self.wrapOutboundOut(Self.frame(opcode, data)), promise: nil)
    }

    /// A frame as a client sends it: masked (section 5.3).
    private static func frame(_ opcode: WebSocketOpcode, _ data: ByteBuffer) -> WebSocketFrame {
        WebSocketFrame(fin: true, opcode: opcode, maskKey: .random(), data: data)
    }

    private static func number(_ code: WebSocketErrorCode) -> UInt16 {
        var buffer = ByteBuffer()
        buffer.write(webSocketErrorCode: code)
        return buffer.readInteger() ?? 0
    }

    /// Whether a close frame may carry `code` (section 7.4).
    private static func mayBeSent(_ code: WebSocketErrorCode) -> Bool {
        switch number(code) {
        case 1000...1003, 1007...1014, 3000...4999: true
        default: false
        }
    }
}
