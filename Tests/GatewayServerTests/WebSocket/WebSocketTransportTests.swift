import Gateway
import NIOCore
import NIOEmbedded
import NIOWebSocket
import Synchronization
import Testing

@testable import GatewayProtocol
@testable import GatewayServer

/// Takes every frame and lets none leave, as a kernel does whose buffer is full.
private final class Plug: ChannelOutboundHandler {
    typealias OutboundIn = WebSocketFrame

    private(set) var frames: [WebSocketFrame] = []
    private var promises: [EventLoopPromise<Void>?] = []

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        frames.append(Self.unwrapOutboundIn(data))
        promises.append(promise)
    }

    /// Lets the frames leave that are held back.
    func pull() {
        for promise in promises { promise?.succeed() }
        promises = []
    }
}

/// A transport whose frames do not leave.
private func plugged() throws -> (transport: WebSocketTransport, plug: Plug, channel: EmbeddedChannel) {
    let plug = Plug()
    let channel = EmbeddedChannel(handler: plug)
    try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
    return (WebSocketTransport(channel: channel, closingTime: .seconds(1)), plug, channel)
}

private let message = [UInt8](repeating: UInt8(ascii: " "), count: ProtocolLimits.bufferedBytes / 4)

@Test func `a client too slow for its answers is closed`() throws {
    let (transport, plug, channel) = try plugged()
    for _ in 1...4 { transport.send(message, isDroppable: false) }
    #expect(!transport.isClosing)
    transport.send(message, isDroppable: false)
    #expect(transport.isClosing)
    channel.embeddedEventLoop.run()
    var close = try #require(plug.frames.last)
    #expect(close.opcode == .connectionClose)
    #expect(close.data.readInteger(as: UInt16.self) == 1008)
    #expect(String(buffer: close.data) == "slow consumer")
    #expect(plug.frames.count == 5)
    #expect(channel.isActive)
    channel.embeddedEventLoop.advanceTime(by: .seconds(1))
    #expect(!channel.isActive)
}

@Test func `an answer longer than a slow client's share goes to one that took everything so far`() throws {
    let (transport, plug, channel) = try plugged()
    transport.send([UInt8](repeating: UInt8(ascii: " "), count: ProtocolLimits.bufferedBytes + 1), isDroppable: false)
    #expect(!transport.isClosing)
    transport.send(message, isDroppable: false)
    #expect(transport.isClosing)
    channel.embeddedEventLoop.run()
    #expect(plug.frames.count == 2)
    channel.embeddedEventLoop.advanceTime(by: .seconds(1))
    #expect(!channel.isActive)
}

@Test func `a slow client goes without what may be dropped`() throws {
    let (transport, plug, channel) = try plugged()
    for _ in 1...9 { transport.send(message, isDroppable: true) }
    #expect(!transport.isClosing)
    channel.embeddedEventLoop.run()
    #expect(plug.frames.count == 4)
    plug.pull()
    transport.send(message, isDroppable: true)
    channel.embeddedEventLoop.run()
    #expect(plug.frames.count == 5)
    _ = try channel.finish(acceptAlreadyClosed: true)
}

/// Sends numbers, and keeps the order of the calls.
private final class Order: Sendable {
    private let sent = Mutex<[UInt8]>([])

    var numbers: [UInt8] { sent.withLock { $0 } }

    func send(_ number: UInt8, _ transport: WebSocketTransport) {
        sent.withLock {
            transport.send([number], isDroppable: false)
            $0.append(number)
        }
    }
}

@Test func `what is sent from several threads leaves in the order it was sent`() async throws {
    let channel = NIOAsyncTestingChannel()
    try await channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).get()
    let transport = WebSocketTransport(channel: channel, closingTime: .seconds(1))
    let order = Order()
    await withTaskGroup(of: Void.self) { group in
        for number in 0..<UInt8(100) {
            group.addTask { order.send(number, transport) }
        }
    }
    for number in order.numbers {
        let frame = try await channel.waitForOutboundWrite(as: WebSocketFrame.self)
        #expect(Array(frame.data.readableBytesView) == [number])
    }
    transport.finish()
    transport.send(message, isDroppable: false)
    await channel.testingEventLoop.run()
    #expect(try await channel.readOutbound(as: WebSocketFrame.self) == nil)
    _ = try await channel.finish(acceptAlreadyClosed: true)
}
