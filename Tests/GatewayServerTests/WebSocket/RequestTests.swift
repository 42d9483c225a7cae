import GatewayServer
import JSON
import NIOCore
import Testing

@testable import Gateway
@testable import GatewayProtocol

@Test(arguments: Carrier.allCases)
func `health and status tell of this instance`(carrier: Carrier) async throws {
    let instance = try TestInstance()
    try await instance.open(carrier) { door in
        let client = try await door.connected()
        let health = try await client.call("health", ["probe": true])?["payload"]
        #expect(health?["ok"] == true)
        #expect(health?["defaultAgentId"] == "main")
        #expect(health?["agents"]?.array?.count == 1)
        let status = try await client.call("status")?["payload"]?["gateway"]
        #expect(status?["profile"] == "test")
        #expect(status?["port"]?.integer == Int64(instance.port))
        #expect(status?["portSource"] == "--port")
        #expect(status?["connections"] == 1)
    }
}

@Test(
    arguments: [
        (["operator.read"], "health", nil), (["operator.write"], "health", nil), (["operator.admin"], "health", nil),
        (["operator.pairing"], "health", "missing scope: operator.read"),
        (["operator.read"], "nonsense", "missing scope: operator.admin"),
        (["operator.admin"], "nonsense", "unknown method: nonsense"),
        (["operator.admin"], "connect", "connect is only valid as the first request"),
    ] as [([String], String, String?)], Carrier.allCases)
func `a method answers those who may call it`(call: ([String], String, String?), carrier: Carrier) async throws {
    let (scopes, method, fault) = call
    try await TestInstance().open(carrier) { door in
        let answer = try await door.connected(scopes: scopes).call(method)
        #expect(answer?["ok"]?.bool == (fault == nil))
        #expect(answer?["error"]?["message"]?.string == fault)
    }
}

@Test(arguments: Carrier.allCases)
func `parameters that are null are left out`(carrier: Carrier) async throws {
    try await TestInstance().open(carrier) { door in
        let client = try await door.connected()
        for method in ["health", "sessions.list"] {
            let answer = try await client.call(method, .null)
            #expect(answer?["ok"] == true, "\(method)")
        }
        let answer = try await client.call("cron.run", .null)
        #expect(
            answer?["error"]?["message"]?.string
                == (try await client.call("cron.run", [:])?["error"]?["message"]?.string))
    }
}

@Test(arguments: Carrier.allCases)
func `a node may not call what is for operators`(carrier: Carrier) async throws {
    try await TestInstance().open(carrier) { door in
        let answer = try await door.connected(role: "node").call("health")
        #expect(answer?["error"]?["message"] == "unauthorized role: node")
    }
}

@Test(arguments: Carrier.allCases)
func `a bad frame is answered, and what is no JSON is passed over`(carrier: Carrier) async throws {
    try await TestInstance().open(carrier) { door in
        let client = try await door.connected()
        try client.send("hello")
        try client.send(#"{"type":"req","id":"7","method":""}"#)
        let answer = try await client.frame()
        #expect(answer?["id"] == "7")
        #expect(
            answer?["error"]?["message"]
                == "invalid request frame: at /method: must NOT have fewer than 1 characters")
        try client.send(#"{"type":"req","method":"health"}"#)
        try await #expect(client.frame()?["id"] == "invalid")
        try await #expect(
            client.call("health", ["x": 1])?["error"]?["message"]
                == "invalid health params: at root: unexpected property 'x'")
        try await #expect(client.call("health")?["ok"] == true)
    }
}

