import Configuration
import Gateway
import GatewayProtocol
import JSON
import Logging
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOWebSocket

/// What is served on the gateway's port: the routes, the canvas, and WebSocket on every other path.
struct Site: Sendable {
    let gateway: Gateway
    let limits: ServerLimits
    let logger: Logger
    /// The bodies of requests that are in memory.
    let bodies: Allowance
    /// Threads that may wait for a disk.
    let files = NIOThreadPool.singleton
    private let turns: TurnsOfLoops
    private let routes: [Route]
    /// The page in the browser that was put there; nil when there is none.
    private let controlUI: ControlUIRoute?
    /// The gateway's own, where nothing else is served; nil when there is another, or none is wanted.
    private let dashboard: DashboardRoute?
    /// What canvas pages that wait for changes are told by; nil when they are not.
    private let liveReload: LiveReload?

    init(gateway: Gateway, limits: ServerLimits, turns: TurnsOfLoops, logger: Logger) {
        self.gateway = gateway
        self.turns = turns
        self.limits = limits
        self.logger = logger
        bodies = Allowance(limits.bodies)
        gateway.usage.add("request body bytes", bodies)
        let page = gateway.configuration.content.gateway.controlUI
        controlUI = gateway.configuration.controlUIDirectory.map { directory in
            ControlUIRoute(base: page.base, directory: ServedDirectory(root: directory))
        }
        dashboard = page.enabled && controlUI == nil ? DashboardRoute(base: page.base) : nil
        let section = gateway.configuration.content.canvasHost
        let directory = ServedDirectory(root: gateway.configuration.canvasDirectory)
        liveReload =
            section.enabled && section.liveReload ? LiveReload(directory: directory, gateway: gateway) : nil
        if let liveReload {
            gateway.usage.add("live reload pages", limit: LiveReload.limit) { [weak liveReload] in
                liveReload?.count ?? 0
            }
        }
        let avatar = AvatarRoute(prefix: page.base + "/avatar", gateway: gateway)
        let canvas = CanvasRoute(directory: directory, gateway: gateway, isLive: section.liveReload)
        routes =
            [
                Route("/health") { [gateway] _ in .json(gateway.publicHealth) },
                Route("/ready") { [gateway] _ in
                    let isReady = gateway.isReady
                    var object: JSONObject = ["ok": .bool(isReady), "ready": .bool(isReady)]
                    let channels = gateway.channels
                    if !channels.isEmpty {
                        object["channels"] = .object(
                            JSONObject(channels.map { JSONObject.Member(name: $0.id, value: .bool($0.isConnected)) }))
                    }
                    return .json(.object(object), isReady ? .ok : .serviceUnavailable)
                },
                Route(under: avatar.prefix, looksAtFiles: true, answer: avatar.answer),
            ]
            + (section.enabled
                ? [
                    Route(under: CanvasRoute.prefix, looksAtFiles: true, answer: canvas.answer),
                    Route(under: CanvasRoute.pagePrefix, looksAtFiles: true, answer: canvas.answerPage),
                ] : [])
    }

    /// How much is read at once of requests. A piece may hold as many small ones as fit, which are taken apart in one
    /// go and wait for their turn.
    static let requestAllocator = AdaptiveRecvByteBufferAllocator(minimum: 1024, initial: 2048, maximum: 4096)
    /// The same of messages.
    static let messageAllocator = AdaptiveRecvByteBufferAllocator(minimum: 1024, initial: 2048, maximum: 16 << 10)

