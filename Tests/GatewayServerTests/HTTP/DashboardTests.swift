import Foundation
import JSON
import Testing

@testable import Gateway

/// What a browser sends for an address that somebody types.
private let browser = [
    "Accept: text/html,application/xhtml+xml,*/*;q=0.8", "Sec-Fetch-Dest: document", "Sec-Fetch-Mode: navigate",
    "Sec-Fetch-Site: none",
]

private func instance(_ controlUI: JSONObject) throws -> TestInstance {
    try TestInstance.withEndpoints(gateway: ["controlUi": .object(controlUI)])
}

extension HTTPAnswer {
    /// What stands between `start` and `end`, which stand in the body once.
    fileprivate func part(_ start: String, _ end: String) throws -> String {
        let rest = body.components(separatedBy: start)
        try #require(rest.count == 2, "\(start)")
        let part = rest[1].components(separatedBy: end)
        try #require(part.count == 2, "\(end)")
        return part[0]
    }
}

@Suite struct DashboardTests {
    @Test func `a browser that opens the gateway's address sees a page, and a program is answered as before`()
        async throws
    {
        let instance = try TestInstance()
        try await instance.serving { _ in
            let page = try await instance.get("/", headers: browser)
            #expect(page.status == 200)
            #expect(page.has("content-type: text/html; charset=utf-8"))
            #expect(page.body.hasPrefix("<!doctype html>"))
            try await #expect(instance.get("/?x=1", headers: ["Accept: text/html"]).body == page.body)
            let programs: [(String, [String])] = [
                ("GET", []), ("GET", ["Accept: application/json"]), ("GET", ["Accept: */*"]), ("HEAD", browser),
                ("POST", browser), ("GET", ["Accept: text/html", "Sec-Fetch-Dest: iframe"]),
                ("GET", ["Accept: text/html", "Sec-Fetch-Dest: empty"]),
            ]
            for (method, headers) in programs {
                let answer = try await instance.get("/", method: method, headers: headers)
                #expect(answer.status == 404, "\(method) \(headers)")
                if method != "HEAD" { #expect(answer.json?["error"]?["type"] == "not_found", "\(method) \(headers)") }
            }
            try await #expect(instance.get("/other", headers: browser).status == 404)
            try await #expect(instance.get("/", host: "evil.example", headers: browser).status == 421)
            let client = try await WebSocketClient(port: instance.port)
            #expect(client.isUpgraded)
        }
    }

    @Test func `the page may run its own script and nothing else, and no page may hold it`() async throws {
        let instance = try TestInstance()
        try await instance.serving { _ in
            let page = try await instance.get("/", headers: browser)
            // As it was sent: an answer's head is in lower case here, and hashes are not.
            let lines = try await instance.raw("/", headers: browser).components(separatedBy: "\r\n")
            let policy = try #require(lines.first { $0.hasPrefix("content-security-policy: ") })
            let parts = [("<script>", "</script>", "script-src"), ("<style>", "</style>", "style-src")]
            for (start, end, directive) in parts {
                let content = try page.part(start, end)
                #expect(content.count > 1000)
                #expect(policy.contains("\(directive) \(ContentHash.source(of: Array(content.utf8)));"))
            }
            #expect(policy.contains("default-src 'none'; "))
            for word in ["unsafe", "http:", "https:", "*", "'self'; script", "script-src 'self'"] {
                #expect(!policy.contains(word), "\(word)")
            }
            for line in [
                "x-frame-options: deny", "referrer-policy: no-referrer", "cross-origin-opener-policy: same-origin",
                "cross-origin-resource-policy: same-origin", "x-content-type-options: nosniff",
                "cache-control: no-store",
            ] { #expect(page.has(line), "\(line)") }
            for directive in [
                "base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'", "trusted-types 'none'",
                "require-trusted-types-for 'script'",
            ] { #expect(policy.contains(directive)) }
        }
    }

    @Test func `a hash in a policy is the one that browsers compute`() {
        // From CSP level 3, section 2.3.1 (the example with the script "alert('Hello, world.');").
        #expect(
            ContentHash.source(of: Array("alert('Hello, world.');".utf8))
                == "'sha256-qznLcsROx4GACP2dm0UCKCzCG+HiZ1guq6ZZDob/Tng='")
    }

    @Test func `the page takes nothing from elsewhere, puts no text in as markup, and is small`() async throws {
        let instance = try TestInstance()
        try await instance.serving { _ in
            let page = try await instance.get("/", headers: browser)
            #expect(page.body.utf8.count <= 25_000)
            let script = try page.part("<script>", "</script>")
            let words = [
                "innerHTML", "outerHTML", "insertAdjacent", "document.write", "eval(", "localStorage", "cookie =",
            ]
            for word in words {
                #expect(!script.contains(word), "\(word)")
            }
            let icon = "http://www.w3.org/2000/svg"
            #expect(page.body.components(separatedBy: icon).count == 2)
            #expect(!page.body.replacing(icon, with: "").contains(/(https?:)?\/\/[a-z]+\./))
            #expect(!page.body.contains(#/ (on[a-z]+|style)=/#))
        }
    }

    @Test func `another page takes its place, and none is served where none is wanted`() async throws {
        let root = FileManager.default.temporaryDirectory.appendingPathComponent("page-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: root, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: root) }
        try "another page".write(toFile: "\(root)/index.html", atomically: true, encoding: .utf8)
        let other = try instance(["root": .string(root)])
        try await other.serving { _ in try await #expect(other.get("/", headers: browser).body == "another page") }
        let none = try instance(["enabled": false])
        try await none.serving { _ in
            try await #expect(none.get("/", headers: browser).status == 404)
            let client = try await WebSocketClient(port: none.port)
            try await client.enter(ConnectRequest())
            let answer = try await client.call("dashboard.link")
            #expect(answer?["error"]?["message"]?.string?.contains("gateway.controlUi.enabled is false") == true)
        }
    }

    @Test func `the page has a path of its own where one is configured, and the root leads there`() async throws {
        let instance = try instance(["basePath": "/ui/main/"])
        try await instance.serving { _ in
            for path in ["/", "/ui/main"] {
                let answer = try await instance.get("\(path)?x=1", headers: browser)
                #expect(answer.status == 302)
                #expect(answer.has("location: /ui/main/?x=1"))
            }
            try await #expect(instance.get("/ui/main/", headers: browser).status == 200)
            try await #expect(instance.get("/ui/mainland/", headers: browser).status == 404)
            let client = try await WebSocketClient(port: instance.port)
            try await client.enter(ConnectRequest())
            try await #expect(client.call("dashboard.link")?["payload"]?["path"] == "/ui/main/")
        }
    }

    @Test func `what was refused is told, and what was served is not`() async throws {
        let instance = try TestInstance()
        try await instance.serving { _ in
            let client = try await WebSocketClient(port: instance.port)
            try await client.enter(ConnectRequest(scopes: ["operator.read"]))
            func refusals() async throws -> [JSON] {
                try await client.call("dashboard.refusals")?["payload"]?["refusals"]?.array ?? []
            }
            try await #expect(instance.get("/health").status == 200)
            try await #expect(instance.get("/", headers: browser).status == 200)
            try await #expect(instance.get("/nowhere").status == 404)
            try await #expect(refusals().isEmpty)
            try await #expect(instance.get("/health", host: "evil.example").status == 421)
            let stranger = ["X-Forwarded-For: 203.0.113.7", "Authorization: Bearer a-wrong-secret"]
            for _ in 1...2 { try await #expect(instance.get("/metrics", headers: stranger).status == 401) }
            let foreign = try await WebSocketClient(port: instance.port, headers: ["Origin: http://evil.example"])
            #expect(foreign.answer.hasPrefix("HTTP/1.1 403"))
            let guesser = try await WebSocketClient(port: instance.port)
            try guesser.send(ConnectRequest(token: "a-wrong-secret").json)
            while case .frame = try await guesser.hear() {}
            let told = try await refusals()
            #expect(told.map { $0["route"] } == ["connect", "websocket", "/metrics", "none"])
            #expect(told.map { $0["count"] } == [1, 1, 2, 1])
            #expect(told[0]["reason"]?.string?.hasPrefix("unauthorized: gateway token mismatch") == true)
            #expect(told[1]["reason"] == "a page of another origin may not connect")
            #expect(told[3]["reason"]?.string?.hasPrefix("this gateway answers to localhost only") == true)
            #expect(told.allSatisfy { $0["address"] == "127.0.0.1" })
            #expect(!told.contains { $0.text().contains("a-wrong-secret") })
        }
    }
}

extension TestInstance {
    /// The answer to a request for `path`, as it was sent.
    fileprivate func raw(_ path: String, headers: [String]) async throws -> String {
        let wire = try Wire(port: port)
        let lines = ["GET \(path) HTTP/1.1", "Host: localhost", "Connection: close"] + headers
        wire.send(lines.joined(separator: "\r\n") + "\r\n\r\n")
        return String(decoding: try await wire.readToEnd(), as: UTF8.self)
    }
}
