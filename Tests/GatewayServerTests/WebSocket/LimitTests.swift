import Gateway
import GatewayServer
import JSON
import Testing

@testable import Gateway

/// A request whose parameters hold `count` members.
private func request(members count: Int, method: String = "health") -> String {
    let members = (0..<count).map { "\"m\($0)\":0" }.joined(separator: ",")
    return #"{"type":"req","id":"m","method":"\#(method)","params":{\#(members)}}"#
}

@Test(arguments: Carrier.allCases)
func `a message holds so many values, and a stranger's fewer`(carrier: Carrier) async throws {
    try await TestInstance().open(carrier) { door in
        let stranger = try await door.client()
        _ = try await stranger.nonce()
        try stranger.send(request(members: 990, method: "connect"))
        try await #expect(stranger.frame()?["error"]?["code"] == "INVALID_REQUEST")
        let greedy = try await door.client()
        _ = try await greedy.nonce()
        try greedy.send(request(members: 1000, method: "connect"))
        try await #expect(greedy.hear() == .closed(code: 1009, reason: "message of more than 1000 values"))
        let client = try await door.connected()
        try client.send(request(members: 9900))
        // What is wrong is told, but not all of it.
        let text = try #require(await client.frame()?["error"]?["message"]?.string)
        #expect(text.hasPrefix("invalid health params: at root: unexpected property 'm0'; "))
        #expect(text.hasSuffix("; and more"))
        #expect(text.utf8.count < 2000)
        try client.send(request(members: 10_000))
        try await #expect(client.hear() == .closed(code: 1009, reason: "message of more than 10000 values"))
        #expect(door.gateway.limitTally.all.map(\.key.name) == ["values of a message"])
    }
}

@Test func `who sends much before the handshake is through is sent away, whole messages or not`() async throws {
    let instance = try TestInstance()
    try await instance.serve { _ in
        let client = try await WebSocketClient(port: instance.port)
        _ = try await client.nonce()
        // A frame whose end never comes.
        client.wire.send([0x81, 0xFF, 0, 0, 0, 0, 0, 0x07, 0, 0, 0, 0, 0, 0])
        client.wire.send([UInt8](repeating: 0x20, count: 200_000))
        try await #expect(client.hear() == .closed(code: 1009, reason: "message too big"))
        let other = try await WebSocketClient(port: instance.port)
        try await other.enter(ConnectRequest())
        other.wire.send([0x81, 0xFF, 0, 0, 0, 0, 0, 0x03, 0x0D, 0x40, 0, 0, 0, 0])
        other.wire.send([UInt8](repeating: 0x20, count: 200_000))
        try await #expect(other.call("health")?["ok"] == true)
    }
}

@Test(arguments: Carrier.allCases)
func `names nobody would type are refused`(carrier: Carrier) async throws {
    try await TestInstance().open(carrier) { door in
        let client = try await door.connected()
        func word(_ count: Int) -> JSON { .string(String(repeating: "x", count: count)) }
        for (member, limit) in [("sessionKey", 512), ("idempotencyKey", 256)] {
            for count in [limit, limit + 1] {
                var params: JSONObject = ["sessionKey": "main", "idempotencyKey": "k", "message": "stop"]
                params[member] = word(count)
                let answer = try await client.call("chat.send", .object(params))
                #expect(answer?["ok"] == .bool(count == limit), "\(member) \(count)")
                guard count > limit else { continue }
                #expect(
                    answer?["error"]?["message"]
                        == .string(
                            "invalid chat.send params: at /\(member): must NOT have more than \(limit) characters"))
            }
        }
        try client.send(["type": "req", "id": word(256), "method": "health"])
        try await #expect(client.frame()?["id"] == word(256))
        try client.send(["type": "req", "id": word(257), "method": "health"])
        let refused = try await client.frame()
        #expect(refused?["id"] == "invalid")
        #expect(refused?["ok"] == false)
    }
}

