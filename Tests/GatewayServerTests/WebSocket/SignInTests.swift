import JSON
import Testing

@testable import Gateway
@testable import GatewayProtocol

private let pageScopes = ["operator.read", "operator.write"]

/// Asks `door` for a link, and returns its secret.
private func link(_ door: Door) async throws -> String {
    let answer = try await door.connected().call("dashboard.link")
    let fragment = try #require(answer?["payload"]?["fragment"]?.string, "\(answer?.text() ?? "closed")")
    try #require(fragment.hasPrefix("signin="))
    return String(fragment.dropFirst(7))
}

/// Shows `secret` as a page does, and returns the client and what it is answered.
private func show(
    _ secret: String, _ door: Door, scopes: [String]? = pageScopes, role: String? = "operator"
) async throws -> (client: any ProtocolClient, answer: JSON?) {
    let client = try await door.client()
    _ = try await client.nonce()
    try client.send(
        ConnectRequest(clientID: "webchat-ui", mode: "webchat", role: role, scopes: scopes, token: secret).json)
    return (client, try await client.frame())
}

/// How the connection of `client` ends, whatever it hears before.
private func end(of client: any ProtocolClient) async throws -> Heard {
    while true {
        let heard = try await client.hear()
        if case .frame = heard { continue }
        return heard
    }
}

@Suite struct SignInTests {
    @Test(arguments: Carrier.allCases) func `a link signs one page in, and no second`(carrier: Carrier) async throws {
        try await TestInstance().open(carrier) { door in
            let secret = try await link(door)
            let (client, hello) = try await show(secret, door)
            try #require(hello?["ok"] == true, "\(hello?.text() ?? "closed")")
            let auth = hello?["payload"]?["auth"]
            #expect(auth?["scopes"] == .strings(pageScopes))
            let pageToken = try #require(auth?["pageToken"]?.string)
            #expect(pageToken != secret)
            try await #expect(client.call("health")?["ok"] == true)

            let second = try await show(secret, door).answer
            #expect(second?["error"]?["message"] == "unauthorized: this link has signed a page in before")
            // Neither who failed nor the failure is of any harm to the page.
            try await #expect(client.call("health")?["ok"] == true)
            let again = try await show(pageToken, door)
            #expect(again.answer?["ok"] == true)
            #expect(again.answer?["payload"]?["auth"] == nil)
            try await #expect(again.client.call("sessions.list")?["ok"] == true)
        }
    }

    @Test func `a link opens nothing when its time is over, and a page does not come back for ever`() async throws {
        let clock = TestClock(at: 1_700_000_000_000)
        try await TestInstance().open(.socket, clock: clock.clock) { door in
            let (early, late) = (try await link(door), try await link(door))
            clock.advance(by: 299_999)
            let pageToken = try await show(early, door).answer?["payload"]?["auth"]?["pageToken"]?.string
            clock.advance(by: 1)
            let over: JSON = "unauthorized: the time of this sign-in is over"
            try await #expect(show(late, door).answer?["error"]?["message"] == over)
            try await #expect(show(pageToken ?? "", door).answer?["ok"] == true)
            clock.advance(by: 12 * 3_600_000)
            try await #expect(show(pageToken ?? "", door).answer?["error"]?["message"] == over)
        }
    }

    @Test(arguments: Carrier.allCases)
    func `a page stays no longer than its sign-in counts, and others stay`(carrier: Carrier) async throws {
        let clock = TestClock(at: 1_700_000_000_000)
        try await TestInstance().open(carrier, clock: clock.clock) { door in
            let (client, hello) = try await show(try await link(door), door)
            let pageToken = try #require(hello?["payload"]?["auth"]?["pageToken"]?.string)
            clock.advance(by: 11 * 3_600_000)
            // One that comes back stays no longer than the first.
            let (later, other) = (try await show(pageToken, door).client, try await door.connected())
            clock.advance(by: 3_600_000 - 1)
            door.gateway.tick()
            try await #expect(client.call("health")?["ok"] == true)
            clock.advance(by: 1)
            door.gateway.tick()
            for page in [client, later] {
                try await #expect(end(of: page) == .closed(code: 1008, reason: "the time of this sign-in is over"))
            }
            try await #expect(other.call("health")?["ok"] == true)
        }
    }

