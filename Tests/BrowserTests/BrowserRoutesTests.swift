import Browser
import Glibc
import JSON
import NIOPosix
import Testing

/// The routes against a real Chromium, which all tests share.
@Suite(
    .serialized, SharedBrowser(), .timeLimit(.minutes(3)),
    .enabled(if: TestBrowser.isInstalled, "chromium-headless-shell is installed"))
struct BrowserRoutesTests {
    @Test func `a form is read, filled in and sent`() async throws {
        let browser = try await SharedBrowser.fresh()
        let opened = try await browser.post(
            "/tabs/open",
            [
                "url": TestBrowser.page(
                    """
                    <title>Form</title><h1>Order</h1>
                    <form onsubmit="event.preventDefault(); out.textContent =
                        [n.value, c.checked, s.value].join('|')">
                    <label>Name <input id=n value=old></label>
                    <label><input type=checkbox id=c> Agree</label>
                    <label>Size <select id=s><option value=s>Small<option value=l>Large</select></label>
                    <button>Send</button></form><p id=out></p>
                    """)
            ])
        let id = try #require(opened["targetId"]?.string)
        let snapshot = try await browser.get("/snapshot")
        let text = try #require(snapshot["snapshot"]?.string)
        #expect(text.contains("- heading \"Order\" [ref=e1] [level=1]"), "\(text)")
        #expect(text.contains("- textbox \"Name\""), "\(text)")
        #expect(text.contains(": \"old\""), "\(text)")
        #expect(text.contains("- button \"Send\""), "\(text)")
        let (name, agree) = (try await browser.ref("textbox", "Name"), try await browser.ref("checkbox", "Agree"))
        let (size, send) = (try await browser.ref("combobox", "Size"), try await browser.ref("button", "Send"))
        try await browser.post(
            "/act",
            [
                "kind": "fill",
                "fields": [
                    ["ref": .string(name), "value": "Käthe"],
                    ["ref": .string(agree), "type": "checkbox", "value": true],
                ],
            ])
        let chosen = try await browser.post(
            "/act", ["kind": "select", "ref": .string(size), "values": ["Large"]])
        #expect(chosen["selected"] == ["l"])
        try await browser.post("/act", ["kind": "click", "ref": .string(send)])
        try await browser.post("/act", ["kind": "wait", "text": "Käthe|true|l", "timeoutMs": 5000])
        try await browser.post(
            "/act", ["kind": "type", "ref": .string(name), "text": "Zoë + 1", "slowly": false, "submit": true])
        try await browser.post("/act", ["kind": "wait", "text": "Zoë + 1|true|l", "timeoutMs": 5000])
        try await browser.post("/act", ["kind": "press", "key": "Control+a"])
        try await browser.post(
            "/act", ["kind": "type", "ref": .string(name), "text": "ab+c", "slowly": true, "submit": true])
        try await browser.post("/act", ["kind": "wait", "text": "ab+c", "timeoutMs": 5000])
        try await #expect(browser.post("/act", ["kind": "close", "targetId": .string(id)])["ok"] == true)
    }

