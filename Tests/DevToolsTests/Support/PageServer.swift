import NIOCore
import NIOHTTP1

/// Serves a test's pages on loopback.
final class PageServer: Sendable {
    /// What is served at a path.
    struct Content: Sendable {
        var body: String
        var headers: [String: String] = ["content-type": "text/html; charset=utf-8"]
        var status = HTTPResponseStatus.ok
    }

    private let server: Server
    /// The port, at 127.0.0.1, which is localhost too: to a browser those are two sites.
    var port: UInt16 { server.port }

    private init(_ server: Server) { self.server = server }

    /// Serves `pages` by path; `PORT` in a page becomes the server's.
    static func start(_ pages: [String: Content]) async throws -> PageServer {
        let server = try await Server.start { channel in
            channel.pipeline.configureHTTPServerPipeline().flatMapThrowing {
                try channel.pipeline.syncOperations.addHandler(PageHandler(pages))
            }
        }
        return PageServer(server)
    }

    func url(_ path: String, host: String = "127.0.0.1") -> String { "http://\(host):\(port)\(path)" }

    func stop() async { await server.stop() }
}

private final class PageHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private let pages: [String: PageServer.Content]

    init(_ pages: [String: PageServer.Content]) { self.pages = pages }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard case .head(let head) = Self.unwrapInboundIn(data) else { return }
        let path = String(head.uri.prefix { $0 != "?" })
        let page = pages[path] ?? PageServer.Content(body: "nothing here", status: .notFound)
        let port = context.channel.localAddress?.port ?? 0
        let body = page.body.split(separator: "PORT", omittingEmptySubsequences: false).joined(separator: "\(port)")
        var answer = HTTPResponseHead(version: .http1_1, status: page.status)
        for (name, value) in page.headers { answer.headers.add(name: name, value: value) }
        answer.headers.add(name: "content-length", value: "\(body.utf8.count)")
        context.write(Self.wrapOutboundOut(.head(answer)), promise: nil)
        context.write(Self.wrapOutboundOut(.body(.byteBuffer(ByteBuffer(string: body)))), promise: nil)
        context.writeAndFlush(Self.wrapOutboundOut(.end(nil)), promise: nil)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}