@Test func `events are numbered for each client from one, without a gap`() async throws {
    var limits = ServerLimits()
    limits.tick = .milliseconds(20)
    try await TestInstance().open(.socket, limits: limits) { door in
        let early = try await door.connected()
        for number in 1...3 { try await #expect(early.frame()?["seq"]?.integer == Int64(number)) }
        let late = try await door.connected()
        let tick = try await late.frame()
        #expect(tick?["event"] == "tick")
        #expect(tick?["seq"] == 1)
        #expect(tick?["payload"]?["ts"]?.integer != nil)
    }
}

@Test(arguments: Carrier.allCases)
func `a stop is announced, and the connection closed as a restart`(carrier: Carrier) async throws {
    var client: (any ProtocolClient)?
    try await TestInstance().open(carrier) { client = try await $0.connected() }
    let event = try await client?.frame()
    #expect(event?["event"] == "shutdown")
    #expect(event?["payload"]?["reason"]?.string != nil)
    try await #expect(client?.hear() == .closed(code: 1012, reason: "service restart"))
    try await #expect(client?.hear() == .end)
}

// MARK: Requests that wait

/// Lets those who wait go on once it is opened.
private final class Gate: Sendable {
    private let opened: AsyncStream<Never>
    private let continuation: AsyncStream<Never>.Continuation

    init() {
        (opened, continuation) = AsyncStream.makeStream()
    }

    func open() { continuation.finish() }

    /// Throws when the task is cancelled first.
    func wait() async throws {
        for await _ in opened {}
        try Task.checkCancellation()
    }
}

private struct Broken: Error, CustomStringConvertible {
    let description = "it broke"
}

/// Methods that wait for `gate`.
private func methods(_ gate: Gate) -> MethodTable {
    func method(_ name: String, _ body: @escaping @Sendable (MethodCall) async throws -> JSON?) -> Method {
        .awaiting(name, .scope(.read), "A test.", NoParameters.schema, answer: .any) { call, _ in try await body(call) }
    }
    let wait = method("test.wait") { _ in
        try await gate.wait()
        return "done"
    }
    let twice = method("test.twice") { call in
        call.answer("accepted")
        try await gate.wait()
        return "done"
    }
    let open = method("test.open") { _ in
        gate.open()
        return "open"
    }
    let fail = method("test.fail") { _ in throw Broken() }
    let refuse = method("test.refuse") { _ in throw ProtocolError(.agentTimeout, "too slow", isRetryable: true) }
    return MethodTable([MethodGroup("Test", "Tests.", [wait, twice, open, fail, refuse])])
}

private func request(_ method: String, id: String) -> JSON {
    ["type": "req", "id": .string(id), "method": .string(method)]
}

@Test(arguments: Carrier.allCases)
func `a request that waits holds up no other`(carrier: Carrier) async throws {
    let gate = Gate()
    try await TestInstance().open(carrier, methods: methods(gate)) { door in
        let client = try await door.connected()
        try client.send(request("test.wait", id: "first"))
        try await #expect(client.call("test.fail", id: "second")?["id"] == "second")
        try client.send(request("test.open", id: "third"))
        var heard: Set<String> = []
        for _ in 1...2 { heard.insert(try await client.frame()?["id"]?.string ?? "") }
        #expect(heard == ["first", "third"])
    }
}

@Test(arguments: Carrier.allCases)
func `a request may be answered twice, under one id`(carrier: Carrier) async throws {
    let gate = Gate()
    try await TestInstance().open(carrier, methods: methods(gate)) { door in
        let client = try await door.connected()
        try client.send(request("test.twice", id: "a"))
        let first = try await client.frame()
        #expect(first == ["type": "res", "id": "a", "ok": true, "payload": "accepted"])
        gate.open()
        let last = try await client.frame()
        #expect(last == ["type": "res", "id": "a", "ok": true, "payload": "done"])
    }
}

@Test(
    arguments: [
        ("test.fail", ["code": "UNAVAILABLE", "message": "it broke"]),
        ("test.refuse", ["code": "AGENT_TIMEOUT", "message": "too slow", "retryable": true]),
    ] as [(String, JSON)], Carrier.allCases)
func `a failure is answered with its code, any other with unavailable`(
    call: (String, JSON), carrier: Carrier
) async throws {
    try await TestInstance().open(carrier, methods: methods(Gate())) { door in
        try await #expect(door.connected().call(call.0)?["error"] == call.1)
    }
}

@Test(arguments: Carrier.allCases)
func `one client cannot have any number of requests wait`(carrier: Carrier) async throws {
    let gate = Gate()
    try await TestInstance().open(carrier, methods: methods(gate)) { door in
        let client = try await door.connected()
        for number in 1...ProtocolLimits.waitingRequests { try client.send(request("test.wait", id: "\(number)")) }
        let answer = try await client.call("test.wait", id: "more")?["error"]
        #expect(answer?["code"] == "UNAVAILABLE")
        #expect(answer?["retryable"] == true)
        gate.open()
        for _ in 1...ProtocolLimits.waitingRequests { try await #expect(client.frame()?["payload"] == "done") }
        try await #expect(client.call("test.wait")?["payload"] == "done")
    }
}

@Test(arguments: Carrier.allCases)
func `a stop ends the requests that wait`(carrier: Carrier) async throws {
    try await TestInstance().open(carrier, methods: methods(Gate())) { door in
        let client = try await door.connected()
        try client.send(request("test.wait", id: "1"))
        try client.send(request("test.twice", id: "2"))
        try await #expect(client.frame()?["payload"] == "accepted")
    }
}