    @Test func `snapshots have limits, and refs go with them`() async throws {
        let browser = try await SharedBrowser.fresh()
        let rows = (1...300).map { "<li><a href='#\($0)'>Item \($0)</a>" }.joined()
        try await browser.post("/navigate", ["url": TestBrowser.page("<h1>List</h1><ul>\(rows)</ul>")])
        let whole = try await browser.get("/snapshot")
        #expect(whole["truncated"] == false)
        #expect(whole["refs"]?.object?.members.filter { $0.value["role"] == "link" }.count == 300)
        let cut = try await browser.get("/snapshot", ["maxChars": "500"])
        #expect(cut["truncated"] == true && cut["snapshot"]?.string?.count ?? 501 <= 500)
        let links = try await browser.get("/snapshot", ["interactive": "true", "maxChars": "1000000"])
        #expect(links["snapshot"]?.string?.split(separator: "\n").count == 300)
        #expect(links["snapshot"]?.string?.hasPrefix("- link \"Item 1\" [ref=e1]") == true)
        let list = try await browser.get("/snapshot", ["format": "aria", "limit": "10"])
        #expect(list["nodes"]?.array?.count == 10)
        #expect(list["nodes"]?.array?.first?["ref"] == "ax1")
        let stale = await browser.ask("POST", "/act", ["kind": "click", "ref": "e1"])
        #expect(stale.status == 404)
        #expect(
            stale.body["error"] == "Unknown ref \"e1\". Run a new snapshot and use a ref from that snapshot.")
        #expect(await browser.ask("GET", "/snapshot", query: ["format": "html"]).status == 400)
        // A page that was left holds no elements any more.
        let ref = try await browser.ref("link", "Item 1")
        try await browser.post("/navigate", ["url": TestBrowser.page("<p>elsewhere")])
        #expect(await browser.ask("POST", "/act", ["kind": "click", "ref": .string(ref)]).status == 404)
    }

    @Test func `pictures and documents are files of the instance's alone`() async throws {
        let browser = try await SharedBrowser.fresh()
        try await browser.post(
            "/navigate", ["url": TestBrowser.page("<body style='margin:0;height:3000px'><button id=b>Here</button>")])
        let button = try await browser.ref("button", "Here")
        for (body, start) in [
            ([:] as JSON, [0x89, 0x50, 0x4E, 0x47] as [UInt8]), (["fullPage": true], [0x89, 0x50, 0x4E, 0x47]),
            (["type": "jpeg"], [0xFF, 0xD8, 0xFF]), (["ref": .string(button)], [0x89, 0x50, 0x4E, 0x47]),
            (["element": "#b"], [0x89, 0x50, 0x4E, 0x47]),
        ] {
            let path = try #require(try await browser.post("/screenshot", body)["path"]?.string)
            try #expect(Self.start(of: path, isInside: browser.state).starts(with: start), "\(body.text())")
        }
        let path = try #require(try await browser.post("/pdf")["path"]?.string)
        try #expect(Self.start(of: path, isInside: browser.state).starts(with: Array("%PDF-".utf8)))
        #expect(await browser.ask("POST", "/screenshot", ["fullPage": true, "element": "#b"]).status == 400)
        #expect(await browser.ask("POST", "/screenshot", ["element": "#nowhere"]).status == 404)
    }

    private static func start(of path: String, isInside state: String) throws -> [UInt8] {
        #expect(path.hasPrefix("\(state)/media/browser/"))
        var status = stat()
        #expect(stat(path, &status) == 0 && status.st_mode & 0o777 == 0o600)
        let file = try #require(fopen(path, "r"))
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: 8)
        let count = fread(&bytes, 1, bytes.count, file)
        return Array(bytes.prefix(count))
    }

    @Test func `tabs are opened, found by the beginning of their ids, and closed`() async throws {
        let browser = try await SharedBrowser.fresh()
        let first = try await browser.post("/tabs/open", ["url": TestBrowser.page("<title>One</title>")])
        let second = try await browser.post("/tabs/open", ["url": TestBrowser.page("<title>Two</title>")])
        let (one, two) = (try #require(first["targetId"]?.string), try #require(second["targetId"]?.string))
        // The one it is started with is there too.
        try await #expect(browser.get("/tabs")["tabs"]?.array?.count == 3)
        try await #expect(browser.get("/snapshot")["targetId"] == .string(two))
        try await #expect(browser.post("/tabs/focus", ["targetId": .string(one)])["ok"] == true)
        try await #expect(browser.get("/snapshot")["targetId"] == .string(one))
        try await #expect(
            browser.get("/snapshot", ["targetId": String(two.prefix(20))])["targetId"] == .string(two))
        #expect(await browser.ask("GET", "/snapshot", query: ["targetId": "nobody"]).status == 404)
        #expect(await browser.ask("DELETE", "/tabs/\(two)").status == 200)
        #expect(await browser.ask("DELETE", "/tabs/\(two)").status == 404)
        let list = try await browser.post("/tabs/action", ["action": "list"])
        #expect(list["tabs"]?.array?.count == 2)
        try await #expect(
            browser.post("/tabs/action", ["action": "select", "index": 1])["targetId"] == .string(one))
        #expect(await browser.ask("POST", "/tabs/action", ["action": "select", "index": 2]).status == 400)
        for url in ["file:///etc/passwd", "chrome://settings", "javascript:1", "about:config", "x"] {
            #expect(await browser.ask("POST", "/tabs/open", ["url": .string(url)]).status == 400, "\(url)")
        }
    }

    @Test func `a tab has the title that its page has now`() async throws {
        let browser = try await SharedBrowser.fresh()
        let page = TestBrowser.page("<title>First</title><button onclick=\"document.title = 'Second'\">Go</button>")
        let tab = try await browser.post("/tabs/open", ["url": page])
        #expect(tab["title"] == "First")
        _ = try await browser.get("/snapshot")
        _ = try await browser.post("/act", ["kind": "click", "ref": "e1"])
        let listed = try await browser.get("/tabs")["tabs"]?.array?.first { $0["targetId"] == tab["targetId"] }
        #expect(listed?["title"] == "Second")
    }

    @Test func `what a page does is told`() async throws {
        let browser = try await SharedBrowser.fresh()
        try await browser.post(
            "/tabs/open",
            [
                "url": TestBrowser.page(
                    "<script>console.warn('careful', 7); alert('held up'); fetch('http://127.0.0.1:9/x').catch(() => {});"
                        + "setTimeout(() => { document.body.append('done'); throw new Error('broken') }, 0)</script>"
                )
            ])
        try await browser.post("/act", ["kind": "wait", "text": "done", "timeoutMs": 5000])
        // The browser tells of them when it does.
        var (messages, errors, requests): ([JSON], [JSON], [JSON]) = ([], [], [])
        repeat {
            messages = try await browser.get("/console")["messages"]?.array ?? []
            errors = try await browser.get("/errors")["errors"]?.array ?? []
            requests = try await browser.get("/requests", ["filter": "127.0.0.1:9"])["requests"]?.array ?? []
            await Task.yield()
        } while errors.isEmpty || requests.first?["failureText"] == nil
        #expect(messages.contains { $0["type"] == "warning" && $0["text"] == "careful 7" })
        #expect(messages.contains { $0["type"] == "dialog" && $0["text"] == "alert: held up" })
        #expect(errors.first?["message"]?.string?.contains("Error: broken") == true)
        #expect(requests.first?["method"] == "GET" && requests.first?["ok"] == false)
        try await #expect(browser.get("/errors", ["clear": "true"])["errors"]?.array?.count == 1)
        try await #expect(browser.get("/errors")["errors"] == [])
    }
}
