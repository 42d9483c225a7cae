import NIOCore

/// Asks a proxy for a connection (RFC 9110 section 9.3.6), and then lets everything pass.
///
/// What is behind it sees the connection when the proxy has made it.
final class IRCProxyHandshake: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let host: String
    private let port: Int
    private let ready: EventLoopPromise<Void>
    private var isPassing = false
    private var isDecided = false
    private var answer = ByteBuffer()

    /// The longest answer of a proxy that is read.
    private static let lengthLimit = 8192

    init(host: String, port: Int, ready: EventLoopPromise<Void>) {
        self.host = host
        self.port = port
        self.ready = ready
    }

    func channelActive(context: ChannelHandlerContext) {
        let place = host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
        let request = "CONNECT \(place) HTTP/1.1\r\nHost: \(place)\r\n\r\n"
        context.writeAndFlush(Self.wrapOutboundOut(context.channel.allocator.buffer(string: request)), promise: nil)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isPassing else { return context.fireChannelRead(data) }
        guard !isDecided else { return }
        answer.writeImmutableBuffer(Self.unwrapInboundIn(data))
        let bytes = Array(answer.readableBytesView)
        guard let end = bytes.firstRange(of: Array("\r\n\r\n".utf8)) else {
            if bytes.count > Self.lengthLimit { fail("what it sent is no HTTP", context) }
            return
        }
        let line = String(decoding: bytes.prefix { $0 != UInt8(ascii: "\r") }, as: UTF8.self)
        let words = line.split(separator: " ", maxSplits: 2)
        guard words.count >= 2, words[0].hasPrefix("HTTP/1."), words[1].hasPrefix("2") else {
            return fail(String(IRCText.plain(line).prefix(200)), context)
        }
        isPassing = true
        isDecided = true
        context.fireChannelActive()
        let rest = bytes[end.upperBound...]
        if !rest.isEmpty { context.fireChannelRead(Self.wrapInboundOut(ByteBuffer(bytes: rest))) }
        ready.succeed()
    }

    func channelInactive(context: ChannelHandlerContext) {
        if !isDecided { fail("it closed the connection", context) }
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if !isDecided {
            isDecided = true
            ready.fail(error)
        }
        context.fireErrorCaught(error)
    }

    private func fail(_ reason: String, _ context: ChannelHandlerContext) {
        isDecided = true
        ready.fail(
            ChannelFailure(
                .disconnected,
                "the proxy does not connect to \(host):\(port) (\(reason)); add \"\(host):\(port)\" to \"egress\" in the profile"
            ))
        context.close(promise: nil)
    }
}
