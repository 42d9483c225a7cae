import DevTools
import NIOCore
import NIOHTTP1
import NIOPosix
import PageServer
import Testing

/// Browsers that are reached over TLS, and with something that lets us in.
@Suite(.timeLimit(.minutes(5))) struct SecurityTests {
    /// A server that has no browser, and says so at /json/version only to whom it lets in.
    private static func open(
        _ text: String, trust: DevToolsTrust
    ) async throws -> DevToolsError? {
        await #expect(throws: DevToolsError.self) {
            try await DevToolsConnection.open(
                at: DevToolsAddress(text), on: .singletonMultiThreadedEventLoopGroup, trust: trust)
        }
    }

    private static let page: [String: PageServer.Content] = [
        "/json/version": .init(body: "{\"webSocketDebuggerUrl\":\"ws://elsewhere/devtools/browser/X\"}"),
        "/devtools/browser/X": .init(body: "", status: .imATeapot),
    ]

    @Test(arguments: ["localhost", "127.0.0.1"])
    func `one that is trusted is talked to, and TLS stays`(host: String) async throws {
        let server = try await PageServer.start(Self.page, certificate: .localhost)
        let trust = DevToolsTrust.certificates(TestCertificate.localhost.certificate)
        let port = server.port
        let found = try await Self.open("https://\(host):\(port)", trust: trust)
        #expect(
            found
                == .notDevTools(
                    "wss://\(host):\(port)/devtools/browser/X", reason: "it answered 418 to the WebSocket handshake"))
        let direct = try await Self.open("wss://\(host):\(port)/devtools/browser/X", trust: trust)
        #expect(direct == found)
        await server.stop()
    }

    @Test(arguments: ["https", "wss"])
    func `one that nobody vouches for is not talked to`(scheme: String) async throws {
        let server = try await PageServer.start(Self.page, certificate: .localhost)
        let error = try await Self.open("\(scheme)://localhost:\(server.port)", trust: .system)
        #expect(
            error?.description.contains("TLS failed, or its certificate is not trusted") == true,
            "\(String(describing: error))")
        await server.stop()
    }

    @Test func `one whose certificate is for another host is not talked to`() async throws {
        let server = try await PageServer.start(Self.page, certificate: .localhost)
        let trust = DevToolsTrust.certificates(TestCertificate.localhost.certificate)
        // The same place by an address that the certificate does not name.
        let error = try await Self.open("https://127.0.0.2:\(server.port)", trust: trust)
        #expect(error != nil)
        let wrong = try await Self.open("https://ip6-localhost:\(server.port)", trust: trust)
        #expect(wrong?.description.contains("418") == false)
        await server.stop()
    }

    @Test(arguments: [
        ("http", "GET /json/version?token=t"), ("ws", "GET /?token=t"),
    ])
    func `what lets us in is sent`(scheme: String, line: String) async throws {
        let (heads, continuation) = AsyncStream.makeStream(of: String.self)
        let server = try await Server.start { channel in
            channel.pipeline.addHandler(HeadReader(continuation))
        }
        _ = try await Self.open("\(scheme)://u:p@127.0.0.1:\(server.port)/?token=t", trust: .system)
        var iterator = heads.makeAsyncIterator()
        let head = try #require(await iterator.next())
        #expect(head.hasPrefix("\(line) HTTP/1.1\r\n"), "\(head)")
        #expect(head.lowercased().contains("\r\nauthorization: basic dtpw\r\n"), "\(head)")
        await server.stop()
    }
}

/// Tells of the first piece that comes, and hangs up.
private final class HeadReader: ChannelInboundHandler, Sendable {
    typealias InboundIn = ByteBuffer

    private let heads: AsyncStream<String>.Continuation

    init(_ heads: AsyncStream<String>.Continuation) { self.heads = heads }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        heads.yield(String(buffer: Self.unwrapInboundIn(data)))
        context.close(promise: nil)
    }
}
