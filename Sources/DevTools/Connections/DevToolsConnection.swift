import JSON
package import NIOCore

/// A connection to a browser by the Chrome DevTools Protocol 1.3.
///
/// Commands and events of all targets go over the one connection, each with the id of its session ("flat" sessions). Once the
/// connection is over, for whatever reason, whoever waits for anything on it gets `DevToolsError.disconnected` or what else
/// ended it, and nobody waits for ever: every command has a time to be answered in.
package final class DevToolsConnection: Sendable {
    /// How much is taken in, and how long is waited.
    package let limits: DevToolsLimits
    private let exchange: Exchange
    private let channel: any Channel

    private init(_ exchange: Exchange, _ channel: any Channel) {
        limits = exchange.limits
        self.exchange = exchange
        self.channel = channel
    }

    deinit { channel.close(promise: nil) }

    /// Connects to the browser at `address`: at once where that is a WebSocket's, else where /json/version says it is. Over
    /// TLS it must show that it is who `trust` lets it be. Throws `DevToolsError.unreachable` and `.notDevTools`.
    package static func open(
        at address: DevToolsAddress, on group: any EventLoopGroup, limits: DevToolsLimits = DevToolsLimits(),
        trust: DevToolsTrust = .system
    ) async throws(DevToolsError) -> DevToolsConnection {
        let webSocket =
            address.scheme.isWebSocket
            ? address : try await Discovery.webSocket(of: address, on: group, limits: limits, trust: trust)
        let exchange = Exchange(limits: limits)
        let channel = try await WebSocketCarrier.open(webSocket, on: group, limits: limits, trust: trust, exchange)
        return DevToolsConnection(exchange, channel)
    }

    /// Connects to a browser whose answers are read from `reading`, and whose commands are written to `writing`. Both
    /// descriptors are closed with the connection, or when this throws `DevToolsError.unreachable`.
    package static func open(
        reading: Int32, writing: Int32, on group: any EventLoopGroup, limits: DevToolsLimits = DevToolsLimits()
    ) async throws(DevToolsError) -> DevToolsConnection {
        let exchange = Exchange(limits: limits)
        let channel = try await PipeCarrier.open(
            reading: reading, writing: writing, on: group, limits: limits, exchange)
        return DevToolsConnection(exchange, channel)
    }

    /// The browser itself, which needs no session.
    package var browser: DevToolsSession { DevToolsSession(connection: self, id: nil) }

    /// The session `id`, which `Target.attachToTarget` answered with. Its commands go to the target it is attached to.
    package func session(_ id: SessionID) -> DevToolsSession { DevToolsSession(connection: self, id: id) }

    /// Why the connection is over; nil while it is not.
    package var end: DevToolsError? { exchange.end }

    /// Waits until the connection is over, and says why it is.
    package func waitForEnd() async -> DevToolsError {
        // Fails never: a channel's closing is all that it tells of.
        try? await channel.closeFuture.get()
        return exchange.end ?? .disconnected(reason: "it was closed")
    }

    /// Ends the connection. The browser goes on, unless it was only there for this connection.
    package func close() async {
        exchange.ended(.disconnected(reason: "it was closed"))
        // Closed already is closed.
        try? await channel.close()
        try? await channel.closeFuture.get()
    }

    /// Sends `method` and returns its result. Throws `DevToolsError` and `CancellationError`.
    func send(
        _ method: String, _ parameters: JSONObject, session: SessionID?, within time: Duration
    ) async throws -> JSON {
        let id = exchange.newID()
        var message: JSONObject = ["id": .integer(id), "method": .string(method)]
        if !parameters.members.isEmpty { message["params"] = .object(parameters) }
        if let session { message["sessionId"] = .string(session.text) }
        let text = JSON.object(message).serialized()
        guard text.count <= limits.message else { throw DevToolsError.tooLarge(limit: limits.message) }
        let timer = channel.eventLoop.scheduleTask(in: TimeAmount(time)) { [exchange] in
            exchange.resolve(id, .failure(DevToolsError.timedOut(method: method, after: time)))
        }
        defer { timer.cancel() }
        return try await exchange.answer(to: id, method, session: session) { [exchange, channel] in
            channel.writeAndFlush(ByteBuffer(bytes: text)).whenFailure { error in
                exchange.resolve(
                    id,
                    .failure(exchange.end ?? DevToolsError.disconnected(reason: "it cannot be written to: \(error)")))
            }
        }
    }

    /// The events called one of `methods` in `scope`, from now on. Domains must be enabled for theirs to come.
    package func events(of methods: [String], in scope: EventScope) -> EventStream {
        exchange.subscribe(Exchange.Interest(methods: Set(methods), scope: scope))
    }
}
