import Foundation
import JSON
import NIOCore
import NIOPosix
import NIOSSL
import Synchronization

/// A request as it came over the socket.
struct ReceivedRequest: Sendable {
    var line: String
    /// In lower case.
    var fields: [String: String]
    var body: [UInt8]

    var json: JSON? { try? JSON(parsing: body) }
}

/// The service's side of one request: writes whatever a script says, HTTP or not.
struct ScriptedPeer: Sendable {
    let request: ReceivedRequest
    fileprivate let channel: any Channel

    /// Returns when the kernel has taken it.
    func write(_ bytes: [UInt8]) async throws {
        try await channel.writeAndFlush(ByteBuffer(bytes: bytes)).get()
    }

    func write(_ text: String) async throws { try await write(Array(text.utf8)) }

    /// The head of an answer that ends with the connection.
    func head(_ status: String = "200 OK", type: String = "text/event-stream", fields: [String] = []) async throws {
        let lines = ["HTTP/1.1 \(status)", "content-type: \(type)", "connection: close"] + fields + ["", ""]
        try await write(lines.joined(separator: "\r\n"))
    }

    /// An answer that ends with the connection.
    func answer(
        _ body: [UInt8], status: String = "200 OK", type: String = "text/event-stream", fields: [String] = []
    ) async throws {
        try await head(status, type: type, fields: fields)
        try await write(body)
    }

    /// The same, of text.
    func answer(
        _ body: String, status: String = "200 OK", type: String = "text/event-stream", fields: [String] = []
    ) async throws {
        try await answer(Array(body.utf8), status: status, type: type, fields: fields)
    }

    /// Returns when the other side let go, or the test is over.
    func waitForEnd() async throws { try await Task.sleep(for: .seconds(3600)) }
}

/// A model service on a real socket that answers as a test says: the nth request by the nth script, later ones by the last.
/// Each connection carries one request.
final class ScriptedService: Sendable {
    typealias Script = @Sendable (ScriptedPeer) async throws -> Void

    private struct State {
        var requests: [ReceivedRequest] = []
        var closingCount = 0
        var tasks: [Task<Void, Never>] = []
        var channels: [any Channel] = []
        var isOver = false
    }

    private let scripts: [Script]
    private let state = Mutex(State())
    private let listener = Mutex<(any Channel)?>(nil)

    var port: Int { listener.withLock { $0?.localAddress?.port ?? 0 } }
    var requests: [ReceivedRequest] { state.withLock { $0.requests } }
    /// How many connections the other side let go while their scripts went on.
    var closingCount: Int { state.withLock { $0.closingCount } }

    private init(_ scripts: [Script]) {
        self.scripts = scripts
    }

    /// Has `body` talk to a service that answers by `scripts`, with TLS when it has an `identity`.
    static func serving<Value: Sendable>(
        _ scripts: [Script], identity: NIOSSLContext? = nil, body: (ScriptedService) async throws -> Value
    ) async throws -> Value {
        let service = ScriptedService(scripts)
        let listener = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let handlers = channel.pipeline.syncOperations
                    if let identity { try handlers.addHandler(NIOSSLServerHandler(context: identity)) }
                    try handlers.addHandler(service.receive(on: channel))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        service.listener.withLock { $0 = listener }
        let result: Result<Value, any Error>
        do { result = .success(try await body(service)) } catch { result = .failure(error) }
        try await listener.close()
        await service.stop()
        return try result.get()
    }

    private func receive(on channel: any Channel) -> Collector {
        let (pieces, continuation) = AsyncStream.makeStream(of: [UInt8].self)
        state.withLock { state in
            state.channels.append(channel)
            guard !state.isOver else { return }
            state.tasks.append(Task { await serve(pieces, channel) })
        }
        return Collector(continuation)
    }

    private func stop() async {
        let (tasks, channels) = state.withLock { state in
            state.isOver = true
            return (state.tasks, state.channels)
        }
        for channel in channels { channel.close(promise: nil) }
        for task in tasks { task.cancel() }
        for task in tasks { await task.value }
    }

    private func serve(_ pieces: AsyncStream<[UInt8]>, _ channel: any Channel) async {
        var bytes: [UInt8] = []
        var script: Task<Void, Never>?
        let isDone = Flag()
        for await piece in pieces where script == nil {
            bytes += piece
            guard let request = Self.request(bytes) else { continue }
            let count = state.withLock { state in
                state.requests.append(request)
                return state.requests.count
            }
            script = Task { [scripts] in
                // What goes wrong here shows on the other side.
                try? await scripts[min(count, scripts.count) - 1](ScriptedPeer(request: request, channel: channel))
                isDone.value.withLock { $0 = true }
                channel.close(promise: nil)
            }
        }
        // The connection is over, by whomever.
        if let script {
            if !isDone.value.withLock(\.self) { state.withLock { $0.closingCount += 1 } }
            script.cancel()
            await script.value
        }
    }

    private final class Flag: Sendable {
        let value = Mutex(false)
    }

    /// Passes on what comes over a connection.
    private final class Collector: ChannelInboundHandler, Sendable {
        typealias InboundIn = ByteBuffer

        private let continuation: AsyncStream<[UInt8]>.Continuation

        init(_ continuation: AsyncStream<[UInt8]>.Continuation) {
            self.continuation = continuation
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            continuation.yield(Array(Self.unwrapInboundIn(data).readableBytesView))
        }

        func channelInactive(context: ChannelHandlerContext) {
            continuation.finish()
        }

        func errorCaught(context: ChannelHandlerContext, error: any Error) {
            context.close(promise: nil)
        }
    }

    /// The request that `bytes` hold; nil while it is not whole.
    private static func request(_ bytes: [UInt8]) -> ReceivedRequest? {
        guard let end = bytes.firstRange(of: Array("\r\n\r\n".utf8)) else { return nil }
        var lines = String(decoding: bytes[..<end.lowerBound], as: UTF8.self).split(separator: "\r\n").map(String.init)
        let line = lines.removeFirst()
        var fields: [String: String] = [:]
        for line in lines {
            let parts = line.split(separator: ":", maxSplits: 1)
            fields[parts[0].lowercased()] = parts.count > 1 ? parts[1].trimmingCharacters(in: .whitespaces) : ""
        }
        let body = bytes[end.upperBound...]
        guard body.count >= fields["content-length"].flatMap({ Int($0) }) ?? 0 else { return nil }
        return ReceivedRequest(line: line, fields: fields, body: Array(body))
    }
}
