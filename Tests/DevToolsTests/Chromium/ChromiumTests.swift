import DevTools
import Glibc
import JSON
import NIOCore
import NIOPosix
import PageServer
import Testing

/// Against a real Chromium.
@Suite(
    .serialized, .timeLimit(.minutes(2)),
    .enabled(if: Chromium.isInstalled, "chromium-headless-shell is installed"))
struct ChromiumTests {
    @Test func `it is driven over a pipe`() async throws {
        try await Chromium.run { chromium in
            let version = try await chromium.connection.browser.send(BrowserDomain.GetVersion())
            #expect(version.protocolVersion == "1.3")
            #expect(version.product.contains("Chrome/"))
            let (_, _, page) = try await chromium.page()
            #expect(try await page.evaluate("6 * 7") == 42)
            #expect(chromium.process.ended == nil)
        }
    }

    @Test func `it is driven over a WebSocket, which is found by asking`() async throws {
        try await Chromium.run(also: ["--remote-debugging-port=0"]) { chromium in
            // Written before anything is answered: the port, and the path of the WebSocket.
            _ = try await chromium.connection.browser.send(BrowserDomain.GetVersion())
            let lines = try #require(Chromium.read("\(chromium.directory)/DevToolsActivePort")).split(separator: "\n")
            for address in ["http://127.0.0.1:\(lines[0])", "ws://127.0.0.1:\(lines[0])\(lines[1])"] {
                let connection = try await DevToolsConnection.open(
                    at: DevToolsAddress(address), on: .singletonMultiThreadedEventLoopGroup)
                let targets = try await Targets.watch(connection)
                let page = try await targets.session(of: #require(targets.pages.first).id)
                #expect(try await page.evaluate("'a' + 'b'") == "ab")
                // Large in both directions.
                let text = String(repeating: "x", count: 8 << 20)
                #expect(try await page.evaluate("'\(text)'.length") == .integer(Int64(text.utf8.count)))
                #expect(try await page.evaluate("'x'.repeat(\(12 << 20))").string?.utf8.count == 12 << 20)
                await connection.close()
                #expect(connection.end == .disconnected(reason: "it was closed"))
            }
        }
    }

    @Test func `large messages go over a pipe both ways`() async throws {
        try await Chromium.run { chromium in
            let (_, _, page) = try await chromium.page()
            let text = String(repeating: "x", count: 8 << 20)
            #expect(try await page.evaluate("'\(text)'.length") == .integer(Int64(text.utf8.count)))
            #expect(try await page.evaluate("'x'.repeat(\(12 << 20))").string?.utf8.count == 12 << 20)
        }
    }

    @Test func `what a page throws is told`() async throws {
        try await Chromium.run { chromium in
            let (_, _, page) = try await chromium.page()
            await #expect(throws: DevToolsSession.Exception(text: "Uncaught no")) {
                try await page.evaluate("throw 'no'")
            }
            await #expect(throws: DevToolsError.self) { try await page.send("Nothing.atAll", [:]) }
            await #expect(
                throws: DevToolsError.refused(
                    method: "Page.enable", code: -32001, message: "Session with given id not found.")
            ) { try await chromium.connection.session(SessionID("nobody")).send(PageDomain.Enable()) }
        }
    }

    @Test func `pages come, change and go`() async throws {
        let server = try await PageServer.start(["/": .init(body: "<title>First</title>")])
        try await Chromium.run { chromium in
            let (targets, first, _) = try await chromium.page()
            let id = try await chromium.connection.browser.send(
                TargetDomain.CreateTarget(url: server.url("/")))
            let session = try await targets.session(of: id)
            #expect(
                try await targets.wait(forFramesOf: id, within: .seconds(20)) { $0.first?.info.url == server.url("/") })
            #expect(try await session.evaluate("document.readyState").string != nil)
            #expect(targets.pages.map(\.id).contains(first))
            let waiting = Task { try await session.send(RuntimeDomain.Evaluate("new Promise(() => {})")) }
            try await chromium.connection.browser.send(TargetDomain.CloseTarget(id))
            #expect(try await targets.waitForEnd(of: id, within: .seconds(20)))
            await #expect(throws: DevToolsError.self) { try await waiting.value }
            #expect(!targets.pages.contains { $0.id == id })
        }
        await server.stop()
    }

    @Test func `a frame of another site has a session of its own`() async throws {
        let server = try await PageServer.start([
            "/": .init(body: "<p>outer<iframe src='http://localhost:PORT/inner'></iframe>"),
            "/inner": .init(body: "<p id=x>inner<iframe src='/innermost'></iframe>"),
            "/innermost": .init(body: "<p id=x>innermost"),
        ])
        try await Chromium.run { chromium in
            let (targets, id, page) = try await chromium.page()
            try await page.open(server.url("/"))
            let isThere = try await targets.wait(forFramesOf: id, within: .seconds(20)) { frames in
                frames.map(\.info.url) == [
                    server.url("/"), server.url("/inner", host: "localhost"),
                    server.url("/innermost", host: "localhost"),
                ] && frames[1].session != frames[0].session
            }
            let frames = targets.frames(of: id)
            try #require(isThere, "\(frames)")
            #expect(frames[2].session == frames[1].session)
            let inner = chromium.connection.session(frames[1].session)
            #expect(try await inner.evaluate("document.getElementById('x').firstChild.data") == "inner")
            // Taken away, it is gone.
            _ = try await page.evaluate("document.querySelector('iframe').remove()")
            #expect(try await targets.wait(forFramesOf: id, within: .seconds(20)) { $0.count == 1 })
        }
        await server.stop()
    }

    @Test func `a dialog is answered`() async throws {
        try await Chromium.run { chromium in
            let (_, _, page) = try await chromium.page()
            let dialogs = page.events(of: [PageDomain.JavaScriptDialogOpening.method])
            async let answer = page.evaluate("prompt('name?', 'nobody')")
            let dialog = try #require(try await dialogs.next()?.as(PageDomain.JavaScriptDialogOpening.self))
            #expect([dialog.type, dialog.message, dialog.defaultPrompt] == ["prompt", "name?", "nobody"])
            try await page.send(PageDomain.HandleJavaScriptDialog(accepts: true, text: "Käthe"))
            #expect(try await answer == "Käthe")
        }
    }

    @Test func `a download is kept and told of`() async throws {
        let server = try await PageServer.start([
            "/": .init(body: "<a id=a href=/file>get</a>"),
            "/file": .init(
                body: "content",
                headers: ["content-type": "text/plain", "content-disposition": "attachment; filename=\"../x.txt\""]),
        ])
        try await Chromium.run { chromium in
            let (_, _, page) = try await chromium.page()
            let directory = "\(chromium.directory)/downloads"
            #expect(mkdir(directory, 0o700) == 0)
            try await chromium.connection.browser.send(
                BrowserDomain.SetDownloadBehavior(.keep(directory: directory)))
            let events = chromium.connection.browser.events(
                of: [BrowserDomain.DownloadWillBegin.method, BrowserDomain.DownloadProgress.method])
            try await page.open(server.url("/"))
            _ = try await page.evaluate("document.getElementById('a').click()")
            let begin = try #require(try await events.next()?.as(BrowserDomain.DownloadWillBegin.self))
            #expect(begin.url == server.url("/file"))
            while let event = try await events.next() {
                let progress = try #require(try event.as(BrowserDomain.DownloadProgress.self))
                #expect(progress.guid == begin.guid)
                guard progress.state != .inProgress else { continue }
                #expect(progress.state == .completed)
                break
            }
            #expect(Chromium.read("\(directory)/\(begin.guid)") == "content")
        }
        await server.stop()
    }

    @Test func `a page that crashes ends what waits for it, and can be loaded anew`() async throws {
        let server = try await PageServer.start(["/": .init(body: "<p>alive")])
        try await Chromium.run { chromium in
            let (targets, id, page) = try await chromium.page()
            try await page.open(server.url("/"))
            let waiting = Task { try await page.evaluate("new Promise(() => {})") }
            let crashes = chromium.connection.browser.events(of: [TargetDomain.TargetCrashed.method])
            let navigation = Task { try await page.send(PageDomain.Navigate(url: "chrome://crash")) }
            #expect(try await crashes.next()?.as(TargetDomain.TargetCrashed.self)?.target == id)
            await #expect(throws: DevToolsError.sessionEnded(method: "Runtime.evaluate")) { try await waiting.value }
            // Refused or ended, as it happens: the crash comes while it is on its way.
            _ = await navigation.result
            // It answers nothing before it has a process again.
            let loaded = page.events(of: [PageDomain.LoadEventFired.method])
            _ = try await page.send(PageDomain.Navigate(url: server.url("/")))
            _ = try #require(try await loaded.next())
            #expect(try await page.evaluate("document.body.innerText") == "alive")
            #expect(
                try await targets.wait(forFramesOf: id, within: .seconds(20)) { $0.first?.info.url == server.url("/") })
            #expect(!targets.hasCrashed(id))
        }
        await server.stop()
    }

    @Test func `a browser that is killed ends the connection, and nothing of it is left`() async throws {
        try await Chromium.run { chromium in
            let (_, _, page) = try await chromium.page()
            let waiting = Task { try await page.evaluate("new Promise(() => {})") }
            let events = chromium.connection.events(of: ["A.never"], in: .everywhere)
            kill(try #require(chromium.process.processID), SIGKILL)
            #expect(await chromium.process.waitForEnd() == .killed(signal: SIGKILL))
            #expect(Chromium.members(of: try #require(chromium.process.processID)) == [])
            let gone = DevToolsError.disconnected(reason: "the browser went away")
            #expect(await chromium.connection.waitForEnd() == gone)
            await #expect(throws: gone) { try await waiting.value }
            await #expect(throws: gone) { try await events.next() }
        }
    }

    @Test func `a browser ends when its connection does`() async throws {
        try await Chromium.run { chromium in
            _ = try await chromium.page()
            await chromium.connection.close()
            #expect(await chromium.process.waitForEnd() == .exited(code: 0))
        }
    }

    @Test func `a script that runs the browser ends with it`() async throws {
        try await Chromium.run(Chromium.script) { chromium in
            _ = try await chromium.page()
            #expect(Chromium.members(of: try #require(chromium.process.processID)).count > 2)
        }
    }

    @Test func `nothing that is open here is open in a browser but its pipes`() async throws {
        // A listener that is not closed by exec.
        let server = try await Server.start { $0.eventLoop.makeSucceededVoidFuture() }
        var template = Array("/tmp/devtools-script-XXXXXX".utf8CString)
        let script = mkstemp(&template)
        let path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        defer { unlink(path) }
        let text = "#!/bin/sh\necho \"open: $(echo /proc/$$/fd/*)\" >&2\n"
        #expect(write(script, text, text.utf8.count) == text.utf8.count && fchmod(script, 0o700) == 0)
        close(script)
        let process = try await BrowserProcess.start(
            BrowserProgram(executable: path, arguments: [], environment: ["PATH": "/usr/bin:/bin"]))
        #expect(await process.waitForEnd() == .exited(code: 0))
        await server.stop()
        var said = process.complaints
        while !said.contains("open:") {
            await Task.yield()
            said = process.complaints
        }
        let numbers = said.split(separator: " ").compactMap { $0.split(separator: "/").last.flatMap { Int($0) } }
        // The shell reads the directory from 5, and the script from 10.
        #expect(Set(numbers).isSubset(of: [0, 1, 2, 3, 4, 5, 10]) && numbers.contains(4), "\(said)")
    }

    @Test func `what cannot be started says why, and what fails says what it complained of`() async throws {
        await #expect(throws: DevToolsError.notStarted("/nowhere/chromium", reason: "No such file or directory")) {
            try await BrowserProcess.start(
                BrowserProgram(executable: "/nowhere/chromium", arguments: [], environment: [:]))
        }
        await #expect(throws: DevToolsError.self) {
            try await BrowserProcess.start(BrowserProgram(executable: "/bin/sh", arguments: ["a\0b"], environment: [:]))
        }
        let process = try await BrowserProcess.start(
            BrowserProgram(
                executable: "/bin/sh", arguments: ["-c", "true"], environment: ["PATH": "/usr/bin:/bin"]))
        let connection = try await process.connect(on: .singletonMultiThreadedEventLoopGroup)
        await #expect(throws: DevToolsError.self) {
            try await connection.browser.send(BrowserDomain.GetVersion())
        }
        #expect(await process.waitForEnd() == .exited(code: 2))
        #expect(process.complaints.contains("Illegal option"))
        await #expect(throws: DevToolsError.unreachable("its pipes", reason: "there is a connection already")) {
            _ = try await process.connect(on: .singletonMultiThreadedEventLoopGroup)
        }
    }

    @Test func `it is read, written to, pictured and printed`() async throws {
        let server = try await PageServer.start([
            "/": .init(
                body: """
                    <title>Form</title><h1>Hello</h1><label>Name <input id=n></label>
                    <button onclick="document.title = document.getElementById('n').value">Send</button>
                    """)
        ])
        try await Chromium.run { chromium in
            let (_, _, page) = try await chromium.page()
            try await page.open(server.url("/"))
            let found = try await page.send(
                RuntimeDomain.CallFunctionOn(
                    "function(...tags) { return [document.title, tags.map(tag => document.querySelector(tag))]; }",
                    on: .context(
                        page.send(
                            PageDomain.CreateIsolatedWorld(page.send(PageDomain.GetFrameTree())[0].id, name: "test"))),
                    [.value("input"), .value("button")], outcome: .parts(depth: 3, group: "test")))
            guard case .value(let object) = found else { throw Chromium.Fault.noDirectory }
            #expect(object.id != nil && object.parts?.elements?.first?.text == "Form")
            let elements = try #require(object.parts?.elements?.last?.elements)
            let nodes = elements.compactMap(\.backendNode)
            try #require(nodes.count == 2)
            try await page.send(DOMDomain.Focus(nodes[0]))
            try await page.send(InputDomain.InsertText("Grüße"))
            let node = nodes[1]
            try await page.send(DOMDomain.ScrollIntoViewIfNeeded(node))
            let place = try #require(try await page.send(DOMDomain.GetContentQuads(node)).first)
            let (x, y) = (place.x + place.width / 2, place.y + place.height / 2)
            try await page.send(InputDomain.DispatchMouseEvent(.mouseMoved, x: x, y: y))
            for kind in [InputDomain.DispatchMouseEvent.Kind.mousePressed, .mouseReleased] {
                try await page.send(
                    InputDomain.DispatchMouseEvent(kind, x: x, y: y, button: .left, clickCount: 1))
            }
            #expect(try await page.evaluate("document.title") == "Grüße")
            #expect(try await page.send(PageDomain.CaptureScreenshot()).hasPrefix("iVBORw0KGgo"))
            #expect(try await page.send(PageDomain.CaptureScreenshot(format: .jpeg, quality: 50)).hasPrefix("/9j/"))
            let stream = try await page.send(PageDomain.PrintToPDF())
            let piece = try await page.send(IODomain.Read(stream))
            #expect(piece.isBase64 && piece.data.hasPrefix("JVBERi0"))
            try await page.send(IODomain.Close(stream))
            let metrics = try await page.send(PageDomain.GetLayoutMetrics())
            #expect(metrics.visible.width > 100 && metrics.content.height > 0)
        }
        await server.stop()
    }
}
