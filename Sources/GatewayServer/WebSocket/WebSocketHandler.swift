package import Gateway
import GatewayProtocol
package import NIOCore
package import NIOWebSocket

/// The frames of one WebSocket (RFC 6455): puts messages together, answers control frames, keeps the limits.
///
/// Of frames that came together those that there is no time for wait until it is the connection's turn; nothing more is
/// read while some wait.
package final class WebSocketHandler: ChannelDuplexHandler {
    package typealias InboundIn = WebSocketFrame
    package typealias OutboundIn = WebSocketFrame
    package typealias OutboundOut = WebSocketFrame

    private let limits: ServerLimits
    private let connect: (any ClientTransport) -> (any MessageReceiver)?
    private var connection: (any MessageReceiver)?
    private var transport: WebSocketTransport?
    /// The message so far, while its last frame has not come.
    private var message: ByteBuffer?
    private var handshakeDeadline: Scheduled<Void>?
    private var nextPing: Scheduled<Void>?
    /// Pings sent since anything was last heard.
    private var unansweredPings = 0
    private var owedPong = OwedPong()
    /// Frames that came and wait for their turn.
    private var backlog = CircularBuffer<WebSocketFrame>()
    private var isReadWanted = false
    private var isGone = false
    private let turns: Turns
    private let account: Turns.Account
    private let onSlow: @Sendable () -> Void

    /// How long frames that wait are taken for before others have their turn. One is always taken.
    private static let turn = TimeAmount.microseconds(250)

    /// A handler whose messages go to the receiver that `connect` gives for the way back; when it gives none, the service
    /// ends. Its turns are those of the event loop. `onSlow` hears of a client that is closed because it takes nothing.
    package init(
        limits: ServerLimits, turns: Turns, onSlow: @escaping @Sendable () -> Void = {},
        connect: @escaping (any ClientTransport) -> (any MessageReceiver)?
    ) {
        self.limits = limits
        self.turns = turns
        account = turns.account()
        self.onSlow = onSlow
        self.connect = connect
    }

    // MARK: Life

    package func handlerAdded(context: ChannelHandlerContext) {
        let transport = WebSocketTransport(channel: context.channel, closingTime: limits.closing, onSlow: onSlow)
        self.transport = transport
        guard let connection = connect(transport) else {
            return transport.close(.restart)
        }
        self.connection = connection
        schedulePing(context)
        guard !connection.isEstablished else { return }
        handshakeDeadline = context.eventLoop.scheduleTask(in: limits.handshake) { connection.handshakeTimedOut() }
    }

    package func channelInactive(context: ChannelHandlerContext) {
        handshakeDeadline?.cancel()
        nextPing?.cancel()
        isGone = true
        // Not at once: this may be called from within a write the connection is making.
        if backlog.isEmpty { context.eventLoop.assumeIsolated().execute { [self] in connection?.closed() } }
        context.fireChannelInactive()
    }

    package func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if event is OpenConnections.Stopping { end(.restart) }
        context.fireUserInboundEventTriggered(event)
    }

    package func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // The socket is of no use any more; channelInactive follows.
        guard let fault = error as? NIOWebSocketError else { return context.close(promise: nil) }
        end(fault == .invalidFrameLength ? .tooBig : .protocolError)
        // Nothing is read beyond the fault, no answer to our close frame either: this end is done.
        context.close(mode: .output, promise: nil)
    }

    /// A half-open connection looks alive until something is asked of it.
    private func ping(_ context: ChannelHandlerContext) {
        guard unansweredPings < 3 else { return context.close(promise: nil) }
        unansweredPings += 1
        write(.ping, ByteBuffer(), context)
        schedulePing(context)
    }

    private func schedulePing(_ context: ChannelHandlerContext) {
        nextPing = context.eventLoop.assumeIsolated().scheduleTask(in: limits.ping) { [self] in ping(context) }
    }

    // MARK: Frames

    package func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let frame = Self.unwrapInboundIn(data)
        unansweredPings = 0
        guard backlog.isEmpty, turns.hasTime else {
            backlog.append(frame)
            if backlog.count == 1 { waitForTurn(context) }
            return
        }
        turns.spend(account) { take(frame, context) }
    }

    package func read(context: ChannelHandlerContext) {
        if backlog.isEmpty { context.read() } else { isReadWanted = true }
    }

    private func waitForTurn(_ context: ChannelHandlerContext) {
        let size = (message?.readableBytes ?? 0) + (backlog.first?.data.readableBytes ?? 0)
        turns.wait(account, cost: Turns.cost(ofBytes: size)) { [self] in
            let end = NIODeadline.now() + Self.turn
            repeat {
                guard let frame = backlog.popFirst() else { break }
                take(frame, context)
            } while NIODeadline.now() < end
            guard backlog.isEmpty else { return waitForTurn(context) }
            if isGone { return connection?.closed() ?? () }
            guard isReadWanted else { return }
            isReadWanted = false
            context.read()
        }
    }

    private func take(_ frame: WebSocketFrame, _ context: ChannelHandlerContext) {
        // Nobody is there any more to be answered, but what was said counts.
        guard !isGone || frame.opcode == .text || frame.opcode == .continuation else { return }
        guard transport?.isClosing != true || frame.opcode == .connectionClose else { return }
        // Section 5.1: a client masks every frame. Section 5.2: no extension was agreed on.
        guard frame.maskKey != nil, !frame.rsv1, !frame.rsv2, !frame.rsv3 else { return end(.protocolError) }
        switch frame.opcode {
        case .text:
            guard message == nil else { return end(.protocolError) }
            add(frame)
        case .continuation:
            guard message != nil else { return end(.protocolError) }
            add(frame)
        case .ping: answerPing(frame.unmaskedData, context)
        case .pong: break
        case .connectionClose: answerClose(frame, context)
        case .binary: end(.unsupportedData)
        default: end(.protocolError)
        }
    }

    private func add(_ frame: WebSocketFrame) {
        var data = frame.unmaskedData
        let limit = connection?.inboundLimit ?? 0
        guard (message?.readableBytes ?? 0) + data.readableBytes <= limit else { return end(.tooBig) }
        if message == nil { message = data } else { message?.writeBuffer(&data) }
        guard frame.fin, let whole = message else { return }
        message = nil
        whole.withUnsafeReadableBytes { bytes in
            bytes.withMemoryRebound(to: UInt8.self) { connection?.receive($0) }
        }
        if connection?.isEstablished == true { handshakeDeadline?.cancel() }
    }

    private func answerPing(_ data: ByteBuffer, _ context: ChannelHandlerContext) {
        guard let pong = owedPong.answer(to: data, isWritable: context.channel.isWritable) else { return }
        write(.pong, pong, context)
    }

    package func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable, transport?.isClosing != true, let pong = owedPong.take() {
            write(.pong, pong, context)
        }
        context.fireChannelWritabilityChanged()
    }

    private func answerClose(_ frame: WebSocketFrame, _ context: ChannelHandlerContext) {
        guard transport?.isClosing != true else { return context.close(promise: nil) }
        transport?.finish()
        write(.connectionClose, Self.answer(toClose: frame.unmaskedData), context).assumeIsolated()
            .whenComplete { _ in context.close(promise: nil) }
    }

    /// The answer repeats the code (section 5.5.1), or says what is wrong with the frame.
    private static func answer(toClose payload: ByteBuffer) -> ByteBuffer {
        var text = payload
        let code = text.readSlice(length: 2) ?? ByteBuffer()
        let number = code.getInteger(at: code.readerIndex, as: UInt16.self)
        guard number.map(maySend) ?? (text.readableBytes == 0) else { return ByteBuffer(.protocolError) }
        guard String(validating: text.readableBytesView, as: UTF8.self) != nil else { return ByteBuffer(.invalidText) }
        return code
    }

    /// Whether `code` may stand in a close frame (section 7.4): registered for that, or of the ranges for libraries and
    /// applications.
    private static func maySend(_ code: UInt16) -> Bool {
        switch code {
        case 1000...1003, 1007...1014, 3000...4999: true
        default: false
        }
    }

    /// Ends the connection for `reason`.
    func end(_ reason: CloseReason) {
        message = nil
        if let connection { connection.close(reason) } else { transport?.close(reason) }
    }

    @discardableResult
    private func write(_ opcode: WebSocketOpcode, _ data: ByteBuffer, _ context: ChannelHandlerContext)
        -> EventLoopFuture<Void>
    {
        context.writeAndFlush(Self.wrapOutboundOut(WebSocketFrame(fin: true, opcode: opcode, data: data)))
    }
}
