import NIOCore
import NIOPosix
import NIOSSL

/// One request by TLS on a connection of its own.
enum EncryptedExchange {
    /// Sends `request` to 127.0.0.1 `port`, and reads to the end of the connection or of the head of a 101. The server
    /// must show `certificate`, PEM.
    static func send(
        _ request: String, port: UInt16, certificate: [UInt8],
        change: (inout TLSConfiguration) -> Void = { _ in }
    ) async throws -> HTTPAnswer {
        var configuration = TLSConfiguration.makeClientConfiguration()
        let expected = try NIOSSLCertificate(bytes: certificate, format: .pem)
        change(&configuration)
        let context = try NIOSSLContext(configuration: configuration)
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        let answer = loop.makePromise(of: [UInt8].self)
        let limit = loop.scheduleTask(in: .seconds(30)) { answer.fail(ChannelError.connectTimeout(.seconds(30))) }
        defer { limit.cancel() }
        do {
            let channel = try await ClientBootstrap(group: loop)
                .channelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try channel.pipeline.syncOperations.addHandlers(
                            NIOSSLClientHandler(
                                context: context, serverHostname: "localhost",
                                customVerificationCallback: { shown, verdict in
                                    verdict.succeed(shown == [expected] ? .certificateVerified : .failed)
                                }),
                            Collector(request, answer))
                    }
                }
                .connect(host: "127.0.0.1", port: Int(port)).get()
            defer { channel.close(promise: nil) }
            return HTTPAnswer(try await answer.futureResult.get())
        } catch {
            answer.fail(error)
            throw error
        }
    }

    private final class Collector: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        typealias OutboundOut = ByteBuffer

        private let request: String
        private let answer: EventLoopPromise<[UInt8]>
        private var bytes: [UInt8] = []

        init(_ request: String, _ answer: EventLoopPromise<[UInt8]>) {
            self.request = request
            self.answer = answer
        }

        func channelActive(context: ChannelHandlerContext) {
            context.writeAndFlush(Self.wrapOutboundOut(ByteBuffer(string: request)), promise: nil)
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            bytes += Self.unwrapInboundIn(data).readableBytesView
            let text = String(decoding: bytes, as: UTF8.self)
            if text.hasPrefix("HTTP/1.1 101"), text.contains("\r\n\r\n") { answer.succeed(bytes) }
        }

        func channelInactive(context: ChannelHandlerContext) {
            answer.succeed(bytes)
        }

        func errorCaught(context: ChannelHandlerContext, error: any Error) {
            answer.fail(error)
            context.close(promise: nil)
        }
    }
}