    /// Sets up the pipeline of a new connection.
    func configure(_ channel: any Channel, _ standing: ConnectionStanding) throws {
        let handler = HTTPHandler(site: self, standing: standing, turns: turns.on(channel.eventLoop))
        let boundHandler = NIOLoopBound(handler, eventLoop: channel.eventLoop)
        let upgrader = NIOWebSocketServerUpgrader(
            maxFrameSize: ProtocolLimits.inboundBytes, automaticErrorHandling: false,
            shouldUpgrade: { channel, head in
                let request = HTTPRequest(head: head, channel: channel)
                let refusal = upgradeRefusal(request)
                boundHandler.value.upgradeRefusal = refusal
                guard refusal == nil else { return channel.eventLoop.makeSucceededFuture(nil) }
                guard request.path == LiveReloadScript.path, let liveReload else {
                    return channel.eventLoop.makeSucceededFuture(HTTPHeaders())
                }
                return files.runIfActive(eventLoop: channel.eventLoop) {
                    liveReload.expectPage()
                    return HTTPHeaders()
                }
            },
            upgradePipelineHandler: { channel, head in
                let request = HTTPRequest(head: head, channel: channel)
                return channel.eventLoop.makeCompletedFuture {
                    try upgrade(channel, request, standing)
                }
            })
        var decoderLimits = NIOHTTPDecoderLimitConfiguration()
        decoderLimits.maxHeaderFieldSize = limits.headerField
        decoderLimits.maxHeaderListSize = limits.headers
        try channel.pipeline.syncOperations.configureHTTPServerPipeline(
            withServerUpgrade: (
                upgraders: [upgrader],
                completionHandler: { context in
                    context.pipeline.syncOperations.removeHandler(boundHandler.value, promise: nil)
                }
            ),
            withErrorHandling: false,
            withEncoderConfiguration: HTTPResponseEncoder.Configuration(),
            withDecoderLimitConfiguration: decoderLimits)
        try channel.pipeline.syncOperations.addHandler(handler)
    }

    /// Sets up the pipeline of a connection that became a WebSocket.
    private func upgrade(_ channel: any Channel, _ request: HTTPRequest, _ standing: ConnectionStanding) throws {
        let pipeline = channel.pipeline.syncOperations
        let turns = turns.on(channel.eventLoop)
        let onSlow: @Sendable () -> Void = { [gateway] in gateway.limitTally.add("bytes for a client", "closed") }
        let handler: WebSocketHandler
        if request.path == LiveReloadScript.path, let liveReload {
            handler = WebSocketHandler(limits: limits, turns: turns, onSlow: onSlow) { liveReload.add($0) }
        } else {
            handler = WebSocketHandler(limits: limits, turns: turns, onSlow: onSlow) { transport in
                let connection = gateway.connect(from: request.origin, transport: transport)
                if let connection { standing.become(connection) }
                return connection
            }
            let decoder = try pipeline.handler(type: ByteToMessageHandler<WebSocketFrameDecoder>.self)
            try pipeline.addHandler(
                HandshakeGuard(limit: limits.beforeHandshake, standing: standing) { [weak handler] in
                    handler?.end(.tooBig)
                }, position: .before(decoder))
        }
        try pipeline.addHandler(handler)
        try channel.syncOptions?.setOption(.recvAllocator, value: Self.messageAllocator)
    }

    /// What is to become of `request`; `upgradeRefusal` says why it was not upgraded, where that was decided already.
    func receive(_ request: HTTPRequest, upgradeRefusal refused: HTTPResponse?) -> Reception {
        if let refusal = refusal(request) { return Reception(route: "none", outcome: .answered(refusal)) }
        if request.isUpgrade {
            // Not decided again: a wrong secret is one guess.
            let refusal =
                refused ?? upgradeRefusal(request)
                ?? .error(.badRequest, "not a valid WebSocket handshake (RFC 6455 section 4.2.1)")
            return Reception(route: "websocket", outcome: .answered(refusal))
        }
        guard let endpoint = gateway.endpoint(at: request.path) else {
            let controlUI = controlUI.map { route in
                Route("control-ui", matching: route.matches, looksAtFiles: true, answer: route.answer)
            }
            let route =
                routes.first { $0.matches(request.path) } ?? controlUI.flatMap { $0.matches(request.path) ? $0 : nil }
            if route == nil, let page = dashboard?.answer(request) {
                return Reception(route: "dashboard", outcome: .answered(page))
            }
            let name = route?.path ?? "none"
            guard let route, route.looksAtFiles, route.allows(request.method) else {
                return Reception(route: name, outcome: .answered(answer(request, route)))
            }
            return Reception(route: name, outcome: .looked { route.answer(request) })
        }
        let asked = request.forEndpoint
        if let refusal = endpoint.refusal(of: asked) {
            return Reception(route: endpoint.name, outcome: .answered(HTTPResponse(refusal)))
        }
        return Reception(
            route: endpoint.name,
            outcome: .wanted(limit: endpoint.bodyLimit) { HTTPResponse(await endpoint.answer(asked, body: $0)) })
    }

