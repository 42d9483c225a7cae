import Foundation
import GatewayServer
import JSON
import NIOCore
import Testing

@testable import Gateway

@Test func `health names the profile and the instance, ready says so`() async throws {
    let instance = try TestInstance()
    try await instance.serve { _ in
        let health = try await instance.get("/health")
        #expect(health.status == 200)
        #expect(health.has("content-type: application/json"))
        #expect(health.json?["ok"] == true)
        #expect(health.json?["profile"] == "test")
        #expect(health.json?["port"]?.integer == Int64(instance.port))
        #expect(health.json?["instanceId"]?.string?.isEmpty == false)
        try await #expect(instance.get("/ready").json == ["ok": true, "ready": true])
        try await #expect(instance.get("/health?x=1").status == 200)
    }
}

/// A request that is refused, and with which status.
private let refused: [(String, Int)] = [
    ("GET /nowhere HTTP/1.1\r\nHost: localhost\r\n", 404),
    ("POST /health HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n", 405),
    ("DELETE /__mazelclaw__/canvas/ HTTP/1.1\r\nHost: localhost\r\n", 405),
    ("GET /health HTTP/1.1\r\n", 400),
    ("GET /health HTTP/1.1\r\nHost: localhost\r\nHost: localhost\r\n", 400),
    ("GET /health HTTP/1.1\r\nHost: evil.example\r\n", 421),
    ("GET /health HTTP/1.1\r\nHost: 192.168.1.10\r\n", 421),
    ("GET /health HTTP/1.1\r\nHost: localhost.evil.example\r\n", 421),
    ("GET /health HTTP/1.1\r\nHost: foo.ts.net\r\n", 421),
    ("GET /health HTTP/1.1\r\nHost: localhost:80@evil\r\n", 400),
    ("GET /health HTTP/1.1\r\nHost: [::1]evil\r\n", 400),
    ("GET /health HTTP/1.1\r\nHost: localhost:99999\r\n", 400),
    ("GET /health HTTP/1.1\r\nHost: localhost\r\nOrigin: http://localhost\r\nOrigin: http://evil.example\r\n", 400),
    ("GET /health HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer a\r\nAuthorization: Bearer b\r\n", 400),
    ("GET http://localhost/health HTTP/1.1\r\nHost: localhost\r\n", 400),
    ("NONSENSE\r\n", 400),
    ("GET /health HTTP/1.1\r\nHost: localhost\r\nbad header\r\n", 400),
    ("GET /health HTTP/1.1\r\nHost: localhost\r\nX: \(String(repeating: "x", count: 20_000))\r\n", 431),
    ("GET /health HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: upgrade\r\n", 426),
    (
        "POST /health HTTP/1.1\r\nHost: localhost\r\nContent-Length: 70000\r\n\r\n\(String(repeating: "x", count: 70_000))",
        413
    ),
]

@Test(arguments: refused)
func `a request that cannot be served gets the status that says why`(request: String, status: Int) async throws {
    let instance = try TestInstance()
    try await instance.serve { _ in
        let closing = request.hasSuffix("\r\n") ? request + "Connection: close\r\n\r\n" : request
        let answer = try await instance.exchange(closing)
        #expect(answer.status == status)
        #expect(answer.json?["ok"] == false)
    }
}

