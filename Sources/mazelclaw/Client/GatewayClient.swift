import Configuration
import Gateway
import GatewayProtocol
import JSON
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOWebSocket
import Synchronization

/// A client of this host's gateway: protocol 3 over a WebSocket.
final class GatewayClient: Sendable {
    private struct State {
        var waiting: [String: CheckedContinuation<JSON, any Error>] = [:]
        var lastID = 0
        /// Who hears of which run.
        var followers: [String: AsyncStream<JSON>.Continuation] = [:]
        /// Why the connection is over.
        var end: ClientError?
    }

    /// Where the gateway is.
    let address: GatewayAddress
    private let group: MultiThreadedEventLoopGroup
    private let channel: any Channel
    private let state = Mutex(State())

    /// The largest frame that is taken, in bytes: an answer to `chat.history` and what stands around it.
    private static let frameLimit = 16 << 20

    private init(address: GatewayAddress, group: MultiThreadedEventLoopGroup, channel: any Channel) {
        self.address = address
        self.group = group
        self.channel = channel
    }

    /// Connects to the gateway of `context` on 127.0.0.1, as it is configured, and shakes hands to have `scopes`. Throws
    /// `ClientError` and `ConfigurationError`.
    static func connect(
        to context: Context, scopes: [Scope], within limit: TimeAmount = .seconds(10)
    ) async throws -> GatewayClient {
        let instance = try context.located()
        let (file, fault) = Context.configurationFile(of: instance)
        if let fault {
            guard file != nil else { throw fault }
            Output.error("mazelclaw: \(fault)")
            Output.error("mazelclaw: going by the last configuration that worked, as the gateway that runs does")
        }
        let configuration = try GatewayConfiguration(instance: instance, file: file)
        try configuration.requireOwnSecret()
        let check = try ListenerCheck(context)
        let params = try configuration.credentials.connectParams(scopes: scopes)
        let address = try GatewayAddress(configuration)
        let group = GatewayAddress.makeLoop()
        let (frames, sink) = AsyncStream.makeStream(of: ClientFrames.Message.self)
        let channel: any Channel
        do {
            try check.requireOwnListener(on: address.port)
            channel = try await open(address, on: group.next(), within: limit, sink)
            // Of the very connection, whoever listened a moment ago.
            guard let own = channel.localAddress?.port.flatMap(UInt16.init(exactly:)) else {
                throw ClientError.closed("it went away")
            }
            try check.requireOwnConnection(to: address.port, from: own)
        } catch {
            try? await group.shutdownGracefully()
            if let stranger = error as? ListenerCheck.Stranger {
                throw ClientError.foreign(port: stranger.port, reason: stranger.reason)
            }
            throw error as? ClientError
                ?? ClientError.unreachable(port: address.port, reason: GatewayAddress.reason(error) ?? "\(error)")
        }
        let client = GatewayClient(address: address, group: group, channel: channel)
        Task { await client.listen(frames) }
        let deadline = channel.eventLoop.scheduleTask(in: limit) { channel.close(promise: nil) }
        do {
            // The challenge is for devices; a command shows its token, and need not wait for it.
            _ = try await client.call("connect", params)
        } catch {
            await client.close()
            if case ClientError.failed(let reason) = error { throw ClientError.refused(reason) }
            throw error
        }
        deadline.cancel()
        return client
    }

    /// A key of a request by which the gateway knows it when it comes again.
    static func newKey() -> String {
        var generator = SystemRandomNumberGenerator()
        return "cli-" + String(generator.next(), radix: 16) + String(generator.next(), radix: 16)
    }

    /// Has the gateway of `context` answer `method`, with `scope`. Throws `ClientError` and `ConfigurationError`.
    static func ask(_ context: Context, _ method: String, _ params: JSON, scope: Scope) async throws -> JSON {
        let client = try await connect(to: context, scopes: [scope])
        do {
            let answer = try await client.call(method, params)
            await client.close()
            return answer
        } catch {
            await client.close()
            throw error
        }
    }

    /// Calls `method` and returns the payload of its answer. Throws `ClientError`.
    func call(_ method: String, _ params: JSON = [:]) async throws -> JSON {
        try await withCheckedThrowingContinuation { continuation in
            let (id, end) = state.withLock { state -> (String, ClientError?) in
                if let end = state.end { return ("", end) }
                state.lastID += 1
                let id = "\(state.lastID)"
                state.waiting[id] = continuation
                return (id, nil)
            }
            if let end { return continuation.resume(throwing: end) }
            send(["type": "req", "id": .string(id), "method": .string(method), "params": params])
        }
    }

    /// The events `chat` and `agent` of the run `id` from now on, `{event, payload}`, to the last event `chat` or the
    /// connection's end.
    func events(of id: String) -> AsyncStream<JSON> {
        let (events, follower) = AsyncStream.makeStream(of: JSON.self)
        let isOver = state.withLock { state in
            state.followers[id] = follower
            return state.end != nil
        }
        follower.onTermination = { [weak self] _ in
            _ = self?.state.withLock { $0.followers.removeValue(forKey: id) }
        }
        if isOver { follower.finish() }
        return events
    }

