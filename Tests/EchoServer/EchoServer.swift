import Gateway
import GatewayProtocol
import GatewayServer
import Glibc
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOWebSocket

/// Sends back each text message it gets, through the gateway's own reader and writer of frames: what
/// `make autobahn` tests.
///
///     echo-server PORT
@main enum EchoServer {
    static func main() async throws {
        guard let port = CommandLine.arguments.dropFirst().first.flatMap({ Int($0) }) else {
            fatalError("usage: echo-server PORT")
        }
        let upgrader = NIOWebSocketServerUpgrader(
            maxFrameSize: ProtocolLimits.inboundBytes, automaticErrorHandling: false,
            shouldUpgrade: { channel, _ in channel.eventLoop.makeSucceededFuture(HTTPHeaders()) },
            upgradePipelineHandler: { channel, _ in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(
                        WebSocketHandler(limits: ServerLimits(), turns: Turns(on: channel.eventLoop)) {
                            Echo(transport: $0)
                        })
                }
            })
        let server = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.configureHTTPServerPipeline(
                        withServerUpgrade: (upgraders: [upgrader], completionHandler: { _ in }))
                }
            }
            .bind(host: "127.0.0.1", port: port).get()
        // Not held back in a buffer: somebody waits for it.
        _ = write(STDOUT_FILENO, "listening\n", 10)
        try await server.closeFuture.get()
    }
}

/// A client that talks to itself.
private struct Echo: MessageReceiver {
    let transport: any ClientTransport
    let inboundLimit = ProtocolLimits.inboundBytes
    let isEstablished = true

    func receive(_ text: UnsafeBufferPointer<UInt8>) {
        guard String(validating: text, as: UTF8.self) != nil else { return close(.invalidText) }
        transport.send(Array(text), isDroppable: false)
    }

    func handshakeTimedOut() {}
    func close(_ reason: CloseReason) { transport.close(reason) }
    func closed() {}
}
