import Gateway
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOWebSocket

/// Reads requests on one connection and writes the site's answers, one after the other.
///
/// A request that came before the answer to the one before it has left waits, and nothing more is read meanwhile: a
/// client that sends many and reads none costs one answer, of which 64 KiB are in memory when it is a file.
final class HTTPHandler: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private enum Phase {
        /// Between requests.
        case waiting
        /// A head was read, its content is being read.
        case reading(HTTPRequest, Reception)
        /// An answer is being written.
        case answering
        /// The connection ends; whatever else comes is not for us.
        case ending
    }

    private static let chunk = 64 << 10
    private let site: Site
    private let standing: ConnectionStanding
    private let turns: Turns
    private let account: Turns.Account
    private var phase = Phase.waiting
    /// The content of the request that is being read, as far as it is wanted.
    private var body = ByteBuffer()
    private var bodyLength = 0
    /// How much of what all requests may hold together this one does, in bytes.
    private var bodyHeld = 0
    /// What the request is for, as metrics call it.
    private var route = "none"
    /// What makes the answer.
    private var work: Task<Void, Never>?
    private var deadline: Scheduled<Void>?
    private var isStopping = false
    /// Why the request that comes next gets no WebSocket, when it asked for one.
    var upgradeRefusal: HTTPResponse?

    init(site: Site, standing: ConnectionStanding, turns: Turns) {
        self.site = site
        self.standing = standing
        self.turns = turns
        account = turns.account()
    }

    // MARK: Life

    func handlerAdded(context: ChannelHandlerContext) {
        setDeadline(site.limits.request, context)
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        deadline?.cancel()
        work?.cancel()
        releaseBody()
        phase = .ending
    }

    func channelInactive(context: ChannelHandlerContext) {
        // Nobody is there to be answered.
        phase = .ending
        work?.cancel()
        releaseBody()
        context.fireChannelInactive()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard event is OpenConnections.Stopping else { return context.fireUserInboundEventTriggered(event) }
        isStopping = true
        if case .waiting = phase { end(context) }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        switch (error, phase) {
        // An upgrade that was refused comes on as an ordinary request, and is answered as one.
        case (is NIOWebSocketUpgradeError, _): break
        case (let error as HTTPParserError, .waiting), (let error as HTTPParserError, .reading):
            let response: HTTPResponse =
                error == .headerOverflow
                ? .error(.requestHeaderFieldsTooLarge, "the header fields are larger than \(site.limits.headers) bytes")
                : .error(.badRequest, "not an HTTP/1.1 request")
            write(response, to: nil, keepAlive: false, context)
        default: end(context)
        }
    }

    private func end(_ context: ChannelHandlerContext) {
        phase = .ending
        deadline?.cancel()
        work?.cancel()
        context.close(promise: nil)
    }

    /// Ends the connection unless something else happens within `time`.
    private func setDeadline(_ time: TimeAmount, _ context: ChannelHandlerContext) {
        deadline?.cancel()
        deadline = context.eventLoop.assumeIsolated().scheduleTask(in: time) { [self] in
            guard case .reading = phase else { return end(context) }
            write(.error(.requestTimeout, "the request took too long"), to: nil, keepAlive: false, context)
        }
    }

    // MARK: Requests

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch (Self.unwrapInboundIn(data), phase) {
        case (.head(let head), .waiting): begin(HTTPRequest(head: head, channel: context.channel), context)
        case (.body(var part), .reading(let request, let reception)):
            bodyLength += part.readableBytes
            guard bodyLength <= limit(reception) else { return refuse(request, reception, context) }
            guard case .wanted = reception.outcome else { return }
            guard hold(part.readableBytes) else { return refuseForRoom(request, context) }
            body.writeBuffer(&part)
        case (.end, .reading(let request, let reception)):
            switch reception.outcome {
            case .answered(let response):
                write(response, to: request.head, keepAlive: request.head.isKeepAlive, context)
            case .looked(let answer): look(to: request.head, context, answer)
            case .wanted(_, let answer):
                let content = Array(body.readableBytesView)
                body = ByteBuffer()
                make(to: request.head, context) { await answer(content) }
            }
        case (.head, _), (.body, _), (.end, _): break
        }
    }

    private func begin(_ request: HTTPRequest, _ context: ChannelHandlerContext) {
        let reception = site.receive(request, upgradeRefusal: upgradeRefusal)
        upgradeRefusal = nil
        phase = .reading(request, reception)
        if case .wanted = reception.outcome { standing.isProven = true }
        route = reception.route
        body = ByteBuffer()
        bodyLength = 0
        setDeadline(site.limits.request, context)
        guard request.expectsContinue else { return }
        guard request.contentLength ?? 0 <= limit(reception) else { return refuse(request, reception, context) }
        if case .wanted = reception.outcome {
            let head = HTTPResponseHead(version: .http1_1, status: .continue)
            context.writeAndFlush(Self.wrapOutboundOut(.head(head)), promise: nil)
        }
    }

    /// How much content is taken in.
    private func limit(_ reception: Reception) -> Int {
        if case .wanted(let limit, _) = reception.outcome { limit } else { site.limits.body }
    }

    /// Counts `more` bytes of content as held; false when all requests together hold too many.
    private func hold(_ more: Int) -> Bool {
        guard site.bodies.take(more) else { return false }
        bodyHeld += more
        return true
    }

    private func releaseBody() {
        body = ByteBuffer()
        site.bodies.giveBack(bodyHeld)
        bodyHeld = 0
    }

    /// There is no room for the content now.
    private func refuseForRoom(_ request: HTTPRequest, _ context: ChannelHandlerContext) {
        var response = HTTPResponse.error(.serviceUnavailable, "too much content is being sent at once; try again")
        response.headers.add(name: "retry-after", value: "1")
        write(response, to: request.head, keepAlive: false, context)
    }

    /// The content is too large. Who may not ask hears that, and not how much they might have sent.
    private func refuse(_ request: HTTPRequest, _ reception: Reception, _ context: ChannelHandlerContext) {
        let limit = limit(reception)
        var response = HTTPResponse.error(.payloadTooLarge, "the content is larger than \(limit) bytes")
        if case .answered(let other) = reception.outcome, [.unauthorized, .tooManyRequests].contains(other.status) {
            response = other
        }
        write(response, to: request.head, keepAlive: false, context)
    }

    // MARK: Answers

    /// Has `answer` made, which looks at files and may hold up its thread, and sends it.
    private func look(
        to request: HTTPRequestHead, _ context: ChannelHandlerContext, _ answer: @escaping @Sendable () -> HTTPResponse
    ) {
        phase = .answering
        setDeadline(site.limits.idle, context)
        site.files.runIfActive(eventLoop: context.eventLoop, answer).assumeIsolated().whenComplete { [self] result in
            guard case .answering = phase, case .success(let response) = result else { return end(context) }
            write(response, to: request, keepAlive: request.isKeepAlive, context)
        }
    }

    /// Has `answer` made, which takes as long as it takes, and sends it.
    private func make(
        to request: HTTPRequestHead, _ context: ChannelHandlerContext,
        _ answer: @escaping @Sendable () async -> HTTPResponse
    ) {
        phase = .answering
        deadline?.cancel()
        let loop = context.eventLoop
        let bound = NIOLoopBound((self, context), eventLoop: loop)
        work = site.gateway.perform {
            let response = await answer()
            loop.execute { bound.value.0.releaseBody() }
            let isWritten = loop.submit {
                let (handler, context) = bound.value
                guard case .answering = handler.phase else { return }
                handler.write(response, to: request, keepAlive: request.isKeepAlive, context)
            }
            // Also when nobody is there any more: whatever makes the content must learn of it.
            guard case .stream(let source) = response.body else { return }
            do {
                try await isWritten.get()
                try await source { bytes in
                    try await loop.flatSubmit { bound.value.0.send(bytes, bound.value.1) }.get()
                }
                loop.execute {
                    let (handler, context) = bound.value
                    guard case .answering = handler.phase else { return }
                    handler.finish(keepAlive: request.isKeepAlive && request.version == .http1_1, context)
                }
            } catch {
                // What was promised cannot be kept: only a broken connection says so.
                loop.execute { bound.value.0.end(bound.value.1) }
            }
        }
    }

    /// Sends a part of an answer. Fails when the other end takes nothing for too long, or is gone.
    private func send(_ bytes: [UInt8], _ context: ChannelHandlerContext) -> EventLoopFuture<Void> {
        guard case .answering = phase else {
            return context.eventLoop.makeFailedFuture(ChannelError.ioOnClosedChannel)
        }
        setDeadline(site.limits.idle, context)
        let sent = context.writeAndFlush(Self.wrapOutboundOut(.body(.byteBuffer(ByteBuffer(bytes: bytes)))))
        sent.assumeIsolated().whenComplete { [self] _ in deadline?.cancel() }
        return sent
    }

    private func write(
        _ response: HTTPResponse, to request: HTTPRequestHead?, keepAlive: Bool, _ context: ChannelHandlerContext
    ) {
        phase = .answering
        if work == nil { releaseBody() }
        site.gateway.countRequest(route: route, status: response.status.code)
        if let request, let reason = response.refusal {
            let origin = HTTPRequest(head: request, channel: context.channel).origin
            site.gateway.noteRefusal(of: route, reason, from: origin)
        }
        route = "none"
        setDeadline(site.limits.idle, context)
        var head = HTTPResponseHead(version: .http1_1, status: response.status, headers: response.headers)
        var keepAlive = keepAlive && !isStopping && !response.isLast
        if let length = response.length {
            head.headers.add(name: "content-length", value: "\(length)")
        } else if let request, request.version != .http1_1 {
            // It knows no chunks: the end of the connection is the end of the content.
            head.version = .http1_0
            keepAlive = false
        }
        if !keepAlive {
            head.headers.add(name: "connection", value: "close")
        } else if request?.version == .http1_0 {
            head.headers.add(name: "connection", value: "keep-alive")
        }
        let headPart = Self.wrapOutboundOut(.head(head))
        switch response.body {
        case .bytes(let bytes) where request?.method != .HEAD && !bytes.isEmpty:
            context.write(headPart, promise: nil)
            send(bytes, from: 0, keepAlive: keepAlive, context)
        case .file(let pieces) where request?.method != .HEAD && pieces.length > 0:
            context.write(headPart, promise: nil)
            send(pieces, keepAlive: keepAlive, context)
        case .stream:
            // Who waits learns at once that the answer has begun.
            context.writeAndFlush(headPart, promise: nil)
            deadline?.cancel()
        case .none, .bytes, .file:
            hasLeft(context.writeAndFlush(headPart), context) { [self] in finish(keepAlive: keepAlive, context) }
        }
    }

    /// Goes on when what was written has left; ends the connection when it cannot.
    private func hasLeft(
        _ written: EventLoopFuture<Void>, _ context: ChannelHandlerContext, _ next: @escaping () -> Void
    ) {
        written.assumeIsolated().whenComplete { [self] result in
            guard case .success = result, case .answering = phase else { return end(context) }
            next()
        }
    }

    /// Sends `bytes`, of which there are some, piece by piece: the next when the last has left and it is the connection's
    /// turn.
    private func send(_ bytes: [UInt8], from offset: Int, keepAlive: Bool, _ context: ChannelHandlerContext) {
        setDeadline(site.limits.idle, context)
        let end = min(bytes.count, offset + Self.chunk)
        let part = HTTPServerResponsePart.body(.byteBuffer(ByteBuffer(bytes: bytes[offset..<end])))
        hasLeft(context.writeAndFlush(Self.wrapOutboundOut(part)), context) { [self] in
            guard end < bytes.count else { return finish(keepAlive: keepAlive, context) }
            turns.wait(account) { [self] in
                guard case .answering = phase else { return }
                send(bytes, from: end, keepAlive: keepAlive, context)
            }
        }
    }

    /// Sends a file piece by piece, each read when the last has left and it is the connection's turn, on a thread that may
    /// wait for the disk.
    private func send(_ pieces: FilePieces, keepAlive: Bool, _ context: ChannelHandlerContext) {
        var rest = pieces
        guard let next = rest.next(upTo: Self.chunk) else { return finish(keepAlive: keepAlive, context) }
        let left = rest
        setDeadline(site.limits.idle, context)
        site.files.runIfActive(eventLoop: context.eventLoop) { next.bytes() }.assumeIsolated()
            .whenComplete { [self] result in
                // The length was promised; a file that shrank meanwhile can only end in a broken connection.
                guard case .answering = phase, case .success(let bytes?) = result else { return end(context) }
                let part = HTTPServerResponsePart.body(.byteBuffer(ByteBuffer(bytes: bytes)))
                hasLeft(context.writeAndFlush(Self.wrapOutboundOut(part)), context) { [self] in
                    turns.wait(account) { [self] in
                        guard case .answering = phase else { return }
                        send(left, keepAlive: keepAlive, context)
                    }
                }
            }
    }

    /// The answer has left. The next request, which may have come with this one, waits for its turn.
    private func finish(keepAlive: Bool, _ context: ChannelHandlerContext) {
        guard keepAlive, !isStopping else { return complete(keepAlive: false, context) }
        turns.wait(account) { [self] in
            guard case .answering = phase else { return }
            complete(keepAlive: keepAlive, context)
        }
    }

    private func complete(keepAlive: Bool, _ context: ChannelHandlerContext) {
        work = nil
        standing.isProven = false
        guard keepAlive, !isStopping else {
            phase = .ending
            context.writeAndFlush(Self.wrapOutboundOut(.end(nil))).assumeIsolated().whenComplete { [self] _ in
                end(context)
            }
            return
        }
        // First: with the end of the answer the next request comes in.
        phase = .waiting
        setDeadline(site.limits.idle, context)
        context.writeAndFlush(Self.wrapOutboundOut(.end(nil)), promise: nil)
    }
}
