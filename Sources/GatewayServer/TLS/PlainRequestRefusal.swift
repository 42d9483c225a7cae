import NIOCore

/// Tells who speaks plain HTTP on a port of TLS so, instead of leaving him with bytes that say nothing to him.
final class PlainRequestRefusal: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// What the first record of TLS begins with (RFC 8446 section 5.1: handshake).
    private static let handshake: UInt8 = 22

    private static let answer = """
        HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: \(text.utf8.count)\r\n\
        Connection: close\r\n\r\n\(text)
        """
    private static let text = "This port speaks TLS: use https:// or wss://.\n"

    private var isRefused = false

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isRefused else { return }
        let bytes = Self.unwrapInboundIn(data)
        guard bytes.getInteger(at: bytes.readerIndex, as: UInt8.self) != Self.handshake else {
            context.fireChannelRead(data)
            return context.pipeline.syncOperations.removeHandler(self, promise: nil)
        }
        isRefused = true
        context.writeAndFlush(Self.wrapOutboundOut(ByteBuffer(string: Self.answer))).assumeIsolated()
            .whenComplete { _ in context.close(promise: nil) }
    }
}