    @Test func `a page gets what it needs and no more`() async throws {
        try await TestInstance().open(.socket) { door in
            let secret = try await link(door)
            let tooMuch: [([String]?, String?)] = [
                (nil, "operator"), ([], nil), (["operator.admin"], nil), (pageScopes + ["operator.approvals"], nil),
                (pageScopes + ["operator.pairing"], nil), (nil, "node"),
            ]
            for (scopes, role) in tooMuch {
                let answer = try await show(secret, door, scopes: scopes, role: role).answer
                #expect(answer?["ok"] == false, "\(scopes ?? []) \(role ?? "")")
            }
            // None of them used it up.
            let (client, hello) = try await show(secret, door)
            try #require(hello?["ok"] == true, "\(hello?.text() ?? "closed")")
            for method in ["health", "status", "sessions.list", "dashboard.refusals"] {
                try await #expect(client.call(method)?["ok"] == true, "\(method)")
            }
            for method in ["dashboard.link", "config.get", "device.pair.list", "exec.approvals.get", "cron.add"] {
                let error = try await client.call(method)?["error"]
                #expect(error?["message"]?.string?.hasPrefix("missing scope: operator.") == true, "\(method)")
            }
            // Nor does what it came back by open what the gateway's own secret does.
            let pageToken = hello?["payload"]?["auth"]?["pageToken"]?.string ?? ""
            try await #expect(show(pageToken, door, scopes: ["operator.admin"]).answer?["ok"] == false)
        }
    }

    @Test func `neither a link nor a page's secret opens anything over HTTP, nor lets a device in`() async throws {
        let instance = try TestInstance.withEndpoints()
        let device = try TestDevice()
        try await instance.open(.socket) { door in
            let used = try await link(door)
            let pageToken = try await show(used, door).answer?["payload"]?["auth"]?["pageToken"]?.string ?? ""
            let stranger = "X-Forwarded-For: 203.0.113.7"
            for secret in [try await link(door), pageToken] {
                let bearer = [stranger, "Authorization: Bearer \(secret)"]
                try await #expect(instance.get("/metrics", headers: bearer).status == 401)
                try await #expect(instance.post("/v1/chat/completions", [:], token: secret).status == 401)
                let (_, answer) = try await door.attempt(device, scopes: pageScopes) { $0.token = secret }
                #expect(answer?["ok"] == false)
            }
            let owner = [stranger, "Authorization: Bearer \(TestInstance.token)"]
            try await #expect(instance.get("/metrics", headers: owner).status == 200)
            _ = try await door.connected(device, scopes: pageScopes)
        }
    }

    @Test func `a page of another origin and a page of the canvas cannot use a link, and the gateway's own can`()
        async throws
    {
        let instance = try TestInstance()
        try await instance.open(.socket) { door in
            let secret = try await link(door)
            for origin in ["http://evil.example", "http://127.0.0.1:1", "null", "http://localhost:\(instance.port)"] {
                let client = try await WebSocketClient(port: instance.port, headers: ["Origin: \(origin)"])
                #expect(client.answer.hasPrefix("HTTP/1.1 403"), "\(origin)")
            }
            let canvas = try await WebSocketClient(
                port: instance.port, path: "/__mazelclaw__/ws?ticket=\(door.gateway.canvasTicketText)",
                headers: ["Origin: null"])
            // It hears of changes, and is no client of the protocol.
            #expect(canvas.isUpgraded)
            let own = try await WebSocketClient(
                port: instance.port, headers: ["Origin: http://127.0.0.1:\(instance.port)"])
            try await own.enter(
                ConnectRequest(clientID: "webchat-ui", mode: "webchat", scopes: pageScopes, token: secret))
        }
    }

    @Test func `so many links are made in five minutes, for admins alone`() async throws {
        let clock = TestClock(at: 1_700_000_000_000)
        try await TestInstance().open(.direct, clock: clock.clock) { door in
            let reader = try await door.connected(scopes: pageScopes)
            try await #expect(reader.call("dashboard.link")?["error"]?["message"] == "missing scope: operator.admin")
            let owner = try await door.connected()
            for _ in 1...SignIns.linkLimit { try await #expect(owner.call("dashboard.link")?["ok"] == true) }
            let error = try await owner.call("dashboard.link")?["error"]
            #expect(error?["code"] == "UNAVAILABLE")
            #expect(error?["retryAfterMs"] == 300_000)
            #expect(error?["message"]?.string?.contains("wait 300 seconds") == true)
            clock.advance(by: 300_000)
            try await #expect(owner.call("dashboard.link")?["ok"] == true)
        }
    }

    @Test func `a new start signs every page out`() async throws {
        let instance = try TestInstance()
        var secrets: [String] = []
        try await instance.open(.socket) { door in
            let used = try await link(door)
            secrets = [
                try await link(door),
                try #require(
                    try await show(used, door).answer?["payload"]?["auth"]?["pageToken"]?.string),
            ]
        }
        try await instance.open(.socket) { door in
            for secret in secrets { try await #expect(show(secret, door).answer?["ok"] == false) }
            try await #expect(show(link(door), door).answer?["ok"] == true)
        }
    }
}
