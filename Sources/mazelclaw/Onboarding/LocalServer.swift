import JSON
import NIOCore
import NIOHTTP1
import NIOPosix

/// A model server of this host that listens on its usual port.
struct LocalServer: Sendable {
    /// What `--backend` and the configuration call it.
    let name: String
    /// What people call it.
    let title: String
    let port: UInt16
    /// The models that it offers.
    var models: [String] = []

    /// Where requests go.
    var baseURL: String { "http://127.0.0.1:\(port)/v1" }

    /// Servers that people have, and the ports on which they listen unless they are told otherwise.
    private static let known = [
        LocalServer(name: "ollama", title: "Ollama", port: 11434),
        LocalServer(name: "lmstudio", title: "LM Studio", port: 1234),
        LocalServer(name: "llamacpp", title: "llama.cpp", port: 8080),
        LocalServer(name: "vllm", title: "vLLM", port: 8000),
    ]

    /// The longest that one is waited for.
    private static let time = TimeAmount.milliseconds(700)

    /// Those that answer now, and have a model.
    static func found() async -> [LocalServer] {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let found = await withTaskGroup(of: (Int, [String]).self) { tasks in
            for (index, server) in known.enumerated() {
                tasks.addTask { (index, await ModelListing(port: server.port).ask(on: group.next(), within: time)) }
            }
            var found: [Int: [String]] = [:]
            for await (index, models) in tasks { found[index] = models }
            return found
        }
        // The process goes on without it; one that would not stop changes nothing.
        try? await group.shutdownGracefully()
        return known.enumerated().compactMap { index, server in
            guard let models = found[index], !models.isEmpty else { return nil }
            var server = server
            server.models = models
            return server
        }
    }
}

/// Asks what models a server on a port of this host offers: `GET /v1/models`.
private struct ModelListing {
    let port: UInt16

    func ask(on loop: any EventLoop, within limit: TimeAmount) async -> [String] {
        let promise = loop.makePromise(of: [String].self)
        loop.scheduleTask(in: limit) { promise.succeed([]) }
        do {
            let channel = try await ClientBootstrap(group: loop).connectTimeout(limit)
                .channelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try channel.pipeline.syncOperations.addHTTPClientHandlers()
                        try channel.pipeline.syncOperations.addHandler(
                            ModelListingHandler(port: port, promise: promise))
                    }
                }
                .connect(host: "127.0.0.1", port: Int(port)).get()
            let models = try await promise.futureResult.get()
            channel.close(promise: nil)
            return models
        } catch {
            promise.succeed([])
            return []
        }
    }
}

/// Sends the request and reads the answer.
private final class ModelListingHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPClientResponsePart
    typealias OutboundOut = HTTPClientRequestPart

    /// The most bytes that are read, and models that are shown.
    private static let limit = 1 << 20
    private static let countLimit = 100
    private let port: UInt16
    private let promise: EventLoopPromise<[String]>
    private var body: [UInt8] = []
    private var isGood = false

    init(port: UInt16, promise: EventLoopPromise<[String]>) {
        self.port = port
        self.promise = promise
    }

    func channelActive(context: ChannelHandlerContext) {
        let head = HTTPRequestHead(
            version: .http1_1, method: .GET, uri: "/v1/models",
            headers: ["host": "127.0.0.1:\(port)", "connection": "close", "accept": "application/json"])
        context.write(Self.wrapOutboundOut(.head(head)), promise: nil)
        context.writeAndFlush(Self.wrapOutboundOut(.end(nil)), promise: nil)
        context.fireChannelActive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch Self.unwrapInboundIn(data) {
        case .head(let head): isGood = head.status == .ok
        case .body(let part):
            body += part.readableBytesView
            if body.count > Self.limit { finish([], context) }
        case .end:
            let list = (try? JSON(parsing: body))?["data"]?.array ?? []
            let names = list.compactMap { $0["id"]?.string }.filter { name in
                !name.isEmpty && name.utf8.count <= 200
                    && name.unicodeScalars.allSatisfy { $0.value > 0x20 && $0.value != 0x7F }
            }
            finish(isGood ? Array(names.prefix(Self.countLimit)) : [], context)
        }
    }

    func channelInactive(context: ChannelHandlerContext) { promise.succeed([]) }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { finish([], context) }

    private func finish(_ models: [String], _ context: ChannelHandlerContext) {
        promise.succeed(models)
        context.close(promise: nil)
    }
}
