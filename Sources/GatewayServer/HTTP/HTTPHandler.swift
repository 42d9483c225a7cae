import Gateway
import NIOCore
import NIOHTTP1
import NIOWebSocket

/// Reads requests on one connection and writes the site's answers, one after the other.
final class HTTPHandler: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private enum Phase {
        /// Between requests.
        case waiting
        /// A head was read, its body is being read.
        case reading(HTTPRequest, bodyLength: Int)
        /// An answer is being written.
        case answering
        /// The connection ends; whatever else comes is not for us.
        case ending
    }

    private static let chunk = 64 << 10
    private let site: Site
    private var phase = Phase.waiting
    private var deadline: Scheduled<Void>?
    private var isStopping = false

    init(site: Site) {
        self.site = site
    }

    // MARK: Life

    func handlerAdded(context: ChannelHandlerContext) {
        setDeadline(site.limits.request, context)
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        deadline?.cancel()
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
        case (.head(let head), .waiting):
            phase = .reading(HTTPRequest(head: head, channel: context.channel), bodyLength: 0)
            setDeadline(site.limits.request, context)
        case (.body(let part), .reading(let request, let length)):
            let length = length + part.readableBytes
            guard length <= site.limits.body else {
                let fault = HTTPResponse.error(.payloadTooLarge, "the body is larger than \(site.limits.body) bytes")
                return write(fault, to: request.head, keepAlive: false, context)
            }
            phase = .reading(request, bodyLength: length)
        case (.end, .reading(let request, _)):
            write(site.answer(request), to: request.head, keepAlive: request.head.isKeepAlive && !isStopping, context)
        case (.head, _), (.body, _), (.end, _): break
        }
    }

    // MARK: Answers

    private func write(
        _ response: HTTPResponse, to request: HTTPRequestHead?, keepAlive: Bool, _ context: ChannelHandlerContext
    ) {
        phase = .answering
        setDeadline(site.limits.idle, context)
        var head = HTTPResponseHead(version: .http1_1, status: response.status, headers: response.headers)
        head.headers.add(name: "content-length", value: "\(response.length)")
        if !keepAlive {
            head.headers.add(name: "connection", value: "close")
        } else if request?.version == .http1_0 {
            head.headers.add(name: "connection", value: "keep-alive")
        }
        context.write(Self.wrapOutboundOut(.head(head)), promise: nil)
        switch response.body {
        case .bytes(let bytes) where request?.method != .HEAD:
            context.write(Self.wrapOutboundOut(.body(.byteBuffer(ByteBuffer(bytes: bytes)))), promise: nil)
            finish(keepAlive: keepAlive, context)
        case .file(let file) where request?.method != .HEAD:
            stream(file, from: 0, keepAlive: keepAlive, context)
        case .none, .bytes, .file:
            finish(keepAlive: keepAlive, context)
        }
    }

    /// Sends `file` piece by piece, the next when the last has left: a slow reader costs one piece of memory.
    private func stream(_ file: OpenFile, from offset: Int, keepAlive: Bool, _ context: ChannelHandlerContext) {
        let count = min(Self.chunk, file.size - offset)
        guard count > 0 else { return finish(keepAlive: keepAlive, context) }
        // The length was promised; a file that shrank meanwhile can only end in a broken connection.
        guard let bytes = file.read(at: offset, count: count) else { return end(context) }
        context.writeAndFlush(Self.wrapOutboundOut(.body(.byteBuffer(ByteBuffer(bytes: bytes)))))
            .assumeIsolated()
            .whenComplete { [self] result in
                guard case .success = result, case .answering = phase else { return end(context) }
                setDeadline(site.limits.idle, context)
                stream(file, from: offset + count, keepAlive: keepAlive, context)
            }
    }

    private func finish(keepAlive: Bool, _ context: ChannelHandlerContext) {
        let sent = context.writeAndFlush(Self.wrapOutboundOut(.end(nil)))
        guard keepAlive, !isStopping else {
            phase = .ending
            sent.assumeIsolated().whenComplete { [self] _ in end(context) }
            return
        }
        phase = .waiting
        setDeadline(site.limits.idle, context)
    }
}
