import Browser
import Glibc
import JSON
import NIOPosix
import Testing

/// The routes against a real Chromium.
@Suite(
    .serialized, .timeLimit(.minutes(3)),
    .enabled(if: TestBrowser.isInstalled, "chromium-headless-shell is installed"))
struct BrowserRoutesTests {
    private static func page(_ html: String) -> JSON {
        // As an address: no server is needed.
        let digits = Array("0123456789ABCDEF".utf8)
        let text = html.utf8.flatMap { [UInt8(ascii: "%"), digits[Int($0 >> 4)], digits[Int($0 & 15)]] }
        return .string("data:text/html;charset=utf-8," + String(decoding: text, as: UTF8.self))
    }

    @Test func `it is started, tells how it is, and is stopped with all of its processes`() async throws {
        try await TestBrowser.run { browser in
            let before = try await browser.get("/")
            #expect(before["running"] == false && before["pid"] == .null && before["enabled"] == true)
            #expect(before["detectedExecutablePath"] == .string(TestBrowser.shell))
            #expect(await browser.ask("GET", "/snapshot").status == 409)
            try await #expect(browser.get("/tabs") == ["running": false, "tabs": []])
            try await browser.post("/start")
            let status = try await browser.get("/")
            #expect(status["running"] == true && status["tabs"] == 1 && status["headless"] == true)
            #expect(status["cdpPort"] == .null)
            #expect(status["userDataDir"] == .string("\(browser.state)/browser/clawd/user-data"))
            let process = try #require(status["pid"]?.integer)
            #expect(TestBrowser.isAlive(group: process))
            try await #expect(browser.get("/profiles")["profiles"]?.array?.first?["running"] == true)
            try await #expect(browser.post("/stop")["stopped"] == true)
            #expect(!TestBrowser.isAlive(group: process))
            try await #expect(browser.post("/stop")["stopped"] == false)
        }
    }

    @Test func `with other settings the browser that runs ends before another is started on its user data`()
        async throws
    {
        try await TestBrowser.run { browser in
            _ = try await browser.post("/start")
            let process = try #require(await browser.get("/")["pid"]?.integer)
            var settings = browser.service.settings
            settings.mayEvaluate = true
            let next = TestBrowser(
                service: BrowserService(
                    settings, on: .singletonMultiThreadedEventLoopGroup, after: browser.service), state: browser.state)
            let answer = await next.ask("POST", "/start")
            #expect(answer.status == 200, "\(answer.body.text())")
            #expect(!TestBrowser.isAlive(group: process))
            let successor = try #require(await next.get("/")["pid"]?.integer)
            await next.service.shutDown()
            #expect(!TestBrowser.isAlive(group: successor))
            #expect(await browser.ask("POST", "/start").status == 503)
        }
    }

