import JSON
import NIOCore
import NIOHTTP1
import NIOPosix

/// Asks `/health`, or another path of that kind, on one port of this host, once.
struct HealthProbe {
    /// What came back.
    enum Answer: Sendable {
        /// Nothing listens.
        case refused(String)
        /// Nothing came in time.
        case timeout(String)
        /// Something came that no gateway sends.
        case unintelligible(String)
        /// A gateway says that it takes no clients now.
        case unready
        /// JSON, and how long it took in milliseconds.
        case health(JSON, latency: Int64)
    }

    let address: GatewayAddress
    /// Milliseconds for the whole exchange.
    let timeout: Int64
    var path = "/health"

    func ask() async -> Answer {
        let group = GatewayAddress.makeLoop()
        let answer = await exchange(on: group.next())
        // The process is about to end; a group that would not stop changes nothing.
        try? await group.shutdownGracefully()
        return answer
    }

    private func exchange(on loop: any EventLoop) async -> Answer {
        let start = NIODeadline.now()
        let promise = loop.makePromise(of: Answer.self)
        let limit = TimeAmount.milliseconds(timeout)
        loop.scheduleTask(in: limit) { promise.succeed(.timeout("no answer within \(timeout) ms")) }
        do {
            let channel = try await address.connect(on: loop, within: limit) { channel in
                try channel.pipeline.syncOperations.addHTTPClientHandlers()
                try channel.pipeline.syncOperations.addHandler(
                    HealthProbeHandler(address.requestHead(path), start: start, promise: promise))
            }
            let answer = try await promise.futureResult.get()
            channel.close(promise: nil)
            return answer
        } catch {
            let answer = Self.failure(error, port: address.port)
            promise.succeed(answer)
            return answer
        }
    }

    private static func failure(_ error: any Error, port: UInt16) -> Answer {
        if error is ChannelError { return .timeout("no connection: \(error)") }
        guard let reason = GatewayAddress.reason(error) else { return .unintelligible("\(error)") }
        return .refused("\(reason) on 127.0.0.1 port \(port)")
    }
}

/// Sends the request and reads the answer.
private final class HealthProbeHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPClientResponsePart
    typealias OutboundOut = HTTPClientRequestPart

    private static let limit = 64 << 10
    private let head: HTTPRequestHead
    private let start: NIODeadline
    private let promise: EventLoopPromise<HealthProbe.Answer>
    private var body: [UInt8] = []
    private var status = HTTPResponseStatus.ok

    init(_ head: HTTPRequestHead, start: NIODeadline, promise: EventLoopPromise<HealthProbe.Answer>) {
        self.head = head
        self.start = start
        self.promise = promise
    }

    func channelActive(context: ChannelHandlerContext) {
        var head = head
        head.headers.add(name: "connection", value: "close")
        context.write(Self.wrapOutboundOut(.head(head)), promise: nil)
        context.writeAndFlush(Self.wrapOutboundOut(.end(nil)), promise: nil)
        context.fireChannelActive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch Self.unwrapInboundIn(data) {
        case .head(let head): status = head.status
        case .body(let part):
            body += part.readableBytesView
            if body.count > Self.limit { finish(.unintelligible("it sends more than a gateway would"), context) }
        case .end:
            let json = try? JSON(parsing: body)
            if status == .serviceUnavailable, json?["ready"]?.bool == false { return finish(.unready, context) }
            guard status == .ok, let json, json["ok"]?.bool == true else {
                return finish(.unintelligible("it answers \(status.code) and not as a gateway does"), context)
            }
            let latency = (NIODeadline.now() - start).nanoseconds / 1_000_000
            finish(.health(json, latency: latency), context)
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        promise.succeed(.unintelligible("it closes the connection without an answer"))
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        let isStranger = GatewayAddress.isIdentityFault(error)
        finish(
            .unintelligible(
                isStranger ? "it does not show the certificate of this profile's gateway" : "it does not speak HTTP"),
            context)
    }

    private func finish(_ answer: HealthProbe.Answer, _ context: ChannelHandlerContext) {
        promise.succeed(answer)
        context.close(promise: nil)
    }
}
