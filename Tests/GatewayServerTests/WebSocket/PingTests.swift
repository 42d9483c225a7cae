import Gateway
import NIOCore
import NIOEmbedded
import NIOWebSocket
import Testing

@testable import GatewayProtocol
@testable import GatewayServer

/// Takes the messages of a WebSocket that says none.
private struct SilentReceiver: MessageReceiver {
    let inboundLimit = 100
    let isEstablished = true

    func receive(_ text: UnsafeBufferPointer<UInt8>) {}
    func handshakeTimedOut() {}
    func close(_ reason: CloseReason) {}
    func closed() {}
}

/// A handler of WebSockets on a channel; `isPage` is for one of the canvas.
private func channel(isPage: Bool) throws -> EmbeddedChannel {
    let channel = EmbeddedChannel()
    let handler = WebSocketHandler(limits: ServerLimits(), turns: Turns(on: channel.eventLoop)) { transport in
        let receiver: any MessageReceiver = isPage ? LiveReloadPage(transport) { _ in } : SilentReceiver()
        return receiver
    }
    try channel.pipeline.syncOperations.addHandler(handler)
    try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
    return channel
}

private func ping(_ channel: EmbeddedChannel, _ number: UInt8) throws {
    // A mask of zeroes leaves the data as it is.
    try channel.writeInbound(
        WebSocketFrame(fin: true, opcode: .ping, maskKey: [0, 0, 0, 0], data: ByteBuffer(bytes: [number])))
    // On a machine with much to do the frame had to wait for its turn.
    channel.embeddedEventLoop.run()
}

/// What the pongs hold that went out since the last time.
private func pongs(_ channel: EmbeddedChannel) throws -> [UInt8] {
    var numbers: [UInt8] = []
    while let frame = try channel.readOutbound(as: WebSocketFrame.self) {
        #expect(frame.opcode == .pong)
        numbers += Array(frame.data.readableBytesView)
    }
    return numbers
}

@Test(arguments: [false, true])
func `who pings and reads is answered each time, and who does not read only for the newest`(isPage: Bool) throws {
    let channel = try channel(isPage: isPage)
    for number in UInt8(1)...3 { try ping(channel, number) }
    #expect(try pongs(channel) == [1, 2, 3])
    channel.isWritable = false
    for number in UInt8(4)...200 { try ping(channel, number) }
    #expect(try pongs(channel) == [])
    channel.isWritable = true
    channel.pipeline.fireChannelWritabilityChanged()
    #expect(try pongs(channel) == [200])
    // It is owed once.
    channel.pipeline.fireChannelWritabilityChanged()
    try ping(channel, 201)
    #expect(try pongs(channel) == [201])
    _ = try channel.finish(acceptAlreadyClosed: true)
}

@Test(arguments: [false, true])
func `who answers pings stays, and who answers none of three is let go`(isPage: Bool) throws {
    let channel = try channel(isPage: isPage)
    let loop = channel.embeddedEventLoop
    func isPinged() throws -> Bool {
        loop.advanceTime(by: ServerLimits().ping)
        return try channel.readOutbound(as: WebSocketFrame.self)?.opcode == .ping
    }
    for _ in 1...8 {
        for _ in 1...3 { #expect(try isPinged()) }
        try channel.writeInbound(WebSocketFrame(fin: true, opcode: .pong, maskKey: [0, 0, 0, 0], data: ByteBuffer()))
    }
    for _ in 1...3 { #expect(try isPinged()) }
    #expect(channel.isActive)
    #expect(try !isPinged())
    #expect(!channel.isActive)
    _ = try channel.finish(acceptAlreadyClosed: true)
}
