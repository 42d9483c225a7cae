import Foundation
import GatewayServer
import JSON
import Testing

@testable import Configuration
@testable import Gateway

/// An instance that serves a page below `basePath`, and the directory with its files.
private func withPage(basePath: String? = nil, _ body: (TestInstance) async throws -> Void) async throws {
    let root = FileManager.default.temporaryDirectory.appendingPathComponent("page-\(UUID().uuidString)").path
    let files = FileManager.default
    try files.createDirectory(atPath: "\(root)/assets", withIntermediateDirectories: true)
    defer { try? files.removeItem(atPath: root) }
    try "the page".write(toFile: "\(root)/index.html", atomically: true, encoding: .utf8)
    try "code".write(toFile: "\(root)/assets/app.js", atomically: true, encoding: .utf8)
    try files.createSymbolicLink(atPath: "\(root)/link.txt", withDestinationPath: "/etc/passwd")
    var section: JSONObject = ["root": .string(root)]
    section["basePath"] = basePath.map(JSON.string)
    let gateway: JSON = [
        "mode": "local", "auth": ["token": .string(TestInstance.token)], "controlUi": .object(section),
    ]
    let instance = try TestInstance.withEndpoints(more: ["gateway": gateway])
    try await instance.serving { _ in try await body(instance) }
}

@Test func `a page is served to whatever nothing else is`() async throws {
    let cases: [(path: String, status: Int, body: String)] = [
        ("/", 200, "the page"), ("/?token=x", 200, "the page"), ("/chat/main", 200, "the page"),
        ("/assets/app.js", 200, "code"), ("/assets/none.js", 404, ""), ("/link.txt", 404, ""),
        ("/../etc/passwd", 400, ""), ("/%2e%2e/etc/passwd", 400, ""), ("/v1/chat/completions", 404, ""),
        ("/tools/none", 404, ""), ("/__mazelclaw__/none", 404, ""),
    ]
    try await withPage { instance in
        for (path, status, body) in cases {
            let answer = try await instance.get(path)
            #expect(answer.status == status, "\(path)")
            if !body.isEmpty { #expect(answer.body == body, "\(path)") }
        }
        let page = try await instance.get("/")
        #expect(page.has("x-frame-options: deny"))
        #expect(page.has("referrer-policy: no-referrer"))
        try await #expect(instance.get("/", method: "POST").status == 405)
        try await #expect(instance.get("/ready").json?["ready"] == true)
        let client = try await WebSocketClient(port: instance.port)
        #expect(client.isUpgraded)
    }
}

@Test func `a page may have a path of its own`() async throws {
    try await withPage(basePath: "ui/main/") { instance in
        let answer = try await instance.get("/ui/main?token=x")
        #expect(answer.status == 302)
        #expect(answer.has("location: /ui/main/?token=x"))
        try await #expect(instance.get("/ui/main/").body == "the page")
        try await #expect(instance.get("/ui/main/assets/app.js").body == "code")
        try await #expect(instance.get("/").status == 404)
        try await #expect(instance.get("/ui/mainland").status == 404)
    }
}

@Test(arguments: [#""controlUi": {"root": "relative"}"#, #""controlUi": {"root": "/a/../b"}"#])
func `what cannot be served as it is meant keeps the gateway from starting`(member: String) async throws {
    let instance = try TestInstance(
        configuration: #"{"gateway": {"mode": "local", "auth": {"token": "t"}, \#(member)}}"#)
    #expect(throws: ConfigurationError.self) {
        try instance.configuration.requireStartable(allowsUnconfigured: false)
    }
}
