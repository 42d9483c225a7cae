import JSON
import NIOCore
import NIOHTTP1
import NIOPosix

/// Finds a browser's WebSocket by what it answers at /json/version.
enum Discovery {
    /// The longest answer that is read, in bytes. Chromium's has 500.
    static let limit = 64 << 10

    /// Where the WebSocket of the browser at `address`, whose scheme is `http` or `https`, is.
    ///
    /// Only the path of what is answered counts: the WebSocket is where the browser was asked, so that nobody who answers
    /// there can send us on to somebody else. What lets us in at `address` stays, in its query or beside it, and so does TLS.
    /// Throws `DevToolsError.unreachable` and `.notDevTools`.
    static func webSocket(
        of address: DevToolsAddress, on group: any EventLoopGroup, limits: DevToolsLimits, trust: DevToolsTrust
    ) async throws(DevToolsError) -> DevToolsAddress {
        let body = try await get(address, "/json/version" + address.query, on: group, limits: limits, trust: trust)
        func wrong(_ reason: String) -> DevToolsError { .notDevTools("\(address)", reason: reason) }
        let json: JSON
        do throws(JSONError) {
            json = try JSON(parsing: body)
        } catch {
            throw wrong("its answer at /json/version is no JSON")
        }
        guard let text = json["webSocketDebuggerUrl"]?.string else {
            throw wrong("its answer at /json/version names no webSocketDebuggerUrl")
        }
        guard let named = try? DevToolsAddress(text), named.scheme.isWebSocket else {
            throw wrong("the webSocketDebuggerUrl in its answer is none")
        }
        let target = named.target + (named.query.isEmpty ? address.query : "")
        return DevToolsAddress(
            scheme: address.scheme.isSecure ? .wss : .ws, host: address.host, port: address.port, target: target,
            authorization: address.authorization)
    }

    private static func get(
        _ address: DevToolsAddress, _ target: String, on group: any EventLoopGroup, limits: DevToolsLimits,
        trust: DevToolsTrust
    ) async throws(DevToolsError) -> [UInt8] {
        let security = try trust.security(for: address)
        let loop = group.next()
        let answer = loop.makePromise(of: [UInt8].self)
        let time = TimeAmount(limits.discovering)
        let deadline = loop.scheduleTask(in: time) {
            answer.fail(
                DevToolsError.unreachable("\(address)", reason: "it did not answer within \(limits.discovering)"))
        }
        defer { deadline.cancel() }
        do {
            let channel = try await ClientBootstrap(group: loop)
                .connectTimeout(time)
                .channelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try security?.add(to: channel.pipeline.syncOperations)
                        try channel.pipeline.syncOperations.addHTTPClientHandlers()
                        try channel.pipeline.syncOperations.addHandler(
                            GetRequest(address: address, target: target, answer: answer))
                    }
                }
                .connect(host: address.host, port: Int(address.port)).get()
            defer { channel.close(promise: nil) }
            return try await answer.futureResult.get()
        } catch {
            answer.fail(error)
            throw DevToolsError(connecting: error, to: address)
        }
    }
}

extension DevToolsAddress {
    /// The query with its question mark; empty when there is none.
    fileprivate var query: String { target.firstIndex(of: "?").map { String(target[$0...]) } ?? "" }
}

/// One GET request and its answer.
private final class GetRequest: ChannelInboundHandler {
    typealias InboundIn = HTTPClientResponsePart
    typealias OutboundOut = HTTPClientRequestPart

    private let address: DevToolsAddress
    private let target: String
    private let answer: EventLoopPromise<[UInt8]>
    private var body: [UInt8] = []

    init(address: DevToolsAddress, target: String, answer: EventLoopPromise<[UInt8]>) {
        self.address = address
        self.target = target
        self.answer = answer
    }

    func channelActive(context: ChannelHandlerContext) {
        var head = HTTPRequestHead(version: .http1_1, method: .GET, uri: target)
        head.headers.add(name: "host", value: address.authority)
        head.headers.add(name: "connection", value: "close")
        if let authorization = address.authorization { head.headers.add(name: "authorization", value: authorization) }
        context.write(Self.wrapOutboundOut(.head(head)), promise: nil)
        context.writeAndFlush(Self.wrapOutboundOut(.end(nil)), promise: nil)
        context.fireChannelActive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch Self.unwrapInboundIn(data) {
        case .head(let head):
            guard head.status == .ok else { return fail("it answered \(head.status.code) at /json/version", context) }
        case .body(let part):
            guard body.count + part.readableBytes <= Discovery.limit else {
                return fail("its answer at /json/version is longer than \(Discovery.limit) bytes", context)
            }
            body += part.readableBytesView
        case .end:
            answer.succeed(body)
            context.close(promise: nil)
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        fail("it closed the connection", context)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        fail(TLSFault.reason(error) ?? "its answer is no HTTP: \(error)", context)
    }

    private func fail(_ reason: String, _ context: ChannelHandlerContext) {
        answer.fail(DevToolsError.notDevTools("\(address)", reason: reason))
        context.close(promise: nil)
    }
}