@Test(arguments: ["localhost", "LOCALHOST:1", "localhost:", "127.0.0.1", "[::1]", "[::1]:80"])
func `a request for this host is served, however that is spelled`(host: String) async throws {
    let instance = try TestInstance()
    try await instance.serve { _ in try await #expect(instance.get("/health", host: host).status == 200) }
}

@Test func `names of a tailnet are answered where one is configured`() async throws {
    let instance = try TestInstance.withEndpoints(gateway: ["tailscale": ["mode": "serve"]])
    try await instance.serving { _ in
        try await #expect(instance.get("/metrics", host: "foo.ts.net").status == 200)
        let others = ["X-Forwarded-For: 100.64.0.7"]
        try await #expect(instance.get("/metrics", host: "foo.ts.net", headers: others).status == 401)
        try await #expect(instance.get("/metrics", host: "foo.example").status == 421)
    }
}

@Test(
    arguments: [
        (["Transfer-Encoding: gzip, chunked"], 501), (["Transfer-Encoding: gzip", "Transfer-Encoding: chunked"], 501),
        (["Transfer-Encoding: chunked"], 404),
        (["Transfer-Encoding: Chunked"], 404), (["Content-Length: 14"], 404),
    ] as [([String], Int)])
func `content comes as it is or in chunks, and the connection ends after any other`(
    headers: [String], status: Int
) async throws {
    let instance = try TestInstance()
    try await instance.serve { _ in
        let content = #"{"tool": "x"}"#
        let isChunked = headers.contains { $0.lowercased().hasPrefix("transfer") }
        let body = isChunked ? "d\r\n\(content)\r\n0\r\n\r\n" : content + " "
        let lines =
            ["POST /tools/invoke HTTP/1.1", "Host: localhost", "Authorization: Bearer \(TestInstance.token)"]
            + headers + (status == 501 ? [] : ["Connection: close"])
        let answer = try await instance.exchange(lines.joined(separator: "\r\n") + "\r\n\r\n" + body)
        #expect(answer.status == status, "\(answer.head)")
        #expect(answer.has("connection: close"))
    }
}

@Test(
    arguments: [
        ("dGhlIHNhbXBsZSBub25jZQ==", [], "101"), ("abc", [], "400"), ("", [], "400"),
        ("dGhlIHNhbXBsZSBub25jZQ=", [], "400"), ("dGhlIHNhbXBsZSBub25jZQ===", [], "400"),
        ("dGhlIHNhbXBsZSBub25jZSE9dGhl", [], "400"), ("dGhlIHNhbXBsZSBub25jZ*==", [], "400"),
        ("dGhlIHNhbXBsZSBub25jZQ==", ["Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA=="], "400"),
        ("dGhlIHNhbXBsZSBub25jZQ==", ["Origin: http://127.0.0.1:PORT", "Origin: http://evil.example"], "400"),
        ("dGhlIHNhbXBsZSBub25jZQ==", ["Origin: http://evil.example", "Origin: http://127.0.0.1:PORT"], "400"),
        ("dGhlIHNhbXBsZSBub25jZQ==", ["Origin: http://127.0.0.1:PORT"], "101"),
        ("dGhlIHNhbXBsZSBub25jZQ==", ["Origin: null"], "403"),
    ] as [(String, [String], String)])
func `a WebSocket is for one page of ours, or a program, with a key that is one`(
    key: String, headers: [String], status: String
) async throws {
    let instance = try TestInstance()
    try await instance.serve { _ in
        let headers = headers.map { $0.replacing("PORT", with: "\(instance.port)") }
        let client = try await WebSocketClient(port: instance.port, headers: headers, key: key)
        #expect(client.answer.hasPrefix("HTTP/1.1 \(status)"), "\(client.answer)")
    }
}

@Test func `a wrong method is told the right ones`() async throws {
    let instance = try TestInstance()
    try await instance.serve { _ in
        try await #expect(instance.get("/health", method: "PUT").has("allow: get, head"))
    }
}

@Test func `HEAD has the head and no body`() async throws {
    let instance = try TestInstance()
    try await instance.serve { _ in
        let head = try await instance.get("/ready", method: "HEAD")
        #expect(head.status == 200)
        #expect(head.has("content-length: 24"))
        #expect(head.body.isEmpty)
    }
}

@Test func `requests sent together are answered in order on one connection`() async throws {
    let instance = try TestInstance()
    try await instance.serve { _ in
        let wire = try Wire(port: instance.port)
        wire.send(
            "GET /ready HTTP/1.1\r\nHost: localhost\r\n\r\nGET /nowhere HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
        )
        let text = String(decoding: try await wire.readToEnd(), as: UTF8.self)
        let statuses = text.components(separatedBy: "HTTP/1.1 ").dropFirst().map { $0.prefix(3) }
        #expect(statuses == ["200", "404"])
    }
}

@Test(arguments: [
    "", "GET /health HTTP/1.1\r\nHost: loc", "POST /x HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\nabc",
])
func `a slow or silent client is let go`(start: String) async throws {
    let instance = try TestInstance()
    var limits = ServerLimits()
    // Long enough for the head to come within it, also on a busy machine.
    limits.request = .seconds(2)
    try await instance.serve(limits: limits) { _ in
        let wire = try Wire(port: instance.port)
        wire.send(start)
        let answer = HTTPAnswer(try await wire.readToEnd())
        #expect(answer.status == (start.hasPrefix("POST") ? 408 : 0))
    }
}

@Test func `when all connections are taken, the oldest that showed no secret makes room`() async throws {
    let instance = try TestInstance()
    var limits = ServerLimits()
    limits.connections = 3
    try await instance.serving(limits: limits) { gateway in
        let session = try await WebSocketClient(port: instance.port)
        try await session.enter(ConnectRequest())
        var wires: [Wire] = []
        for _ in 1...2 {
            let wire = try Wire(port: instance.port)
            wire.send("GET /ready HTTP/1.1\r\nHost: localhost\r\n\r\n")
            try await #expect(wire.read(through: "\r\n\r\n")?.hasPrefix("HTTP/1.1 200") == true)
            _ = try await wire.read(24)
            wires.append(wire)
        }
        try await #expect(instance.get("/ready").status == 200)
        try await #expect(wires[0].readToEnd() == [])
        // The others are none the worse.
        wires[1].send("GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n")
        try await #expect(wires[1].read(through: "\r\n\r\n")?.hasPrefix("HTTP/1.1 200") == true)
        try await #expect(session.call("health")?["ok"] == true)
        #expect(gateway.limitTally.all.map(\.key.outcome) == ["closed for another"])
    }
}

@Test func `when those who showed a secret have all connections, new ones are turned away until one leaves`()
    async throws
{
    let instance = try TestInstance()
    var limits = ServerLimits()
    limits.connections = 3
    try await instance.serving(limits: limits) { _ in
        var clients: [WebSocketClient] = []
        for _ in 1...3 {
            let client = try await WebSocketClient(port: instance.port)
            try await client.enter(ConnectRequest())
            clients.append(client)
        }
        try await #expect(instance.get("/ready").status == 0)
        for client in clients { try await #expect(client.call("health")?["ok"] == true) }
        clients.removeLast()
        try await #expect(eventually { try await instance.get("/ready").status == 200 })
    }
}

@Test func `a crowd of silent sockets keeps nobody out`() async throws {
    let instance = try TestInstance()
    var limits = ServerLimits()
    limits.connections = 40
    try await instance.serving(limits: limits) { gateway in
        let crowd = try (1...100).map { _ in try Wire(port: instance.port) }
        for _ in 1...5 { try await #expect(instance.get("/health").status == 200) }
        let client = try await WebSocketClient(port: instance.port)
        try await client.enter(ConnectRequest())
        let metrics = try await instance.get("/metrics").body
        #expect(metrics.contains("mazelclaw_limit{limit=\"connections\"} 40\n"))
        #expect(metrics.contains("mazelclaw_limit_reached_total{limit=\"connections\",outcome=\"closed for another\"}"))
        withExtendedLifetime(crowd) {}
    }
}

@Test func `a connection left open does not hold up a stop`() async throws {
    let instance = try TestInstance()
    var wire: Wire?
    try await instance.serve { _ in
        wire = try Wire(port: instance.port)
        wire?.send("GET /ready HTTP/1.1\r\nHost: localhost\r\n\r\n")
        _ = try await wire?.read(through: "\r\n\r\n")
        _ = try await wire?.read(24)
    }
    try await #expect(wire?.readToEnd() == [])
}

@Test func `a port that somebody has is an error that names it`() async throws {
    let instance = try TestInstance()
    let other = try Listener(port: instance.port)
    await #expect(throws: ServerError.portInUse(port: instance.port, address: "127.0.0.1")) {
        try await instance.serve { _ in }
    }
    #expect("\(ServerError.portInUse(port: instance.port, address: "127.0.0.1"))".contains("port \(instance.port)"))
    other.close()
    try await instance.serve { _ in try await #expect(instance.get("/ready").status == 200) }
}