@Test(arguments: Carrier.allCases)
func `what nodes tell sessions has limits`(carrier: Carrier) async throws {
    try await TestInstance().open(carrier) { door in
        let node = try await door.connected(role: "node")
        func tell(_ session: String?, _ output: String) async throws -> JSON? {
            var payload: JSONObject = ["command": "ls", "output": .string(output)]
            payload["sessionKey"] = session.map(JSON.string)
            return try await node.call("node.event", ["event": "exec.finished", "payload": .object(payload)])
        }
        try await #expect(tell(nil, String(repeating: "x", count: 32_000))?["ok"] == true)
        let long = try await tell(nil, String(repeating: "x", count: 33_000))?["error"]
        #expect(long?["code"] == "INVALID_REQUEST")
        #expect(long?["message"]?.string?.contains("longer than 32768 bytes") == true)
        let key = try await tell(String(repeating: "k", count: 513), "x")?["error"]
        #expect(key?["message"] == "the session's key is longer than 512 characters")
        for number in 1...63 { try await #expect(tell("s\(number)", "x")?["ok"] == true) }
        let full = try await tell("s64", "x")?["error"]
        #expect(full?["code"] == "UNAVAILABLE")
        #expect(full?["retryable"] == true)
        // Who waits already may be told more, and there is always room for the main session.
        try await #expect(tell("s63", "y")?["ok"] == true)
        _ = door.gateway.services.systemEvents.take(for: "agent:main:main")
        try await #expect(tell("s64", "x")?["ok"] == true)
        try await #expect(tell(nil, "x")?["ok"] == true)
        #expect(door.gateway.limitTally.all.map(\.key.name) == ["system events"])
    }
}

@Test func `requests that wait hold so much for one client`() async throws {
    let instance = try TestInstance()
    let agents = try instance.agents("while [ ! -e \"$DIR/go\" ]; do sleep 0.02; done; echo done")
    try await instance.open(.socket, agents: agents) { door in
        let client = try await door.connected()
        let message = JSON.string(String(repeating: "x", count: 500_000))
        for number in 1...9 {
            try client.send([
                "type": "req", "id": .string("r\(number)"), "method": "agent",
                "params": [
                    "message": message, "sessionKey": .string("s\(number)"), "idempotencyKey": .string("k\(number)"),
                ],
            ])
        }
        var refused: [JSON] = []
        var answered: Set<String> = []
        while answered.count + refused.count < 9, let frame = try await client.frame() {
            guard let id = frame["id"]?.string else { continue }
            if let error = frame["error"] { refused.append(error) } else { answered.insert(id) }
        }
        #expect(answered == Set((1...8).map { "r\($0)" }))
        #expect(refused.map { $0["message"] } == ["too many requests at once; wait for an answer"])
        #expect(refused.first?["retryable"] == true)
        // Another client is none the worse.
        let other = try await door.connected()
        let answer = try await other.call("chat.send", ["sessionKey": "o", "message": "hi", "idempotencyKey": "o"])
        #expect(answer?["payload"]?["status"] == "started")
        try instance.touch("go")
        while answered.count < 16, let frame = try await client.frame() {
            if frame["payload"]?["status"] == "ok", let id = frame["id"]?.string { answered.insert(id + " ended") }
        }
        try await #expect(eventually { door.gateway.services.waitingBytes.used == 0 })
    }
}

@Test func `many small messages that came together are answered in order, and others in between`() async throws {
    let instance = try TestInstance()
    try await instance.serve { _ in
        let client = try await WebSocketClient(port: instance.port)
        try await client.enter(ConnectRequest())
        var bytes: [UInt8] = []
        for number in 0..<500 {
            let text = Array(#"{"type":"req","id":"\#(number)","method":"health"}"#.utf8)
            bytes += WebSocketClient.frame(0x81, text, key: [0, 0, 0, 0])
        }
        client.wire.send(bytes)
        for number in 0..<500 { try await #expect(client.frame()?["id"] == .string("\(number)")) }
    }
}
