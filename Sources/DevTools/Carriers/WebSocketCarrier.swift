import Glibc
package import NIOCore
import NIOHTTP1
import NIOPosix
import NIOWebSocket

/// A browser's DevTools on a WebSocket.
package enum WebSocketCarrier {
    /// Has `receiver` take the messages of the browser at `address`, whose scheme is `ws` or `wss`. Throws
    /// `DevToolsError.unreachable` and `.notDevTools`.
    package static func open(
        _ address: DevToolsAddress, on group: any EventLoopGroup, limits: DevToolsLimits,
        trust: DevToolsTrust = .system, _ receiver: any MessageReceiver
    ) async throws(DevToolsError) -> any Channel {
        let security = try trust.security(for: address)
        let loop = group.next()
        let upgraded = loop.makePromise(of: Void.self)
        let time = TimeAmount(limits.connecting)
        let closing = TimeAmount(limits.closing)
        let upgrader = NIOWebSocketClientUpgrader(
            maxFrameSize: limits.message, automaticErrorHandling: false
        ) { channel, _ in
            channel.eventLoop.makeCompletedFuture {
                let pipeline = channel.pipeline.syncOperations
                try pipeline.addHandler(WebSocketMessages(limit: limits.message, closing: closing))
                try pipeline.addHandler(MessageHandler(receiver))
                upgraded.succeed()
            }
        }
        let deadline = loop.scheduleTask(in: time) {
            upgraded.fail(
                DevToolsError.unreachable("\(address)", reason: "it did not answer within \(limits.connecting)"))
        }
        var channel: (any Channel)?
        do {
            let opened = try await ClientBootstrap(group: loop)
                .connectTimeout(time)
                .channelOption(.tcpOption(.tcp_nodelay), value: 1)
                .channelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try security?.add(to: channel.pipeline.syncOperations)
                        let greeting = UpgradeRequest(address: address, upgraded: upgraded)
                        let bound = NIOLoopBound(greeting, eventLoop: channel.eventLoop)
                        try channel.pipeline.syncOperations.addHTTPClientHandlers(
                            // The first message may come with the answer to the handshake.
                            leftOverBytesStrategy: .forwardBytes,
                            withClientUpgrade: (
                                upgraders: [upgrader],
                                completionHandler: { context in
                                    context.pipeline.syncOperations.removeHandler(bound.value, promise: nil)
                                }
                            ))
                        try channel.pipeline.syncOperations.addHandler(greeting)
                    }
                }
                .connect(host: address.host, port: Int(address.port)).get()
            channel = opened
            opened.closeFuture.whenComplete { _ in
                upgraded.fail(DevToolsError.notDevTools("\(address)", reason: "it closed the connection"))
            }
            try await upgraded.futureResult.get()
            deadline.cancel()
            return opened
        } catch {
            deadline.cancel()
            upgraded.fail(error)
            channel?.close(promise: nil)
            throw DevToolsError(connecting: error, to: address)
        }
    }
}

extension DevToolsError {
    /// Why no connection to `address` came about.
    init(connecting error: any Error, to address: DevToolsAddress) {
        if let error = error as? DevToolsError {
            self = error
            return
        }
        let reason: String
        switch error {
        case let error as IOError: reason = String(cString: strerror(error.errnoCode))
        case let error as NIOConnectionError:
            let codes = error.connectionErrors.compactMap { ($0.error as? IOError)?.errnoCode }
            reason = codes.first.map { String(cString: strerror($0)) } ?? "the name \(error.host) is not known"
        case ChannelError.connectTimeout(let time):
            reason = "it did not answer within \(Duration.nanoseconds(time.nanoseconds))"
        default: reason = "\(error)"
        }
        self = .unreachable("\(address)", reason: reason)
    }
}

/// Asks for the upgrade, and hears of it when there is none.
private final class UpgradeRequest: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPClientResponsePart
    typealias OutboundOut = HTTPClientRequestPart

    private let address: DevToolsAddress
    private let upgraded: EventLoopPromise<Void>

    init(address: DevToolsAddress, upgraded: EventLoopPromise<Void>) {
        self.address = address
        self.upgraded = upgraded
    }

    func channelActive(context: ChannelHandlerContext) {
        var head = HTTPRequestHead(version: .http1_1, method: .GET, uri: address.target)
        head.headers.add(name: "host", value: address.authority)
        if let authorization = address.authorization { head.headers.add(name: "authorization", value: authorization) }
        context.write(Self.wrapOutboundOut(.head(head)), promise: nil)
        context.writeAndFlush(Self.wrapOutboundOut(.end(nil)), promise: nil)
        context.fireChannelActive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        // Only what is no upgrade comes here.
        if case .head(let head) = Self.unwrapInboundIn(data) {
            fail("it answered \(head.status.code) to the WebSocket handshake", context)
        } else {
            context.close(promise: nil)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        fail(TLSFault.reason(error) ?? "its answer to the WebSocket handshake is no good: \(error)", context)
    }

    private func fail(_ reason: String, _ context: ChannelHandlerContext) {
        upgraded.fail(DevToolsError.notDevTools("\(address)", reason: reason))
        context.close(promise: nil)
    }
}
