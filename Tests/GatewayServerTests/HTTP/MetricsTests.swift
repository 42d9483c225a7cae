import Foundation
import GatewayServer
import JSON
import Testing

@testable import Gateway

extension TestInstance {
    /// The values of `/metrics`, each under its name and labels.
    fileprivate func metrics() async throws -> [String: Double] {
        let answer = try await get("/metrics")
        try #require(answer.status == 200)
        let lines = answer.body.split(separator: "\n").filter { !$0.hasPrefix("#") }
        return Dictionary(
            uniqueKeysWithValues: try lines.map { line in
                let end = try #require(line.lastIndex(of: " "))
                return (String(line[..<end]), try #require(Double(line[line.index(after: end)...])))
            })
    }
}

@Test func `metrics tell what was done, in the format of Prometheus`() async throws {
    let instance = try TestInstance.withEndpoints("if [ \"$3\" = fail ]; then exit 3; fi; echo hi")
    try await instance.serving { gateway in
        let client = try await WebSocketClient(port: instance.port)
        try await client.enter(ConnectRequest(role: "operator", scopes: ["operator.read"]))
        _ = try await client.call("status")
        _ = try await client.call("status")
        _ = try await client.call("chat.send", ["no": "such"])
        _ = try await client.call("made.up")
        for text in ["hi", "fail"] {
            _ = try await instance.post(
                "/v1/chat/completions", ["messages": [["role": "user", "content": .string(text)]]])
        }
        _ = try await instance.get("/made/up")
        let answer = try await instance.get("/metrics")
        #expect(answer.has("content-type: text/plain; version=0.0.4; charset=utf-8"))
        #expect(answer.body.contains("# TYPE mazelclaw_requests_total counter\n"))
        #expect(!answer.body.contains("made"))
        #expect(!answer.body.contains(TestInstance.token))
        let metrics = try await instance.metrics()
        #expect(metrics["mazelclaw_connections{role=\"operator\"}"] == 1)
        #expect(metrics["mazelclaw_connections{role=\"node\"}"] == 0)
        #expect(metrics["mazelclaw_requests_total{method=\"status\",outcome=\"ok\"}"] == 2)
        #expect(metrics["mazelclaw_requests_total{method=\"chat.send\",outcome=\"INVALID_REQUEST\"}"] == 1)
        #expect(metrics["mazelclaw_requests_total{method=\"unknown\",outcome=\"INVALID_REQUEST\"}"] == 1)
        #expect(metrics["mazelclaw_http_requests_total{route=\"/v1/chat/completions\",status=\"200\"}"] == 1)
        #expect(metrics["mazelclaw_http_requests_total{route=\"/v1/chat/completions\",status=\"500\"}"] == 1)
        #expect(metrics["mazelclaw_http_requests_total{route=\"none\",status=\"404\"}"] == 1)
        #expect(metrics["mazelclaw_runs_total{agent=\"main\",outcome=\"ok\"}"] == 1)
        #expect(metrics["mazelclaw_runs_total{agent=\"main\",outcome=\"error\"}"] == 1)
        #expect(metrics["mazelclaw_runs{state=\"running\"}"] == 0)
        #expect(metrics["mazelclaw_ready"] == 1)
        #expect(metrics["mazelclaw_database_bytes{file=\"main\"}"] ?? 0 >= 4096)
        #expect(metrics["process_resident_memory_bytes"] ?? 0 > 1_048_576)
        #expect(metrics["process_open_fds"] ?? 0 > 3)
        client.leave()
        #expect(
            try await eventually { try await instance.metrics()["mazelclaw_connections{role=\"operator\"}"] == 0 })
    }
}

@Test func `metrics are for this host, and for whoever has the token`() async throws {
    let instance = try TestInstance()
    let cases: [([String], Int)] = [
        ([], 200), (["X-Forwarded-For: 203.0.113.7"], 401),
        (["X-Forwarded-For: 203.0.113.7", "Authorization: Bearer \(TestInstance.token)"], 200),
        (["X-Forwarded-For: 203.0.113.7", "Authorization: Bearer wrong"], 401),
        (["Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: no-cors"], 401), (["Origin: http://evil.example"], 401),
    ]
    try await instance.serving { _ in
        for (headers, status) in cases {
            try await #expect(instance.get("/metrics", headers: headers).status == status, "\(headers)")
        }
        try await #expect(instance.get("/metrics", method: "POST").status == 405)
        try await #expect(instance.get("/metrics", method: "HEAD").body.isEmpty)
    }
}
