import Gateway
import GatewayServer
import JSON
import NIOCore
import Testing

/// A client past the handshake.
private func connected(
    to instance: TestInstance, scopes: [String]? = nil, role: String? = nil
) async throws -> WebSocketClient {
    let client = try await WebSocketClient(port: instance.port)
    _ = try await client.nonce()
    var request = ConnectRequest()
    (request.scopes, request.role) = (scopes, role)
    try client.send(request.json)
    let answer = try await client.frame()
    try #require(answer?["ok"] == true)
    return client
}

@Test func `health and status tell of this instance`() async throws {
    let instance = try TestInstance()
    try await instance.serve { _ in
        let client = try await connected(to: instance)
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
    ] as [([String], String, String?)])
func `a method answers those who may call it`(scopes: [String], method: String, fault: String?) async throws {
    let instance = try TestInstance()
    try await instance.serve { _ in
        let answer = try await connected(to: instance, scopes: scopes).call(method)
        #expect(answer?["ok"]?.bool == (fault == nil))
        #expect(answer?["error"]?["message"]?.string == fault)
    }
}

@Test func `a node may not call what is for operators`() async throws {
    let instance = try TestInstance()
    try await instance.serve { _ in
        let answer = try await connected(to: instance, role: "node").call("health")
        #expect(answer?["error"]?["message"] == "unauthorized role: node")
    }
}

@Test func `a bad frame is answered, and what is no JSON is passed over`() async throws {
    let instance = try TestInstance()
    try await instance.serve { _ in
        let client = try await connected(to: instance)
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
    let instance = try TestInstance()
    var limits = ServerLimits()
    limits.tick = .milliseconds(20)
    try await instance.serve(limits: limits) { group in
        let early = try await connected(to: instance)
        var numbers: [Int64?] = []
        for _ in 1...3 { numbers.append(try await early.frame()?["seq"]?.integer) }
        #expect(numbers == [1, 2, 3])
        let late = try await connected(to: instance)
        let tick = try await late.frame()
        #expect(tick?["event"] == "tick")
        #expect(tick?["seq"] == 1)
        #expect(tick?["payload"]?["ts"]?.integer != nil)
    }
}

@Test func `a stop is announced, and the connection closed as a restart`() async throws {
    let instance = try TestInstance()
    var client: WebSocketClient?
    try await instance.serve { _ in client = try await connected(to: instance) }
    let event = try await client?.frame()
    #expect(event?["event"] == "shutdown")
    #expect(event?["payload"]?["reason"]?.string != nil)
    try await #expect(client?.hear() == .closed(code: 1012, reason: "service restart"))
    try await #expect(client?.hear() == .end)
}
