import Foundation
import Glibc
import JSON
import PageServer
import Testing

@testable import Browser

/// Files that go to pages and come from them.
@Suite(
    .serialized, SharedBrowser(), .timeLimit(.minutes(3)),
    .enabled(if: TestBrowser.isInstalled, "chromium-headless-shell is installed"))
struct TransferTests {
    private static func attachment(_ name: String, _ body: String) -> PageServer.Content {
        PageServer.Content(
            body: body,
            headers: [
                "content-type": "application/octet-stream", "content-disposition": "attachment; filename=\"\(name)\"",
            ])
    }

    @Test func `a download is kept in the profile, whatever it is called, and none is written over`() async throws {
        let browser = try await SharedBrowser.fresh()
        let server = try await PageServer.start([
            "/": .init(
                body: """
                    <a href=/file>file</a><a href=/script download='../../../script.txt'>script</a><a href=/big>big</a>
                    """),
            "/file": Self.attachment("../../../../etc/x.txt", "content"),
            "/script": .init(body: "by script", headers: ["content-type": "text/plain"]),
            "/big": Self.attachment("big", String(repeating: "x", count: 2 << 20)),
        ])
        let directory = "\(browser.state)/browser/clawd/downloads"
        try await browser.post("/navigate", ["url": .string(server.url("/"))])
        let file = try await browser.ref("link", "file")
        for name in ["x.txt", "x (2).txt"] {
            let answer = try await browser.post("/act", ["kind": "download", "ref": .string(file)])
            let path = try #require(answer["download"]?["path"]?.string)
            // Chromium takes what stands before the name out, or puts it in.
            #expect(path.hasPrefix("\(directory)/") && path.hasSuffix(name), "\(path)")
            #expect(path.dropFirst(directory.count + 1).contains("/") == false)
            #expect(try String(contentsOfFile: path, encoding: .utf8) == "content")
            var status = stat()
            #expect(stat(path, &status) == 0 && status.st_mode & 0o777 == 0o600)
        }
        let script = try await browser.post(
            "/download", ["ref": .string(browser.ref("link", "script"))])["download"]
        let name = try #require(script?["path"]?.string?.split(separator: "/").last.map(String.init))
        #expect(script?["path"] == .string("\(directory)/\(name)") && name.hasSuffix("script.txt"))
        #expect(script?["receivedBytes"] == 9 && script?["state"] == "completed")
        let big = await browser.ask(
            "POST", "/download", ["ref": .string(try await browser.ref("link", "big"))])
        #expect(big.status == 500)
        #expect(big.body["error"]?.string?.hasSuffix("failed: it is larger than 1048576 bytes") == true)
        let list = try await browser.get("/downloads")
        #expect(list["directory"] == .string(directory))
        #expect(
            list["downloads"]?.array?.compactMap { $0["state"]?.string } == [
                "completed", "completed", "completed", "failed",
            ])
        // Nothing is left of what failed.
        #expect(list["files"]?.array?.count == 3)
        #expect(await browser.ask("DELETE", "/downloads/\(name)").status == 200)
        #expect(await browser.ask("DELETE", "/downloads/\(name)").status == 404)
        #expect(await browser.ask("DELETE", "/downloads/..").status == 404)
        #expect(await browser.ask("POST", "/download", ["ref": .string(file), "path": "/etc/x"]).status == 400)
        #expect(await browser.ask("POST", "/wait/download", ["timeoutMs": 50]).status == 500)
        await server.stop()
    }

    @Test func `what a browser puts in the place of its downloads leads nowhere`() async throws {
        try await TestBrowser.withState { state in
            let profile = ProfileDirectory(of: "clawd", in: state)
            let downloads = profile.path(.downloads)
            try profile.make(.downloads)
            for (name, directory) in [("kept", downloads), ("secret", state)] {
                try name.write(toFile: "\(directory)/\(name)", atomically: false, encoding: .utf8)
            }
            #expect(KeptFiles(of: profile).all.map(\.name) == ["kept"])
            let copy = try UploadedFile("\(downloads)/kept", from: [downloads], into: profile)
            #expect(try String(contentsOfFile: copy.path, encoding: .utf8) == "kept")
            #expect(copy.path.hasPrefix(profile.path(.uploads)) && copy.path.hasSuffix("/kept"))

            try FileManager.default.removeItem(atPath: downloads)
            try #require(symlink(state, downloads) == 0)
            #expect(KeptFiles(of: profile).all.isEmpty)
            #expect {
                try KeptFiles(of: profile).remove("secret")
            } throws: {
                ($0 as? BrowserFault)?.status == 404
            }
            for path in ["\(state)/secret", "\(downloads)/secret"] {
                #expect {
                    _ = try UploadedFile(path, from: [downloads], into: profile)
                } throws: {
                    ($0 as? BrowserFault)?.status == 403
                }
            }
            #expect(FileManager.default.fileExists(atPath: "\(state)/secret"))
        }
    }

    @Test func `files are given to inputs and to what opens a file chooser, and only those that may be`() async throws {
        let browser = try await SharedBrowser.fresh()
        let workspace = "\(browser.state)/workspace"
        try FileManager.default.createDirectory(atPath: workspace, withIntermediateDirectories: true)
        try "one".write(toFile: "\(workspace)/1.txt", atomically: false, encoding: .utf8)
        try "two".write(toFile: "\(workspace)/2.txt", atomically: false, encoding: .utf8)
        try "secret".write(toFile: "\(browser.state)/secret", atomically: false, encoding: .utf8)
        #expect(symlink("\(browser.state)/secret", "\(workspace)/link") == 0)
        let read = "Promise.all([...this.files].map(f => f.text().then(t => f.name + '=' + t)))"
        try await browser.post(
            "/navigate",
            [
                "url": TestBrowser.page(
                    """
                    <label>One <input type=file onchange="\(read).then(t => out.textContent = 'one ' + t)"></label>
                    <label>Many <input type=file id=m multiple
                        onchange="\(read).then(t => out.textContent = 'many ' + t)"></label>
                    <button onclick="m.click()">Choose</button><button>Nothing</button><p id=out></p>
                    """)
            ])
        let (one, choose) = (
            try await browser.ref("button", "One"), try await browser.ref("button", "Choose")
        )
        let nothing = try await browser.ref("button", "Nothing")
        func upload(_ ref: String, _ names: String...) async -> BrowserAnswer {
            let paths = names.map { JSON.string($0.hasPrefix("/") ? $0 : "\(workspace)/\($0)") }
            return await browser.ask(
                "POST", "/act",
                ["kind": "upload", "ref": .string(ref), "paths": .array(paths), "timeoutMs": 1000])
        }
        func expectText(_ text: String) async throws {
            try await browser.post("/act", ["kind": "wait", "text": .string(text), "timeoutMs": 5000])
        }
        #expect(await upload(one, "1.txt").status == 200)
        try await expectText("one 1.txt=one")
        #expect(await upload(choose, "1.txt", "2.txt").status == 200)
        try await expectText("many 1.txt=one,2.txt=two")
        #expect(await upload(one, "1.txt", "2.txt").body["error"] == .string("\"\(one)\" takes one file"))
        #expect(await upload(nothing, "1.txt").body["error"]?.string?.contains("no file chooser") == true)
        for path in ["link", "/etc/passwd", "\(browser.state)/secret", "../secret"] {
            #expect(await upload(one, path).status == 403, "\(path)")
        }
        #expect(await upload(one, "absent").status == 404)
        #expect(await upload(one, workspace).status == 403)
        #expect(await upload(one).status == 400)
        #expect(
            await browser.ask("POST", "/act", ["kind": "upload", "ref": .string(one), "paths": ["1.txt"]]).status == 400
        )
        // The next chooser that opens, whoever opens it; and an input by its selector.
        try await browser.post("/hooks/file-chooser", ["paths": [.string("\(workspace)/2.txt")]])
        try await browser.post("/act", ["kind": "click", "ref": .string(choose)])
        try await expectText("many 2.txt=two")
        try await browser.post(
            "/hooks/file-chooser", ["paths": [.string("\(workspace)/1.txt")], "element": "#m"])
        try await expectText("many 1.txt=one")
    }

    @Test(arguments: [
        ("a.txt", "a.txt"), ("../../a", "a"), ("/etc/passwd", "passwd"), ("C:\\x\\a.exe", "a.exe"), ("", "download"),
        ("..", "download"), (".bashrc", "bashrc"), ("a/..", "download"), (" a ", "a"), ("a\u{0}b\n\u{1B}c", "abc"),
        ("invoice\u{202E}fdp.exe", "invoicefdp.exe"), ("ä𝄞.tar", "ä𝄞.tar"),
        (String(repeating: "x", count: 300) + ".pdf", String(repeating: "x", count: 196) + ".pdf"),
    ])
    func `the name of a download leads nowhere`(suggestion: String, name: String) {
        #expect(DownloadName(suggestion).text == name)
    }

    @Test func `a number comes before the ending`() {
        #expect(DownloadName("a.tar.gz").numbered(2) == "a.tar (2).gz")
        #expect(DownloadName("none").numbered(10) == "none (10)")
    }
}

