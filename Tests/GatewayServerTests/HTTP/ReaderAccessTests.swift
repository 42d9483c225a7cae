import GatewayServer
import JSON
import Testing

@testable import Gateway

/// An instance behind a proxy on this host, which tells whom it speaks for.
private func proxied() throws -> TestInstance {
    try TestInstance.withEndpoints(gateway: ["trustedProxies": ["127.0.0.1"]])
}

private let guesser = "X-Forwarded-For: 203.0.113.7"
private let neighbour = "X-Forwarded-For: 203.0.113.8"
private let liveReload = "/__mazelclaw__/ws"

private func bearer(_ token: String) -> String { "Authorization: Bearer \(token)" }

@Test(arguments: ["/__mazelclaw__/canvas/", "/metrics"])
func `who guesses the token where things are read is told to wait, and locks nobody out`(path: String) async throws {
    let instance = try proxied()
    let clock = TestClock(at: 1_700_000_000_000)
    try await instance.serving(clock: clock.clock) { _ in
        func status(_ headers: String...) async throws -> Int { try await instance.get(path, headers: headers).status }
        try await #expect(status(guesser, bearer(TestInstance.token)) == 200)
        for _ in 0..<10 {
            let answer = try await instance.get(path, headers: [guesser, bearer("wrong")])
            #expect(answer.status == 401)
            #expect(answer.has("www-authenticate: bearer"))
        }
        let answer = try await instance.get(path, headers: [guesser, bearer("wrong")])
        #expect(answer.status == 429)
        #expect(answer.has("retry-after: 6"))
        #expect(answer.body.contains("too many failed authentication attempts"))
        // The right one is looked at first, and others have not guessed.
        try await #expect(status(guesser, bearer(TestInstance.token)) == 200)
        try await #expect(status(neighbour, bearer("wrong")) == 401)
        clock.advance(by: 6000)
        try await #expect(status(guesser, bearer("wrong")) == 401)
        try await #expect(status(guesser, bearer("wrong")) == 429)
    }
}

@Test func `a guess is the same wherever it is made, and counts once`() async throws {
    let instance = try proxied()
    let clock = TestClock(at: 1_700_000_000_000)
    try await instance.serving(clock: clock.clock) { _ in
        func answer(_ token: String) async throws -> String {
            try await WebSocketClient(port: instance.port, path: "\(liveReload)?token=\(token)", headers: [guesser])
                .answer
        }
        for _ in 0..<8 { try await #expect(answer("wrong").hasPrefix("HTTP/1.1 401")) }
        try await #expect(
            instance.get("/__mazelclaw__/canvas/?token=wrong", headers: [guesser]).status == 401)
        try await #expect(answer(TestInstance.token).hasPrefix("HTTP/1.1 101"))
        try await #expect(answer("wrong").hasPrefix("HTTP/1.1 401"))
        try await #expect(answer("wrong").hasPrefix("HTTP/1.1 429"))
        try await #expect(answer(TestInstance.token).hasPrefix("HTTP/1.1 101"))
        let question: JSON = ["messages": [["role": "user", "content": "hi"]]]
        func ask(_ token: String, _ from: String) async throws -> Int {
            try await instance.post("/v1/chat/completions", question, token: token, headers: [from]).status
        }
        try await #expect(ask("wrong", guesser) == 429)
        try await #expect(ask("wrong", neighbour) == 401)
        try await #expect(ask(TestInstance.token, guesser) == 200)
    }
}

@Test func `what pages of other sites guess locks nobody else out`() async throws {
    let instance = try proxied()
    let clock = TestClock(at: 1_700_000_000_000)
    try await instance.serving(clock: clock.clock) { _ in
        let page = ["Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: no-cors"]
        for _ in 0..<10 {
            try await #expect(instance.get("/__mazelclaw__/canvas/?token=wrong", headers: page).status == 401)
        }
        try await #expect(instance.get("/__mazelclaw__/canvas/?token=wrong", headers: page).status == 429)
        let question: JSON = ["messages": [["role": "user", "content": "hi"]]]
        // Not even who guesses there is told to wait for it.
        try await #expect(instance.post("/v1/chat/completions", question, token: "wrong").status == 401)
        try await #expect(instance.post("/v1/chat/completions", question).status == 200)
        let client = try await WebSocketClient(port: instance.port)
        try await client.enter(ConnectRequest())
    }
}
