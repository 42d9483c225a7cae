import JSON
import NIOCore
import NIOHTTP1
import Text

/// Reads requests on one connection and writes what browser control answers, one after the other.
final class ControlHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private let access: any ControlAccess
    private let limits: ControlLimits
    private let answer: @Sendable (BrowserRequest) async -> BrowserAnswer
    private var head: HTTPRequestHead?
    private var body = ByteBuffer()
    private var work: Task<Void, Never>?
    private var deadline: Scheduled<Void>?
    /// Whether a request was answered already.
    private var hasAnswered = false

    init(
        _ access: any ControlAccess, _ limits: ControlLimits,
        _ answer: @escaping @Sendable (BrowserRequest) async -> BrowserAnswer
    ) {
        self.access = access
        self.limits = limits
        self.answer = answer
    }

    func handlerAdded(context: ChannelHandlerContext) { setDeadline(context) }

    func handlerRemoved(context: ChannelHandlerContext) {
        deadline?.cancel()
        work?.cancel()
    }

    func channelInactive(context: ChannelHandlerContext) {
        deadline?.cancel()
        work?.cancel()
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

    private func setDeadline(_ context: ChannelHandlerContext) {
        deadline?.cancel()
        deadline = context.eventLoop.assumeIsolated().scheduleTask(in: TimeAmount(limits.patience)) { [self] in
            let message = "the request did not come within \(limits.patience)"
            if head != nil {
                head = nil
                end(context, 408, message)
            } else if !hasAnswered,
                let encoder = try? context.pipeline.syncOperations.context(handlerType: HTTPResponseEncoder.self)
            {
                // Below what knows of requests: there is none.
                encoder.writeAndFlush(
                    NIOAny(ClosingAnswer.bytes(.requestTimeout, message, on: context.channel.allocator)), promise: nil)
                context.close(promise: nil)
            } else {
                // Idle after an answer, it is owed none.
                context.close(promise: nil)
            }
        }
    }

    /// What is written now is to be read in time.
    private func setWriteDeadline(_ context: ChannelHandlerContext) {
        deadline?.cancel()
        deadline = context.eventLoop.assumeIsolated().scheduleTask(in: TimeAmount(limits.patience)) {
            context.close(promise: nil)
        }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch Self.unwrapInboundIn(data) {
        case .head(let head):
            self.head = head
            body = ByteBuffer()
            setDeadline(context)
            // Before any content is taken in.
            guard let refusal = access.refusal(head, from: context.channel.remoteAddress?.ipAddress ?? "") else {
                return
            }
            self.head = nil
            end(context, refusal.status, refusal.message, refusal.fields)
        case .body(var part):
            guard head != nil else { return }
            guard body.readableBytes + part.readableBytes <= limits.content else {
                head = nil
                return end(context, 413, "the content is larger than \(limits.content) bytes")
            }
            body.writeBuffer(&part)
        case .end:
            guard let head else { return }
            self.head = nil
            deadline?.cancel()
            do throws(BrowserFault) {
                begin(try request(head), keepAlive: head.isKeepAlive, context)
            } catch {
                end(context, error.status, error.message)
            }
        }
    }

    private func request(_ head: HTTPRequestHead) throws(BrowserFault) -> BrowserRequest {
        let parts = head.uri.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        guard let path = parts.first.flatMap(PercentEncoding.decoded), path.hasPrefix("/") else {
            throw BrowserFault(400, "the request target must be a path")
        }
        var query: [String: String] = [:]
        for pair in (parts.count > 1 ? parts[1] : "").split(separator: "&") {
            // In a query a plus is a space.
            let sides = pair.replacing("+", with: " ").split(
                separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard let name = PercentEncoding.decoded(sides[0]),
                let value = sides.count > 1 ? PercentEncoding.decoded(sides[1]) : ""
            else {
                throw BrowserFault(400, "the query is not written in percent encoding")
            }
            query[name] = value
        }
        guard body.readableBytes > 0 else {
            return BrowserRequest(method: head.method.rawValue, path: path, query: query)
        }
        let type = head.headers.first(name: "content-type") ?? ""
        guard type.lowercased().split(separator: ";").first.map({ String($0).trimmed }) == "application/json" else {
            throw BrowserFault(415, "the content must be application/json")
        }
        let json: JSON
        do throws(JSONError) {
            json = try JSON(parsing: Array(body.readableBytesView))
        } catch {
            throw BrowserFault(400, "the content is no JSON: \(error)")
        }
        return BrowserRequest(method: head.method.rawValue, path: path, query: query, body: json)
    }

    private func begin(_ request: BrowserRequest, keepAlive: Bool, _ context: ChannelHandlerContext) {
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        work = Task { [answer] in
            let answer = await answer(request)
            bound.eventLoop.execute {
                let (handler, context) = bound.value
                guard context.channel.isActive else { return }
                handler.write(context, answer, keepAlive: keepAlive)
            }
        }
    }

    /// Answers that something is wrong, and ends the connection: what else is sent for it is not read.
    private func end(
        _ context: ChannelHandlerContext, _ status: Int, _ message: String,
        _ fields: [(name: String, value: String)] = []
    ) {
        write(
            context, BrowserAnswer(status: status, body: ["error": .string(message)]), keepAlive: false, fields: fields)
    }

    private func write(
        _ context: ChannelHandlerContext, _ answer: BrowserAnswer, keepAlive: Bool,
        fields: [(name: String, value: String)] = []
    ) {
        hasAnswered = true
        setWriteDeadline(context)
        let content = answer.body.serialized()
        var head = HTTPResponseHead(version: .http1_1, status: HTTPResponseStatus(statusCode: answer.status))
        for field in fields { head.headers.add(name: field.name, value: field.value) }
        head.headers.add(name: "content-type", value: "application/json; charset=utf-8")
        head.headers.add(name: "content-length", value: "\(content.count)")
        head.headers.add(name: "cache-control", value: "no-store")
        head.headers.add(name: "x-content-type-options", value: "nosniff")
        if !keepAlive { head.headers.add(name: "connection", value: "close") }
        context.write(Self.wrapOutboundOut(.head(head)), promise: nil)
        context.write(Self.wrapOutboundOut(.body(.byteBuffer(ByteBuffer(bytes: content)))), promise: nil)
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        context.writeAndFlush(Self.wrapOutboundOut(.end(nil))).whenComplete { _ in
            let (handler, context) = bound.value
            guard keepAlive else { return context.close(promise: nil) }
            handler.setDeadline(context)
        }
    }
}
