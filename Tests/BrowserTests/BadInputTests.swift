import Browser
import Glibc
import JSON
import NIOCore
import NIOHTTP1
import PageServer
import Testing

/// Pages, tabs and browsers that do what they should not.
@Suite(
    .serialized, SharedBrowser(), .timeLimit(.minutes(3)),
    .enabled(if: TestBrowser.isInstalled, "chromium-headless-shell is installed"))
struct BadInputTests {
    @Test func `what cannot be opened says why, and the tab goes on`() async throws {
        let browser = try await SharedBrowser.fresh()
        let server = try await PageServer.start([
            "/": .init(body: "<p>fine"), "/loop": .init(body: "", headers: ["location": "/loop"], status: .found),
            "/slow": .init(body: "<p>so far", announced: 1000),
        ])
        let secret = try await PageServer.start(["/": .init(body: "secret")], certificate: .localhost)
        for (url, reason) in [
            (server.url("/loop"), "ERR_TOO_MANY_REDIRECTS"), (secret.url("/"), "ERR_CERT_AUTHORITY_INVALID"),
            ("http://127.0.0.1:1/", "ERR_"), ("http://name.invalid/", "ERR_NAME_NOT_RESOLVED"),
        ] {
            let answer = await browser.ask("POST", "/navigate", ["url": .string(url)])
            #expect(answer.status == 500)
            #expect(answer.body["error"]?.string?.contains(reason) == true, "\(url): \(answer.body.text())")
        }
        let slow = await browser.ask("POST", "/navigate", ["url": .string(server.url("/slow")), "timeoutMs": 300])
        #expect(slow.status == 500 && slow.body["error"]?.string?.contains("not loaded within") == true)
        try await browser.post("/navigate", ["url": .string(server.url("/"))])
        try await #expect(browser.get("/snapshot")["snapshot"]?.string?.contains("fine") == true)
        await server.stop()
        await secret.stop()
    }

    @Test func `tabs and refs that are not there say what to do`() async throws {
        let browser = try await SharedBrowser.fresh()
        try await browser.post("/navigate", ["url": TestBrowser.page("<button onclick='this.remove()'>Once</button>")])
        let ref = try await browser.ref("button", "Once")
        try await browser.post("/act", ["kind": "click", "ref": .string(ref)])
        let gone = await browser.ask("POST", "/act", ["kind": "click", "ref": .string(ref)])
        #expect(gone.status == 404 && gone.body["error"]?.string?.contains("Run a new snapshot") == true)
        let unknown = await browser.ask("POST", "/act", ["kind": "click", "ref": "e99"])
        #expect(unknown.body["error"]?.string?.hasPrefix("Unknown ref \"e99\". Run a new snapshot") == true)
        let tab = await browser.ask("POST", "/navigate", ["url": "about:blank", "targetId": "FFFF"])
        #expect(tab.status == 404 && tab.body["error"] == "tab not found: FFFF")
    }

    @Test func `a huge page is read in part`() async throws {
        let browser = try await SharedBrowser.fresh()
        let rows = String(repeating: "<li><a href=#>link</a>", count: 6000)
        let server = try await PageServer.start(["/": .init(body: "<ul>\(rows)</ul>")])
        try await browser.post("/navigate", ["url": .string(server.url("/"))])
        let snapshot = try await browser.get("/snapshot")
        #expect(snapshot["truncated"] == true && snapshot["snapshot"]?.string?.count ?? 0 <= 80_000)
        let list = try await browser.get("/snapshot", ["format": "aria"])
        #expect(list["nodes"]?.array?.count == 500)
        await server.stop()
    }

    @Test func `a page whose process dies says so until it is loaded anew`() async throws {
        let browser = try await SharedBrowser.fresh()
        try await browser.post("/navigate", ["url": TestBrowser.page("<p>alive")])
        let group = try #require(await browser.get("/")["pid"]?.integer)
        let renderers = TestBrowser.processes(ofGroup: group).filter { $0.arguments.contains("--type=renderer") }
        #expect(!renderers.isEmpty)
        for renderer in renderers { kill(renderer.id, SIGKILL) }
        var answer = await browser.ask("GET", "/snapshot")
        while answer.status == 200 { answer = await browser.ask("GET", "/snapshot") }
        while answer.status != 409 { answer = await browser.ask("GET", "/snapshot") }
        #expect(answer.body["error"]?.string?.contains("crashed; navigate it anew") == true)
        try await browser.post("/navigate", ["url": TestBrowser.page("<p>again")])
        try await #expect(browser.get("/snapshot")["snapshot"]?.string?.contains("again") == true)
    }
}

/// Browsers that run elsewhere, or say so.
@Suite(.timeLimit(.minutes(5))) struct RemoteBrowserTests {
    /// What is answered to a start of a profile at `address`.
    private func start(_ address: String, within time: Duration = .seconds(10)) async throws -> BrowserAnswer {
        var answer = BrowserAnswer(body: .null)
        try await TestBrowser.run {
            $0.profiles["far"] = .init(address: address)
            ($0.remoteTimeout, $0.remoteHandshakeTimeout, $0.patience) = (time, time, time)
        } _: { browser in
            answer = await browser.ask("POST", "/start", ["profile": "far"])
            #expect(await browser.ask("POST", "/navigate", ["profile": "far", "url": "about:blank"]).status == 503)
            let status = try await browser.get("/", ["profile": "far"])
            #expect(status["running"] == false && status["userDataDir"] == .null)
        }
        return answer
    }

    @Test(arguments: ["ws", "http"]) func `one that hangs is not waited for`(scheme: String) async throws {
        let server = try await Server.start { $0.eventLoop.makeSucceededVoidFuture() }
        let answer = try await start("\(scheme)://127.0.0.1:\(server.port)/", within: .milliseconds(200))
        #expect(answer.status == 503)
        #expect(answer.body["error"]?.string?.contains("did not answer within") == true, "\(answer.body.text())")
        await server.stop()
    }

    @Test func `one that lies is told`() async throws {
        for body in ["no JSON", "{\"webSocketDebuggerUrl\":\"ws://192.0.2.1/x\"}"] {
            let server = try await PageServer.start(["/json/version": .init(body: body)])
            let answer = try await start(server.url("/?token=secret"))
            #expect(answer.status == 503)
            #expect(answer.body["error"]?.string?.contains("is no browser's DevTools") == true, "\(answer.body.text())")
            #expect(answer.body["error"]?.string?.contains("secret") == false)
            await server.stop()
        }
    }

    @Test func `an address is shown without what lets one in`() {
        for (address, shown) in [
            ("wss://u:p@h:1/x?token=t", "wss://h:1/x"), ("http://h", "http://h"), ("http://a@b@h/x@y", "http://h/x@y"),
        ] {
            #expect(BrowserSettings.Profile(address: address).shownAddress == shown)
        }
        #expect(BrowserSettings.Profile(port: 5).shownAddress == "http://127.0.0.1:5")
    }
}
