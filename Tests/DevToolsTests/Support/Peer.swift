import DevTools
import Glibc
import JSON
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOWebSocket
import PageServer
import Synchronization

/// Something in the place of a browser that does what a test tells it to.
final class Peer: Sendable {
    /// What a peer does when a command comes.
    typealias Script = @Sendable (_ command: JSON, _ peer: Peer) -> Void

    /// What the connection to a peer goes over.
    enum Carrier: CaseIterable, Sendable {
        case pipe, webSocket
    }

    private let script: Script
    private let channel = Mutex<(any Channel)?>(nil)
    /// How many messages have left.
    let sentCount = Atomic<Int>(0)

    init(_ script: @escaping Script) {
        self.script = script
    }

    /// Connects to a new peer over `carrier`.
    static func connect(
        _ carrier: Carrier, limits: DevToolsLimits = DevToolsLimits(), _ script: @escaping Script
    ) async throws -> (connection: DevToolsConnection, peer: Peer) {
        let peer = Peer(script)
        switch carrier {
        case .pipe:
            var (commands, answers): ([Int32], [Int32]) = ([-1, -1], [-1, -1])
            guard pipe(&commands) == 0, pipe(&answers) == 0 else { throw Fault.notMade }
            _ = try await NIOPipeBootstrap(group: .singletonMultiThreadedEventLoopGroup)
                .channelOption(.writeBufferWaterMark, value: .init(low: 1, high: 2))
                .channelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try channel.pipeline.syncOperations.addHandler(PipePeerHandler(peer))
                    }
                }
                .takingOwnershipOfDescriptors(input: commands[0], output: answers[1]).get()
            let connection = try await DevToolsConnection.open(
                reading: answers[0], writing: commands[1], on: .singletonMultiThreadedEventLoopGroup, limits: limits)
            return (connection, peer)
        case .webSocket:
            let server = try await Server.start { channel in
                let upgrader = NIOWebSocketServerUpgrader(
                    maxFrameSize: 1 << 24, automaticErrorHandling: false,
                    shouldUpgrade: { channel, _ in channel.eventLoop.makeSucceededFuture([:]) },
                    upgradePipelineHandler: { channel, _ in
                        channel.eventLoop.makeCompletedFuture {
                            try channel.pipeline.syncOperations.addHandler(WebSocketPeerHandler(peer))
                        }
                    })
                return channel.pipeline.configureHTTPServerPipeline(
                    withServerUpgrade: (upgraders: [upgrader], completionHandler: { _ in }))
            }
            let connection = try await DevToolsConnection.open(
                at: DevToolsAddress("ws://127.0.0.1:\(server.port)/devtools/browser/1"),
                on: .singletonMultiThreadedEventLoopGroup, limits: limits)
            await server.stop()
            return (connection, peer)
        }
    }

    enum Fault: Error {
        case notMade
    }

    fileprivate func opened(_ channel: any Channel) { self.channel.withLock { $0 = channel } }

    fileprivate func take(_ text: String) throws {
        script(try JSON(parsing: Array(text.utf8)), self)
    }

    // MARK: What a test has it do

    /// Sends one message.
    func send(_ text: String) {
        sent(write(ByteBuffer(string: text)))
    }

    /// Sends one message.
    func send(_ json: JSON) { send(json.text()) }

    /// Answers `command` with `result`.
    func answer(_ command: JSON, _ result: JSON = [:]) {
        send(["id": command["id"] ?? .null, "result": result])
    }

    /// Sends a frame of the WebSocket as it is.
    func send(_ frame: WebSocketFrame) {
        channel.withLock { $0 }?.writeAndFlush(PeerOutput.frame(frame), promise: nil)
    }

    /// Sends bytes on the pipe as they are.
    func send(bytes: [UInt8]) {
        channel.withLock { $0 }?.writeAndFlush(PeerOutput.bytes(ByteBuffer(bytes: bytes)), promise: nil)
    }

    /// Ends the connection without a word.
    func hangUp() {
        channel.withLock { $0 }?.close(promise: nil)
    }

    private func write(_ message: ByteBuffer) -> EventLoopFuture<Void>? {
        guard let channel = channel.withLock({ $0 }) else { return nil }
        return channel.writeAndFlush(PeerOutput.message(message))
    }

    private func sent(_ written: EventLoopFuture<Void>?) {
        written?.whenSuccess { self.sentCount.wrappingAdd(1, ordering: .relaxed) }
    }
}

/// What a peer's handler writes as its carrier has it.
private enum PeerOutput: Sendable {
    case message(ByteBuffer)
    case bytes(ByteBuffer)
    case frame(WebSocketFrame)
}

private final class PipePeerHandler: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = PeerOutput
    typealias OutboundOut = ByteBuffer

    private let peer: Peer
    private var rest: [UInt8] = []

    init(_ peer: Peer) { self.peer = peer }

    func handlerAdded(context: ChannelHandlerContext) { peer.opened(context.channel) }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        rest += Self.unwrapInboundIn(data).readableBytesView
        while let end = rest.firstIndex(of: 0) {
            let text = String(decoding: rest[..<end], as: UTF8.self)
            rest.removeSubrange(...end)
            do { try peer.take(text) } catch { context.close(promise: nil) }
        }
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        switch Self.unwrapOutboundIn(data) {
        case .message(var text):
            text.writeInteger(UInt8(0))
            context.write(Self.wrapOutboundOut(text), promise: promise)
        case .bytes(let bytes): context.write(Self.wrapOutboundOut(bytes), promise: promise)
        case .frame: promise?.fail(ChannelError.operationUnsupported)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}

private final class WebSocketPeerHandler: ChannelDuplexHandler {
    typealias InboundIn = WebSocketFrame
    typealias OutboundIn = PeerOutput
    typealias OutboundOut = WebSocketFrame

    private let peer: Peer

    init(_ peer: Peer) { self.peer = peer }

    func handlerAdded(context: ChannelHandlerContext) { peer.opened(context.channel) }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let frame = Self.unwrapInboundIn(data)
        switch frame.opcode {
        case .text: do { try peer.take(String(buffer: frame.unmaskedData)) } catch { context.close(promise: nil) }
        case .connectionClose: context.close(promise: nil)
        default: break
        }
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        switch Self.unwrapOutboundIn(data) {
        case .message(let text):
            let frame = WebSocketFrame(fin: true, opcode: .text, data: text)
            context.write(Self.wrapOutboundOut(frame), promise: promise)
        case .frame(let frame): context.write(Self.wrapOutboundOut(frame), promise: promise)
        case .bytes: promise?.fail(ChannelError.operationUnsupported)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}