    /// What is answered to `request` without asking an endpoint: a page, a file, or that nothing is served there.
    private func answer(_ request: HTTPRequest, _ route: Route?) -> HTTPResponse {
        guard let route else {
            return .error(.notFound, "nothing is served at this path")
        }
        guard route.allows(request.method) else {
            var response = HTTPResponse.error(.methodNotAllowed, "use \(route.allowed)")
            response.headers.add(name: "allow", value: route.allowed)
            return response
        }
        return route.answer(request)
    }

    /// Why nothing at all is answered to `request`, or nil.
    private func refusal(_ request: HTTPRequest) -> HTTPResponse? {
        guard request.hasOneHost else {
            return .error(.badRequest, "exactly one Host header is required (RFC 9112 section 3.2)")
        }
        guard request.path.utf8.first == UInt8(ascii: "/") else {
            return .error(.badRequest, "the request target must be a path")
        }
        guard request.origin.hasValidHost else {
            return .error(.badRequest, "Host is neither a name nor an address (RFC 9112 section 3.2)", isLast: true)
        }
        if let name = request.repeatedField {
            return .error(.badRequest, "the header field \(name) may stand there once", isLast: true)
        }
        guard request.hasKnownTransferCoding else {
            return .error(.notImplemented, "no transfer coding but chunked is known here", isLast: true)
        }
        guard request.origin.hasAcceptableHost(gateway.configuration.originRules) else {
            return .error(
                .misdirectedRequest,
                "this gateway answers to localhost only; to use another name, put a proxy in gateway.trustedProxies")
        }
        return nil
    }

    /// Why `request`, which asks for a WebSocket, gets none, or nil.
    private func upgradeRefusal(_ request: HTTPRequest) -> HTTPResponse? {
        if let refusal = refusal(request) { return refusal }
        guard gateway.isReady else { return .error(.serviceUnavailable, "the gateway is stopping") }
        guard request.method == .GET else { return .error(.badRequest, "a WebSocket handshake is a GET request") }
        let isCanvasPage =
            request.path == LiveReloadScript.path && request.origin.origin == "null"
            && request.query("ticket").map(gateway.acceptsCanvasTicket) == true
        guard request.origin.isSameOrigin || isCanvasPage else {
            return .error(.forbidden, "a page of another origin may not connect")
        }
        if request.path == LiveReloadScript.path {
            // Never a client's own WebSocket.
            guard let liveReload else { return .error(.notFound, "nothing is served at this path") }
            if !isCanvasPage, let refusal = gateway.readerRefusal(of: request.forReader) {
                return HTTPResponse(refusal)
            }
            guard liveReload.hasRoom else {
                gateway.limitTally.add("live reload pages", "refused")
                return .error(.serviceUnavailable, "too many pages wait already")
            }
        }
        guard request.webSocketVersion == "13" else {
            var response = HTTPResponse.error(.upgradeRequired, "WebSocket version 13 is spoken here")
            response.headers.add(name: "sec-websocket-version", value: "13")
            return response
        }
        guard request.hasWebSocketKey else {
            return .error(.badRequest, "Sec-WebSocket-Key must be 16 bytes in base 64 (RFC 6455 section 4.2.1)")
        }
        return nil
    }
}
