import Foundation
import Glibc
import JSON
import NIOPosix
import Testing

@testable import Browser

/// How browsers begin and end: each test has one of its own.
@Suite(
    .serialized, .timeLimit(.minutes(3)),
    .enabled(if: TestBrowser.isInstalled, "chromium-headless-shell is installed"))
struct BrowserLifeTests {
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

    @Test func `scripts are run only where that is configured`() async throws {
        try await TestBrowser.run { browser in
            try await browser.post("/navigate", ["url": TestBrowser.page("<p>page")])
            let refused = await browser.ask("POST", "/act", ["kind": "evaluate", "fn": "() => 1"])
            #expect(refused.status == 403)
            #expect(await browser.ask("POST", "/act", ["kind": "wait", "fn": "() => 1"]).status == 403)
        }
        try await TestBrowser.run {
            $0.hasNoSandbox = geteuid() == 0
            $0.mayEvaluate = true
        } _: { browser in
            try await browser.post("/navigate", ["url": TestBrowser.page("<button>b</button>")])
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
            try await #expect(browser.post("/navigate", ["url": TestBrowser.page("<p>again")])["ok"] == true)
            try await kill()
            let refused = await browser.ask("POST", "/navigate", ["url": TestBrowser.page("<p>no")])
            #expect(refused.status == 409)
            #expect(refused.body["error"]?.string?.contains("ended again") == true)
            try await browser.post("/start")
            try await #expect(browser.post("/navigate", ["url": TestBrowser.page("<p>yes")])["ok"] == true)
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
                async let first = one.post("/navigate", ["url": TestBrowser.page("<title>1</title>")])
                async let second = two.post("/navigate", ["url": TestBrowser.page("<title>2</title>")])
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
            try await browser.post("/navigate", ["url": TestBrowser.page("<p>held")])
            let sandbox = try await browser.get("/")["sandbox"]
            #expect(sandbox?["holds"] == true, "\(sandbox?.text() ?? "none")")
            #expect(sandbox?["renderers"]?.integer ?? 0 > 0)
        }
        try await TestBrowser.run { browser in
            try await browser.post("/navigate", ["url": TestBrowser.page("<p>not held")])
            try await #expect(browser.get("/")["sandbox"]?["holds"] == false)
            try await #expect(browser.get("/")["noSandbox"] == true)
        }
    }

    @Test func `a browser that hangs is told of, ended and started again once`() async throws {
        try await TestBrowser.run {
            $0.hasNoSandbox = geteuid() == 0
            $0.patience = .seconds(2)
        } _: { browser in
            try await browser.post("/start")
            let status = try await browser.get("/")
            #expect(status["cdpReady"] == true && status["memoryBytes"]?.integer ?? 0 > 10 << 20)
            func hang() async throws -> Int64 {
                let process = try #require(await browser.get("/")["pid"]?.integer)
                kill(Int32(process), SIGSTOP)
                return process
            }
            let first = try await hang()
            let hung = try await browser.get("/")
            #expect(hung["running"] == true && hung["cdpReady"] == false)
            try await #expect(browser.post("/navigate", ["url": TestBrowser.page("<p>again")])["ok"] == true)
            #expect(!TestBrowser.isAlive(group: first))
            _ = try await hang()
            let refused = await browser.ask("GET", "/snapshot")
            #expect(refused.status == 409)
            #expect(refused.body["error"]?.string?.contains("it did not answer within") == true)
            // Whoever asks for a start gets one.
            try await browser.post("/start")
            try await #expect(browser.get("/")["cdpReady"] == true)
        }
    }

    @Test func `what a killed browser left behind is in nobody's way, and one that lives is waited for`() async throws {
        try await TestBrowser.run { browser in
            let directory = "\(browser.state)/browser/clawd/user-data"
            let sockets = "\(browser.state)/.org.chromium.Chromium.x"
            for path in [directory, sockets] {
                try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
            }
            func leave(_ process: Int32) {
                #expect(symlink("elsewhere-\(process)", "\(directory)/SingletonLock") == 0)
                #expect(symlink("\(sockets)/SingletonSocket", "\(directory)/SingletonSocket") == 0)
                #expect(symlink("17", "\(directory)/SingletonCookie") == 0)
            }
            // A process that is there and has other user data.
            leave(getpid())
            try await browser.post("/start")
            #expect(access(sockets, F_OK) != 0)
            try await browser.post("/stop")
            let names = try FileManager.default.contentsOfDirectory(atPath: directory)
            #expect(!names.contains { $0.hasPrefix("Singleton") })
            // One that lives, and has this user data.
            var owner: pid_t = 0
            let texts = ["sh", "-c", "while :; do sleep 1; done", directory]
            let words: [UnsafeMutablePointer<CChar>?] = texts.map { strdup($0) } + [nil]
            defer { for word in words { free(word) } }
            #expect(posix_spawn(&owner, "/bin/sh", nil, nil, words, [nil]) == 0)
            leave(owner)
            async let start = browser.ask("POST", "/start")
            try await Task.sleep(for: .milliseconds(100))
            #expect(await browser.service.running("clawd") == nil)
            kill(owner, SIGKILL)
            #expect(waitpid(owner, nil, 0) == owner)
            #expect(await start.status == 200)
        }
    }

    @Test func `a port is opened only where one is asked for, and told of when it cannot be`() async throws {
        let taken = try Listener()
        try await TestBrowser.run {
            $0.hasNoSandbox = geteuid() == 0
            $0.profiles["open"] = .init(port: taken.port)
        } _: { browser in
            let refused = await browser.ask("POST", "/start", ["profile": "open"])
            #expect(refused.status == 503)
            #expect(
                refused.body["error"]?.string?.hasPrefix("port \(taken.port) is in use for profile \"open\"") == true)
            taken.close()
            try await browser.post("/start", ["profile": "open"])
            let status = try await browser.get("/", ["profile": "open"])
            #expect(status["cdpUrl"] == .string("http://127.0.0.1:\(taken.port)") && status["cdpHttp"] == true)
            let process = try #require(status["pid"]?.integer)
            #expect(!DevToolsPort.isFree(taken.port) && DevToolsPort.isOpen(taken.port))
            // Killed, it leaves no port behind.
            kill(Int32(process), SIGKILL)
            while TestBrowser.isAlive(group: process) { try await Task.sleep(for: .milliseconds(5)) }
            #expect(DevToolsPort.isFree(taken.port))
        }
    }
}