/// What needs a disk of its own.
@Suite(.timeLimit(.minutes(5)), .enabled(if: TestBrowser.isInstalled, "chromium-headless-shell is installed"))
struct FullDiskTests {
    /// Whether file systems can be mounted here.
    private static let canMount: Bool = {
        var template = Array("/tmp/browser-mount-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { return false }
        defer { rmdir(template) }
        guard mount("none", template, "tmpfs", 0, "size=64k") == 0 else { return false }
        return umount2(template, Int32(MNT_DETACH)) == 0
    }()

    @Test(.enabled(if: canMount, "file systems can be mounted"))
    func `a download that the disk has no room for says so, and nothing of it is left`() async throws {
        let server = try await PageServer.start([
            "/": .init(body: "<a href=/file>file</a>"),
            "/file": .init(
                body: String(repeating: "x", count: 1 << 20),
                headers: ["content-type": "application/octet-stream", "content-disposition": "attachment"]),
        ])
        try await TestBrowser.run { browser in
            let directory = "\(browser.state)/browser/clawd/downloads"
            try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
            #expect(mount("none", directory, "tmpfs", 0, "size=256k") == 0)
            defer { umount2(directory, Int32(MNT_DETACH)) }
            try await browser.post("/navigate", ["url": .string(server.url("/"))])
            let link = try await browser.ref("link", "file")
            let answer = await browser.ask("POST", "/download", ["ref": .string(link)])
            #expect(answer.status == 500)
            #expect(answer.body["error"]?.string?.contains("the disk is full") == true, "\(answer.body.text())")
            try await #expect(browser.get("/downloads")["files"] == [])
        }
        await server.stop()
    }
}
