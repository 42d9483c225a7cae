import NIOCore
package import NIOHTTP1
import NIOSSL

/// Serves a test's pages on loopback.
package final class PageServer: Sendable {
    /// What is served at a path.
    package struct Content: Sendable {
        /// What is sent.
        package var body: String
        /// The header fields.
        package var headers: [String: String]
        /// The status.
        package var status: HTTPResponseStatus
        /// How long it is said to be, in bytes; nil for as long as it is.
        package var announced: Int?

        /// A content, unless something else is said a page.
        package init(
            body: String, headers: [String: String] = ["content-type": "text/html; charset=utf-8"],
            status: HTTPResponseStatus = .ok, announced: Int? = nil
        ) {
            (self.body, self.headers, self.status, self.announced) = (body, headers, status, announced)
        }
    }

    private let server: Server
    private let scheme: String
    /// The port, at 127.0.0.1, which is localhost too: to a browser those are two sites.
    package var port: UInt16 { server.port }

    private init(_ server: Server, scheme: String) { (self.server, self.scheme) = (server, scheme) }

    /// Serves `pages` by path; `PORT` in a page becomes the server's. With `certificate` it speaks TLS.
    package static func start(
        _ pages: [String: Content], certificate: TestCertificate? = nil
    ) async throws -> PageServer {
        let context = try certificate.map { try NIOSSLContext(configuration: $0.configuration) }
        let server = try await Server.start { channel in
            channel.eventLoop.makeCompletedFuture {
                let pipeline = channel.pipeline.syncOperations
                if let context { try pipeline.addHandler(NIOSSLServerHandler(context: context)) }
                try pipeline.configureHTTPServerPipeline()
                try pipeline.addHandler(PageHandler(pages))
            }
        }
        return PageServer(server, scheme: context == nil ? "http" : "https")
    }

    /// The address of the page at `path`.
    package func url(_ path: String, host: String = "127.0.0.1") -> String { "\(scheme)://\(host):\(port)\(path)" }

    /// Takes no more connections.
    package func stop() async { await server.stop() }
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
        answer.headers.add(name: "content-length", value: "\(page.announced ?? body.utf8.count)")
        context.write(Self.wrapOutboundOut(.head(answer)), promise: nil)
        context.write(Self.wrapOutboundOut(.body(.byteBuffer(ByteBuffer(string: body)))), promise: nil)
        guard (page.announced ?? 0) <= body.utf8.count else { return context.flush() }
        context.writeAndFlush(Self.wrapOutboundOut(.end(nil)), promise: nil)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}
