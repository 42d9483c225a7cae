import Foundation
import GatewayServer
import JSON
import NIOCore
import Testing

@testable import Configuration
@testable import Gateway

private let prefix = "/__mazelclaw__/canvas"
private let path = "/__mazelclaw__/ws"

private func write(_ text: String, _ name: String, in instance: TestInstance) throws {
    try text.write(toFile: "\(instance.canvas)/\(name)", atomically: true, encoding: .utf8)
}

@Test func `pages of the canvas get a script before the end of their body, and nothing else does`() async throws {
    let instance = try TestInstance()
    try write("<html><BODY>hi</BODY></html>", "page.html", in: instance)
    try write("no body", "plain.html", in: instance)
    try write("</body>", "text.txt", in: instance)
    try await instance.serving { _ in
        let page = try await instance.get("\(prefix)/page.html")
        #expect(page.status == 200)
        #expect(page.body.hasPrefix("<html><BODY>hi<script>"))
        #expect(page.body.hasSuffix("</script></BODY></html>"))
        #expect(page.has("content-length: \(page.body.utf8.count)"))
        #expect(page.body.contains(path))
        let plain = try await instance.get("\(prefix)/plain.html")
        #expect(plain.body.hasPrefix("no body<script>"))
        try await #expect(instance.get("\(prefix)/text.txt").body == "</body>")
    }
}

@Test func `a page hears of every kind of change, also deep below`() async throws {
    let instance = try TestInstance()
    try FileManager.default.createDirectory(atPath: "\(instance.canvas)/a/b", withIntermediateDirectories: true)
    try await instance.serving { _ in
        let client = try await WebSocketClient(port: instance.port, path: path)
        try #require(client.isUpgraded)
        func hears() async throws -> Bool {
            let frame = try await client.rawFrame()
            return frame?.opcode == 1 && frame?.payload == Array("reload".utf8)
        }
        try write("one", "a/b/file.txt", in: instance)
        try await #expect(hears())
        try write("two and more", "a/b/file.txt", in: instance)
        try await #expect(hears())
        try FileManager.default.removeItem(atPath: "\(instance.canvas)/a/b/file.txt")
        try await #expect(hears())
    }
}

@Test func `a page that waits is let go when the gateway stops`() async throws {
    let instance = try TestInstance()
    var client: WebSocketClient?
    try await instance.serving { gateway in
        client = try await WebSocketClient(port: instance.port, path: path)
        // It is no client of the protocol.
        #expect(gateway.connectionCount == 0)
    }
    let frame = try await client?.rawFrame()
    #expect(frame?.opcode == 8)
    #expect(frame?.payload.prefix(2).reduce(0) { $0 << 8 | UInt16($1) } == 1012)
}

@Test func `a page's WebSocket keeps the rules of any other`() async throws {
    let instance = try TestInstance()
    var limits = ServerLimits()
    limits.ping = .milliseconds(20)
    try await instance.serving(limits: limits) { _ in
        func page() async throws -> WebSocketClient { try await WebSocketClient(port: instance.port, path: path) }
        func closed(_ client: WebSocketClient) async throws -> UInt16? {
            while let frame = try await client.rawFrame() {
                if frame.opcode == 8 { return frame.payload.prefix(2).reduce(0) { $0 << 8 | UInt16($1) } }
            }
            return nil
        }
        let plain = try await page()
        plain.frame(opcode: 1, Array("hi".utf8), isMasked: false)
        try await #expect(closed(plain) == 1002)
        let long = try await page()
        long.frame(opcode: 1, [UInt8](repeating: 0, count: 1025))
        try await #expect(closed(long) == 1009)
        // One that is not there any more is let go.
        let deaf = try await page()
        try await #expect(closed(deaf) == nil)
    }
}

@Test func `what a page says is of no interest, and the page stays`() async throws {
    let instance = try TestInstance()
    try await instance.serving { _ in
        let client = try await WebSocketClient(port: instance.port, path: path)
        client.frame(opcode: 1, Array("hi".utf8))
        client.frame(opcode: 9, [])
        try await #expect(client.rawFrame()?.opcode == 10)
        try write("<p>", "page.html", in: instance)
        try await #expect(client.rawFrame()?.opcode == 1)
    }
}

