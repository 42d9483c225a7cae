import Browser
import Foundation
import Glibc
import JSON
import NIOPosix
import Testing

/// Browser profiles that are made, reset and deleted.
@Suite(
    .serialized, .timeLimit(.minutes(2)),
    .enabled(if: TestBrowser.isInstalled, "chromium-headless-shell is installed"))
struct ProfileTests {
    /// Keeps them for as long as the test lasts.
    private actor Store: ProfileStore {
        var kept: [String: BrowserSettings.Profile] = [:]

        func add(_ name: String, _ profile: BrowserSettings.Profile) async throws(BrowserFault) {
            kept[name] = profile
        }

        func remove(_ name: String) async throws(BrowserFault) {
            guard kept.removeValue(forKey: name) != nil else { throw BrowserFault(404, "not kept") }
        }
    }

    @Test func `a profile is made, in the words that clients of the original know`() async throws {
        let store = Store()
        let taken = try Listener()
        try await TestBrowser.run(store: store) {
            $0.devToolsPorts = taken.port...taken.port
        } _: { browser in
            let made = try await browser.post("/profiles/create", ["name": "work"])
            #expect(
                made == [
                    "ok": true, "profile": "work", "cdpPort": .null, "cdpUrl": .null, "color": "#0066CC",
                    "isRemote": false,
                ])
            let remote = try await browser.post(
                "/profiles/create",
                ["name": "far", "cdpUrl": "http://u:p@192.0.2.1:9222/x?token=t", "color": "00ff00"])
            #expect(remote["cdpUrl"] == "http://192.0.2.1:9222/x" && remote["isRemote"] == true)
            #expect(remote["color"] == "#00FF00")
            #expect(await store.kept["far"]?.address == "http://u:p@192.0.2.1:9222/x?token=t")
            let names = try await browser.get("/profiles")["profiles"]?.array?.compactMap { $0["name"]?.string }
            #expect(names == ["clawd", "far", "work"])
            for (body, status, text) in [
                ([:], 400, "name is required"), (["name": " "], 400, "name is required"),
                (["name": "Work"], 400, "invalid profile name: use lowercase letters, numbers, and hyphens only"),
                (["name": "../x"], 400, "invalid profile name: use lowercase letters, numbers, and hyphens only"),
                (["name": "-x"], 400, "invalid profile name: use lowercase letters, numbers, and hyphens only"),
                (
                    ["name": .string(String(repeating: "x", count: 65))], 400,
                    "invalid profile name: use lowercase letters, numbers, and hyphens only"
                ),
                (["name": "work"], 409, "profile \"work\" already exists"),
                (["name": "clawd"], 409, "profile \"clawd\" already exists"),
                (["name": "p", "cdpPort": "auto"], 507, "no available CDP ports in range"),
                (["name": "p", "color": "red"], 400, "color must be six hexadecimal digits, such as #0066CC"),
                (
                    ["name": "p", "driver": "extension"], 400,
                    "driver can be clawd; a browser is not driven through an extension here"
                ),
                (
                    ["name": "p", "cdpUrl": "http://u:p@192.0.2.1:9222/x?token=t"], 409,
                    "cdpUrl is that of profile \"far\" already"
                ),
            ] as [(JSON, Int, String)] {
                let answer = await browser.ask("POST", "/profiles/create", body)
                #expect(answer.status == status && answer.body == ["error": .string(text)], "\(body.text())")
            }
            #expect(await browser.ask("POST", "/profiles/create", ["name": "p", "cdpUrl": "x"]).status == 400)
            #expect(await browser.ask("POST", "/profiles/create", ["name": "p", "cdpPort": 80]).status == 400)
            #expect(await browser.ask("POST", "/profiles/create", ["name": "p", "cdpPort": 5000]).status == 400)
            for (name, status, text) in [
                ("nobody", 404, "profile \"nobody\" not found"), ("Work", 400, "invalid profile name"),
                (
                    "clawd", 400,
                    "cannot delete the default profile \"clawd\"; change browser.defaultProfile first"
                ),
            ] {
                let answer = await browser.ask("DELETE", "/profiles/\(name)")
                #expect(answer.status == status && answer.body == ["error": .string(text)], "\(name)")
            }
            #expect(await browser.ask("POST", "/reset-profile", ["profile": "far"]).status == 400)
            taken.close()
            let port = try await browser.post("/profiles/create", ["name": "p", "cdpPort": "auto"])
            #expect(port["cdpPort"] == .integer(Int64(taken.port)))
            #expect(await browser.ask("POST", "/profiles/create", ["name": "q", "cdpPort": "auto"]).status == 507)
        }
    }

    @Test func `a profile in use is ended first, and nothing but what is its own is removed`() async throws {
        let store = Store()
        try await TestBrowser.run(store: store) {
            $0.hasNoSandbox = geteuid() == 0
        } _: { browser in
            let outside = "\(browser.state)/outside"
            try FileManager.default.createDirectory(atPath: outside, withIntermediateDirectories: true)
            try "kept".write(toFile: "\(outside)/file", atomically: false, encoding: .utf8)
            try await browser.post("/profiles/create", ["name": "work"])
            func process() async throws -> Int64 {
                try await browser.post("/start", ["profile": "work"])
                return try #require(await browser.get("/", ["profile": "work"])["pid"]?.integer)
            }
            let directory = "\(browser.state)/browser/work"
            let first = try await process()
            try "kept".write(toFile: "\(directory)/downloads/file", atomically: false, encoding: .utf8)
            #expect(symlink(outside, "\(directory)/user-data/link") == 0)
            let reset = try await browser.post("/reset-profile", ["profile": "work"])
            #expect(reset["removed"] == true && reset["from"] == .string("\(directory)/user-data"))
            #expect(!TestBrowser.isAlive(group: first))
            #expect(access("\(directory)/user-data", F_OK) != 0 && access("\(directory)/downloads/file", F_OK) == 0)
            try await #expect(browser.post("/reset-profile", ["profile": "work"])["removed"] == false)
            let second = try await process()
            #expect(symlink(outside, "\(directory)/link") == 0)
            let deleted = await browser.ask("DELETE", "/profiles/work").body
            #expect(deleted == ["ok": true, "profile": "work", "deleted": true])
            #expect(!TestBrowser.isAlive(group: second))
            #expect(access(directory, F_OK) != 0 && access("\(outside)/file", F_OK) == 0)
            #expect(await store.kept.isEmpty)
            #expect(await browser.ask("POST", "/start", ["profile": "work"]).status == 404)
            // Where a link leads elsewhere nothing is made or removed.
            #expect(symlink(outside, directory) == 0)
            try await browser.post("/profiles/create", ["name": "work"])
            #expect(await browser.ask("POST", "/start", ["profile": "work"]).status == 503)
            #expect(await browser.ask("POST", "/reset-profile", ["profile": "work"]).status == 500)
            #expect(access("\(outside)/file", F_OK) == 0)
        }
    }

    @Test func `other profiles in the settings end only the browsers of those that are gone`() async throws {
        try await TestBrowser.run {
            $0.hasNoSandbox = geteuid() == 0
            $0.profiles["work"] = .init()
        } _: { browser in
            try await browser.post("/start")
            try await browser.post("/start", ["profile": "work"])
            let stays = try #require(await browser.get("/")["pid"]?.integer)
            let goes = try #require(await browser.get("/", ["profile": "work"])["pid"]?.integer)
            var settings = browser.service.settings
            settings.profiles["work"] = nil
            #expect(browser.service.adopt(settings))
            while TestBrowser.isAlive(group: goes) { try await Task.sleep(for: .milliseconds(5)) }
            try await #expect(browser.get("/")["pid"] == .integer(stays))
            #expect(await browser.ask("GET", "/", query: ["profile": "work"]).status == 404)
            settings.mayEvaluate = true
            #expect(!browser.service.adopt(settings))
        }
    }
}

/// Somebody who listens at a port of loopback.
final class Listener: Sendable {
    let port: UInt16
    private let descriptor: Int32

    init() throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        var own = sockaddr_in()
        own.sin_family = sa_family_t(AF_INET)
        own.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let (descriptor, size) = (descriptor, length)
        let fault = withUnsafeMutablePointer(to: &own) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { own in
                bind(descriptor, own, size) != 0 || listen(descriptor, 1) != 0
                    || getsockname(descriptor, own, &length) != 0
            }
        }
        try #require(!fault)
        port = own.sin_port.bigEndian
    }

    func close() { Glibc.close(descriptor) }
}
