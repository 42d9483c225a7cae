import DevTools
import JSON
import NIOPosix
import PageServer
import Testing

/// What is answered at /json/version.
@Suite(.timeLimit(.minutes(5))) struct DiscoveryTests {
    @Test(arguments: [
        ("nonsense", "no JSON"), ("[]", "names no webSocketDebuggerUrl"), ("{}", "names no webSocketDebuggerUrl"),
        ("{\"webSocketDebuggerUrl\":\"http://127.0.0.1:1/\"}", "is none"),
        ("{\"webSocketDebuggerUrl\":\"/devtools\"}", "is none"),
        (String(repeating: " ", count: 70_000) + "{}", "longer than 65536 bytes"),
    ])
    func `an answer that is no good is refused, with the reason`(body: String, reason: String) async throws {
        let server = try await PageServer.start(["/json/version": .init(body: body)])
        let error = await #expect(throws: DevToolsError.self) {
            try await DevToolsConnection.open(
                at: DevToolsAddress(server.url("")), on: .singletonMultiThreadedEventLoopGroup)
        }
        let description = try #require(error).description
        #expect(description.contains(reason), "\(description)")
        await server.stop()
    }

    @Test func `a WebSocket is looked for where the browser was asked, whatever host it names`() async throws {
        let server = try await PageServer.start([
            "/json/version": .init(body: "{\"webSocketDebuggerUrl\":\"ws://192.0.2.1:1/devtools/browser/X\"}")
        ])
        await #expect(
            throws: DevToolsError.notDevTools(
                "ws://127.0.0.1:\(server.port)/devtools/browser/X",
                reason: "it answered 404 to the WebSocket handshake")
        ) {
            try await DevToolsConnection.open(
                at: DevToolsAddress(server.url("")), on: .singletonMultiThreadedEventLoopGroup)
        }
        await server.stop()
    }

    @Test func `a page that is not there is no browser`() async throws {
        let server = try await PageServer.start([:])
        await #expect(
            throws: DevToolsError.notDevTools(
                "http://127.0.0.1:\(server.port)/", reason: "it answered 404 at /json/version")
        ) {
            try await DevToolsConnection.open(
                at: DevToolsAddress(server.url("/")), on: .singletonMultiThreadedEventLoopGroup)
        }
        await server.stop()
    }
}