@Test func `more pages than may wait are told so, and seen in the metrics`() async throws {
    let instance = try TestInstance()
    try await instance.serving { gateway in
        var pages: [WebSocketClient] = []
        for _ in 1...64 { pages.append(try await WebSocketClient(port: instance.port, path: path)) }
        try await #expect(
            eventually { gateway.usage.all.first { $0.name == "live reload pages" }?.used() == 64 })
        let late = try await WebSocketClient(port: instance.port, path: path)
        #expect(late.answer.hasPrefix("HTTP/1.1 503"))
        #expect(gateway.limitTally.all.map(\.key.name) == ["live reload pages"])
        pages.removeLast()
        try await #expect(
            eventually { try await WebSocketClient(port: instance.port, path: path).isUpgraded })
    }
}

@Test func `live reload is for whom the canvas is for`() async throws {
    let instance = try TestInstance()
    let cases: [([String], Bool)] = [
        (["Origin: http://127.0.0.1:\(instance.port)"], true), (["Origin: http://evil.example"], false),
        (["X-Forwarded-For: 203.0.113.7"], false),
        (["X-Forwarded-For: 203.0.113.7", "Authorization: Bearer \(TestInstance.token)"], true),
    ]
    try await instance.serving { gateway in
        for (headers, isLetIn) in cases {
            let client = try await WebSocketClient(port: instance.port, path: path, headers: headers)
            #expect(client.isUpgraded == isLetIn, "\(headers)")
        }
        // A page of the canvas has no origin that anybody could name, and shows its ticket.
        let canvasPage: [(String, String, Bool)] = [
            ("TICKET", "null", true), ("wrong", "null", false), ("TICKET", "http://evil.example", false),
        ]
        for (ticket, origin, isLetIn) in canvasPage {
            let ticket = ticket.replacing("TICKET", with: gateway.canvasTicketText)
            let client = try await WebSocketClient(
                port: instance.port, path: "\(path)?ticket=\(ticket)", headers: ["Origin: \(origin)"])
            #expect(client.isUpgraded == isLetIn, "\(ticket) \(origin)")
            let other = try await WebSocketClient(
                port: instance.port, path: "/?ticket=\(ticket)", headers: ["Origin: \(origin)"])
            #expect(!other.isUpgraded)
        }
        let query = "\(path)?token=\(TestInstance.token)"
        let client = try await WebSocketClient(
            port: instance.port, path: query, headers: ["X-Forwarded-For: 203.0.113.7"])
        #expect(client.isUpgraded)
    }
}

@Test func `the canvas is where the configuration has it, live or not, or nowhere`() async throws {
    let elsewhere = FileManager.default.temporaryDirectory.appendingPathComponent("canvas-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: elsewhere, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: elsewhere) }
    try "there".write(toFile: "\(elsewhere)/page.html", atomically: true, encoding: .utf8)
    let moved = try TestInstance.withEndpoints(
        more: ["canvasHost": ["root": .string(elsewhere), "liveReload": false]])
    try await moved.serving { _ in
        try await #expect(moved.get("\(prefix)/page.html").body == "there")
        try await #expect(WebSocketClient(port: moved.port, path: path).answer.hasPrefix("HTTP/1.1 404"))
    }
    let off = try TestInstance.withEndpoints(more: ["canvasHost": ["enabled": false]])
    try await off.serving { _ in
        try await #expect(off.get("\(prefix)/").status == 404)
        try await #expect(WebSocketClient(port: off.port, path: path).answer.hasPrefix("HTTP/1.1 404"))
    }
    let relative = try TestInstance.withEndpoints(more: ["canvasHost": ["root": "canvas"]])
    #expect(throws: ConfigurationError.self) {
        try relative.configuration.requireStartable(allowsUnconfigured: false)
    }
}