    @Test func `a form is read, filled in and sent`() async throws {
        try await TestBrowser.run { browser in
            let opened = try await browser.post(
                "/tabs/open",
                [
                    "url": Self.page(
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
    }

    @Test func `snapshots have limits, and refs go with them`() async throws {
        try await TestBrowser.run { browser in
            let rows = (1...300).map { "<li><a href='#\($0)'>Item \($0)</a>" }.joined()
            try await browser.post("/navigate", ["url": Self.page("<h1>List</h1><ul>\(rows)</ul>")])
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
            try await browser.post("/navigate", ["url": Self.page("<p>elsewhere")])
            #expect(await browser.ask("POST", "/act", ["kind": "click", "ref": .string(ref)]).status == 404)
        }
    }

    @Test func `pictures and documents are files of the instance's alone`() async throws {
        try await TestBrowser.run { browser in
            try await browser.post(
                "/navigate", ["url": Self.page("<body style='margin:0;height:3000px'><button id=b>Here</button>")])
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
        try await TestBrowser.run { browser in
            let first = try await browser.post("/tabs/open", ["url": Self.page("<title>One</title>")])
            let second = try await browser.post("/tabs/open", ["url": Self.page("<title>Two</title>")])
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
    }

    @Test func `a tab has the title that its page has now`() async throws {
        try await TestBrowser.run { browser in
            let page = Self.page("<title>First</title><button onclick=\"document.title = 'Second'\">Go</button>")
            let tab = try await browser.post("/tabs/open", ["url": page])
            #expect(tab["title"] == "First")
            _ = try await browser.get("/snapshot")
            _ = try await browser.post("/act", ["kind": "click", "ref": "e1"])
            let listed = try await browser.get("/tabs")["tabs"]?.array?.first { $0["targetId"] == tab["targetId"] }
            #expect(listed?["title"] == "Second")
        }
    }

    @Test func `what a page does is told`() async throws {
        try await TestBrowser.run { browser in
            try await browser.post(
                "/tabs/open",
                [
                    "url": Self.page(
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

    @Test func `scripts are run only where that is configured`() async throws {
        try await TestBrowser.run { browser in
            try await browser.post("/navigate", ["url": Self.page("<p>page")])
            let refused = await browser.ask("POST", "/act", ["kind": "evaluate", "fn": "() => 1"])
            #expect(refused.status == 403)
            #expect(await browser.ask("POST", "/act", ["kind": "wait", "fn": "() => 1"]).status == 403)
        }
        try await TestBrowser.run {
            $0.hasNoSandbox = geteuid() == 0
            $0.mayEvaluate = true
        } _: { browser in
            try await browser.post("/navigate", ["url": Self.page("<button>b</button>")])
            try await #expect(browser.post("/act", ["kind": "evaluate", "fn": "() => 6 * 7"])["result"] == 42)
            let button = try await browser.ref("button", "b")
            let text = try await browser.post(
                "/act", ["kind": "evaluate", "fn": "e => e.outerHTML", "ref": .string(button)])
            #expect(text["result"] == "<button>b</button>")
            #expect(await browser.ask("POST", "/act", ["kind": "evaluate", "fn": "() => { throw 1 }"]).status == 400)
        }
    }

    @Test func `a browser that dies is started again once, and then that is told`() async throws {
        try await TestBrowser.run { browser in
            try await browser.post("/start")
            func kill() async throws {
                let process = try #require(try await browser.get("/")["pid"]?.integer)
                Glibc.kill(Int32(process), SIGKILL)
                while try await browser.get("/")["running"] == true { await Task.yield() }
            }
            try await kill()
            try await #expect(browser.get("/")["lastError"]?.string?.contains("went away") == true)
            try await #expect(browser.post("/navigate", ["url": Self.page("<p>again")])["ok"] == true)
            try await kill()
            let refused = await browser.ask("POST", "/navigate", ["url": Self.page("<p>no")])
            #expect(refused.status == 409)
            #expect(refused.body["error"]?.string?.contains("ended again") == true)
            try await browser.post("/start")
            try await #expect(browser.post("/navigate", ["url": Self.page("<p>yes")])["ok"] == true)
        }
    }

    @Test func `what cannot be meant is refused`() async throws {
        try await TestBrowser.run { browser in
            #expect(await browser.ask("GET", "/nothing").status == 404)
            #expect(await browser.ask("PUT", "/start").status == 404)
            #expect(await browser.ask("GET", "/", query: ["profile": "nobody"]).status == 404)
            #expect(await browser.ask("POST", "/start", ["profile": 1]).status == 400)
            #expect(await browser.ask("POST", "/start", []).status == 400)
            #expect(await browser.ask("POST", "/act", ["kind": "click"]).status == 409)
            try await browser.post("/start")
            #expect(await browser.ask("POST", "/act", ["kind": "dance"]).status == 400)
            #expect(await browser.ask("POST", "/act", ["kind": "click"]).status == 400)
            #expect(await browser.ask("POST", "/navigate", ["url": "http://127.0.0.1:1/"]).status == 500)
            let gone = await browser.ask("POST", "/act", ["kind": "wait", "text": "never", "timeoutMs": 100])
            #expect(gone.status == 500)
        }
    }

    @Test func `a browser that cannot be started says why`() async throws {
        try await TestBrowser.run {
            $0.executable = "/nowhere"
        } _: { browser in
            let answer = await browser.ask("POST", "/start")
            #expect(answer.status == 503)
            #expect(answer.body["error"]?.string?.contains("browser.executablePath") == true)
            try await #expect(browser.get("/")["detectError"]?.string?.contains("/nowhere") == true)
        }
        try await TestBrowser.run {
            $0.executable = "/bin/false"
        } _: { browser in
            let answer = await browser.ask("POST", "/start")
            #expect(answer.status == 503)
            #expect(answer.body["error"] == "/bin/false exited with code 1")
        }
        try await TestBrowser.run {
            $0.isEnabled = false
        } _: { browser in
            #expect(await browser.ask("POST", "/start").status == 403)
        }
    }

    @Test func `two instances side by side have nothing in common`() async throws {
        try await TestBrowser.run { one in
            try await TestBrowser.run { two in
                async let first = one.post("/navigate", ["url": Self.page("<title>1</title>")])
                async let second = two.post("/navigate", ["url": Self.page("<title>2</title>")])
                _ = try await (first, second)
                let (here, there) = (try await one.get("/"), try await two.get("/"))
                #expect(here["pid"] != there["pid"])
                #expect(here["userDataDir"] != there["userDataDir"])
                try await #expect(one.get("/tabs")["tabs"]?.array?.contains { $0["title"] == "2" } == false)
            }
            try await #expect(one.get("/")["running"] == true)
        }
    }

    @Test(.enabled(if: geteuid() == 0, "run by root, which can become nobody"))
    func `Chromium's own sandbox holds, and the status says so`() async throws {
        try await TestBrowser.run { settings in
            // Root may not have one; nobody may.
            let script = "\(settings.stateDirectory)/as-nobody"
            let file = try #require(fopen(script, "w"))
            fputs(
                "#!/bin/sh\nexec setpriv --reuid=65534 --regid=65534 --clear-groups \(TestBrowser.shell) \"$@\"\n", file
            )
            fclose(file)
            #expect(chmod(script, 0o755) == 0)
            #expect(chown(settings.stateDirectory, 65534, 65534) == 0)
            for directory in ["browser", "browser/clawd", "browser/clawd/user-data"] {
                let path = "\(settings.stateDirectory)/\(directory)"
                #expect(mkdir(path, 0o700) == 0 && chown(path, 65534, 65534) == 0)
            }
            settings.executable = script
        } _: { browser in
            try await browser.post("/navigate", ["url": Self.page("<p>held")])
            let sandbox = try await browser.get("/")["sandbox"]
            #expect(sandbox?["holds"] == true, "\(sandbox?.text() ?? "none")")
            #expect(sandbox?["renderers"]?.integer ?? 0 > 0)
        }
        try await TestBrowser.run { browser in
            try await browser.post("/navigate", ["url": Self.page("<p>not held")])
            try await #expect(browser.get("/")["sandbox"]?["holds"] == false)
            try await #expect(browser.get("/")["noSandbox"] == true)
        }
    }
}