    /// Says good-bye.
    func close() async {
        var data = ByteBuffer()
        data.write(webSocketErrorCode: .normalClosure)
        // Whatever becomes of it, the process is about to end.
        try? await channel.writeAndFlush(ClientFrames.frame(.connectionClose, data))
        try? await channel.close()
        try? await group.shutdownGracefully()
    }

    // MARK: Frames

    private func send(_ json: JSON) {
        channel.writeAndFlush(ClientFrames.frame(.text, ByteBuffer(bytes: json.serialized())), promise: nil)
    }

    private func listen(_ messages: AsyncStream<ClientFrames.Message>) async {
        var end = ClientError.closed("it went away")
        for await message in messages {
            switch message {
            case .json(let json) where json["type"] == "event": tell(json)
            case .json(let json): answer(json)
            case .closed(let reason): end = .closed(reason)
            }
        }
        let (waiting, followers) = state.withLock { state in
            state.end = end
            defer { (state.waiting, state.followers) = ([:], [:]) }
            return (Array(state.waiting.values), Array(state.followers.values))
        }
        for continuation in waiting { continuation.resume(throwing: end) }
        for follower in followers { follower.finish() }
    }

    private func tell(_ event: JSON) {
        guard let name = event["event"], name == "chat" || name == "agent", let payload = event["payload"],
            let id = payload["runId"]?.string
        else { return }
        let isLast = name == "chat" && payload["state"] != "delta"
        let follower = state.withLock { isLast ? $0.followers.removeValue(forKey: id) : $0.followers[id] }
        follower?.yield(["event": name, "payload": payload])
        if isLast { follower?.finish() }
    }

    private func answer(_ json: JSON) {
        guard let id = json["id"]?.string,
            let continuation = state.withLock({ $0.waiting.removeValue(forKey: id) })
        else { return }
        if json["ok"] == true {
            continuation.resume(returning: json["payload"] ?? .null)
        } else {
            continuation.resume(throwing: ClientError.failed(json["error"]?["message"]?.string ?? "no reason given"))
        }
    }

    private static func open(
        _ address: GatewayAddress, on loop: any EventLoop, within limit: TimeAmount,
        _ sink: AsyncStream<ClientFrames.Message>.Continuation
    ) async throws -> any Channel {
        let port = address.port
        let upgraded = loop.makePromise(of: Void.self)
        let upgrader = NIOWebSocketClientUpgrader(maxFrameSize: frameLimit) { channel, _ in
            channel.eventLoop.makeCompletedFuture {
                try channel.pipeline.syncOperations.addHandler(ClientFrames(sink))
                upgraded.succeed()
            }
        }
        loop.scheduleTask(in: limit) { upgraded.fail(ClientError.noGateway(port: port)) }
        do {
            let channel = try await address.connect(on: loop, within: limit) { channel in
                let greeting = ClientGreeting(address.requestHead("/"), port: port, upgraded: upgraded)
                let bound = NIOLoopBound(greeting, eventLoop: channel.eventLoop)
                try channel.pipeline.syncOperations.addHTTPClientHandlers(
                    withClientUpgrade: (
                        upgraders: [upgrader],
                        completionHandler: { context in
                            context.pipeline.syncOperations.removeHandler(bound.value, promise: nil)
                        }
                    ))
                try channel.pipeline.syncOperations.addHandler(greeting)
            }
            channel.closeFuture.whenComplete { _ in
                upgraded.fail(ClientError.noGateway(port: port))
                sink.finish()
            }
            try await upgraded.futureResult.get()
            return channel
        } catch {
            upgraded.fail(error)
            throw error
        }
    }
}

/// Asks for the upgrade.
private final class ClientGreeting: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPClientResponsePart
    typealias OutboundOut = HTTPClientRequestPart

    private let head: HTTPRequestHead
    private let port: UInt16
    private let upgraded: EventLoopPromise<Void>

    init(_ head: HTTPRequestHead, port: UInt16, upgraded: EventLoopPromise<Void>) {
        self.head = head
        self.port = port
        self.upgraded = upgraded
    }

    func channelActive(context: ChannelHandlerContext) {
        var head = head
        head.headers.add(name: "content-length", value: "0")
        context.write(Self.wrapOutboundOut(.head(head)), promise: nil)
        context.writeAndFlush(Self.wrapOutboundOut(.end(nil)), promise: nil)
        context.fireChannelActive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        // Only what is no upgrade comes here.
        context.close(promise: nil)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if GatewayAddress.isIdentityFault(error) { upgraded.fail(ClientError.stranger(port: port)) }
        context.close(promise: nil)
    }
}
