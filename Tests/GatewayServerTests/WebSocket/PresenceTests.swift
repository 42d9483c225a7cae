import JSON
import Testing

@testable import Gateway

private func reasons(_ payload: JSON?) -> [String: String] {
    var reasons: [String: String] = [:]
    for entry in payload?.array ?? [] { reasons[entry["host"]?.string ?? ""] = entry["reason"]?.string }
    return reasons
}

@Test(arguments: Carrier.allCases)
func `who comes and goes is seen by the others`(carrier: Carrier) async throws {
    try await TestInstance().open(carrier) { door in
        let watcher = try await door.connected()
        let page = try await door.client()
        try await page.enter(ConnectRequest(clientID: "webchat", mode: "webchat"))
        let event = try await watcher.event("presence")
        #expect(reasons(event?["presence"])["webchat"] == "connect")
        // The watcher itself is a command, which is no news.
        #expect(event?["presence"]?.array?.count == 2)
        #expect(event?["presence"]?.array?.first?["reason"] == "self")
        try await #expect(reasons(watcher.call("system-presence")?["payload"])["webchat"] == "connect")
        page.leave()
        let later = try await watcher.event("presence")
        #expect(reasons(later?["presence"])["webchat"] == "disconnect")
    }
}

@Test(arguments: Carrier.allCases)
func `a device that tells of itself is seen, and the main session will hear`(carrier: Carrier) async throws {
    try await TestInstance().open(carrier) { door in
        let client = try await door.connected()
        try await #expect(client.call("system-event", ["text": " "])?["error"]?["message"] == "text required")
        let told: JSON = ["text": "Node: mac", "deviceId": "d", "host": "mac", "lastInputSeconds": 3.2, "more": 1]
        try await #expect(client.call("system-event", told)?["payload"] == ["ok": true])
        let entry = try await client.event("presence")?["presence"]?.array?.last
        #expect(entry?["text"] == "Node: mac")
        #expect(entry?["lastInputSeconds"] == 3)
        let status = try await client.call("status")?["payload"]
        #expect(status?["queuedSystemEvents"] == ["Node: mac"])
    }
}

@Test(arguments: Carrier.allCases)
func `presence carries its version, which grows`(carrier: Carrier) async throws {
    try await TestInstance().open(carrier) { door in
        let client = try await door.client()
        _ = try await client.nonce()
        try client.send(ConnectRequest().json)
        let before = try await client.frame()?["payload"]?["snapshot"]?["stateVersion"]?["presence"]?.integer ?? 0
        _ = try client.send(
            ["type": "req", "id": "1", "method": "system-event", "params": ["text": "x"]])
        while let frame = try await client.frame() {
            guard frame["event"] == "presence" else { continue }
            #expect(frame["stateVersion"]?["presence"]?.integer ?? 0 > before)
            #expect(frame["seq"] == 1)
            return
        }
        Issue.record("no event")
    }
}

@Test func `health is told anew when a minute has passed`() async throws {
    let now = TestClock(at: 1_700_000_000_000)
    let gateway = try TestInstance().gateway(clock: now.clock)
    let first = gateway.services.health.json
    now.advance(by: 59_000)
    #expect(gateway.services.health.json == first)
    #expect(gateway.services.health.fresh().json != first)
    now.advance(by: 60_000)
    #expect(gateway.services.health.json["ts"]?.integer == now.milliseconds)
}
