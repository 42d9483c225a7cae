import Fuzzing
import Gateway
import JSON
import Testing

/// Requests nobody would send, over a socket.
@Suite struct HTTPFuzzTests {
    @Test func `any bytes are answered by a status or not at all, and leave nothing behind`() async throws {
        let instance = try TestInstance.withEndpoints(
            "echo answer", more: ["hooks": ["enabled": true, "token": "the-hook-token"]])
        try await instance.serving { gateway in
            var answers = (given: 0, none: 0)
            for seed in FuzzRun("http") {
                var random = SplitMix(seed: seed)
                let wire = try Wire(port: instance.port)
                for _ in 0...random.below(3) { wire.send(random.exchange()) }
                wire.finish()
                let answer = try await wire.readToEnd()
                guard !answer.isEmpty else {
                    answers.none += 1
                    continue
                }
                answers.given += 1
                let head = String(decoding: answer.prefix(12), as: UTF8.self)
                let status = head.hasPrefix("HTTP/1.") ? head.split(separator: " ").last.flatMap { Int($0) } : nil
                // 500 would say that something went wrong here that nobody thought of.
                #expect(status.map { (100...599).contains($0) && $0 != 500 } == true, "seed \(seed): \(head)")
            }
            // Silence is for what is no request to its end; most of these are.
            #expect(answers.given > answers.none, "\(answers)")
            try await #expect(instance.get("/ready").status == 200)
            // Nobody is taken for connected who is gone.
            try await #expect(eventually { gateway.connectionCount == 0 })
        }
    }
}

extension SplitMix {
    /// A request and what may follow it on its connection.
    fileprivate mutating func exchange() -> [UInt8] {
        var bytes = below(3) == 0 ? upgrade() : request()
        if below(3) == 0 { for _ in 0...below(4) { damage(&bytes) } }
        return bytes
    }

    private mutating func request() -> [UInt8] {
        let method = one(of: ["GET", "GET", "POST", "POST", "HEAD", "PUT", "OPTIONS", "get", "", "GE T", "\u{e4}"])
        let path = one(of: [
            "/health", "/ready", "/metrics", "/__mazelclaw__/canvas/", "/__openclaw__/canvas/%2e%2e/x", "/%zz", "//",
            "",
            "*", "/hooks/wake", "/hooks/agent", "/v1/chat/completions", "/v1/responses", "/tools/invoke",
            "/?token=\(TestInstance.token)",
            "http://localhost/", "/" + String(repeating: "x", count: 20_000), "/#", "/?a=%",
        ])
        let content = one(of: [
            "", "{}", #"{"model":"agent:main","messages":[{"role":"user","content":"hi"}]}"#,
            #"{"model":"x","stream":true,"messages":[{"role":"user","content":"hi"}]}"#, #"{"model":"x","input":"hi"}"#,
            "5\r\nhello\r\n0\r\n\r\n", "ffffffffffffffff\r\n", value(depth: 3).text(), withExtreme(Self.chat).text(),
            withExtreme(Self.response).text(), withExtreme(Self.hook).text(), Self.hook.text(),
        ])
        var lines = ["\(method) \(path) \(one(of: ["HTTP/1.1", "HTTP/1.1", "HTTP/1.0", "HTTP/2.0", "HTTP", ""]))"]
        if below(8) > 0 { lines.append("Host: localhost") }
        if below(2) == 0 {
            lines.append("Authorization: Bearer \(path.hasPrefix("/hooks/") ? "the-hook-token" : TestInstance.token)")
        }
        if below(4) > 0 { lines.append("Content-Length: \(content.utf8.count)") }
        for _ in 0..<below(4) {
            lines.append(
                one(of: [
                    "Host: evil.example", "Content-Length: 9999999999", "Content-Length: -1", "Connection: close",
                    "Transfer-Encoding: chunked", "Transfer-Encoding: gzip, chunked", "Expect: 100-continue",
                    "Origin: null", "Origin: http://localhost", "X-Forwarded-For: 1.2.3.4", "Upgrade: websocket",
                    "Connection: keep-alive, Upgrade", "Content-Type: \u{0}", " folded", ":", "A", "Cookie: \u{fffd}",
                    "X: \(String(repeating: "y", count: 20_000))",
                ]))
        }
        return Array((lines.joined(separator: below(16) == 0 ? "\n" : "\r\n") + "\r\n\r\n" + content).utf8)
    }

    private static let chat: JSON = [
        "model": "agent:main", "messages": [["role": "user", "content": "hi"]], "max_tokens": 5, "temperature": 0.5,
        "n": 1,
        "stream": false,
    ]
    private static let response: JSON = [
        "model": "agent:main", "input": [["type": "message", "role": "user", "content": "hi"]], "max_output_tokens": 5,
    ]
    private static let hook: JSON = ["message": "hi", "name": "n", "timeoutSeconds": 5, "thinking": "low"]

    /// A WebSocket, and frames on it, some of them by the rules.
    private mutating func upgrade() -> [UInt8] {
        let path = one(of: ["/", "/", "/__mazelclaw__/ws", "/any"])
        let lines = [
            "GET \(path) HTTP/1.1", "Host: localhost", "Upgrade: websocket", "Connection: Upgrade",
            "Sec-WebSocket-Version: \(one(of: ["13", "13", "13", "8"]))",
            "Sec-WebSocket-Key: \(one(of: ["dGhlIHNhbXBsZSBub25jZQ==", "dGhlIHNhbXBsZSBub25jZQ==", "", "x"]))",
        ]
        var bytes = Array((lines.joined(separator: "\r\n") + "\r\n\r\n").utf8)
        if below(2) == 0 { bytes += frame(0x81, Array(ConnectRequest().json.text().utf8)) }
        for _ in 0..<below(6) {
            let payload = one(of: [
                [], Array(#"{"type":"req","id":"h","method":"health"}"#.utf8), Array(value(depth: 2).text().utf8),
                [UInt8](repeating: 0xFF, count: below(200)), [0x03, 0xE8], [UInt8](repeating: 0x20, count: 70_000),
            ])
            bytes += frame(
                one(of: [0x81, 0x81, 0x01, 0x80, 0x00, 0x82, 0x88, 0x89, 0x8A, 0xC1, UInt8(below(256))]), payload)
        }
        return bytes
    }

    private mutating func frame(_ first: UInt8, _ payload: [UInt8]) -> [UInt8] {
        // A key of zeroes leaves the payload as it is.
        WebSocketClient.frame(first, payload, key: below(16) == 0 ? nil : [0, 0, 0, 0])
    }
}
