import JSON
import Testing

@testable import Gateway

private let configuration = """
    {"gateway": {"mode": "local", "auth": {"token": "\(TestInstance.token)"}}, "session": {"scope": "global"},
     "agents": {"list": [{"id": "Main", "identity": {"name": "Ada", "emoji": "A"}}, {"id": "ops", "default": true}]}}
    """

@Test(arguments: Carrier.allCases)
func `agents are listed as they are configured`(carrier: Carrier) async throws {
    try await TestInstance(configuration: configuration).open(carrier) { door in
        let client = try await door.connected(scopes: ["operator.read"])
        let list = try await client.call("agents.list")?["payload"]
        #expect(list?["defaultId"] == "ops")
        #expect(list?["scope"] == "global")
        #expect(list?["mainKey"] == "main")
        #expect(
            list?["agents"] == [
                ["id": "main", "identity": ["name": "Ada", "emoji": "A"]], ["id": "ops"],
            ])
    }
}

@Test(
    arguments: [
        ([:], ["agentId": "ops", "name": "Assistant", "avatar": "A"], nil),
        (["agentId": "main"], ["agentId": "main", "name": "Ada", "avatar": "A"], nil),
        (["sessionKey": "agent:main:x"], ["agentId": "main", "name": "Ada", "avatar": "A"], nil),
        (["sessionKey": "other"], ["agentId": "ops", "name": "Assistant", "avatar": "A"], nil),
        (["agentId": "nobody"], nil, #"unknown agent id "nobody""#),
        (
            ["agentId": "ops", "sessionKey": "agent:main:x"], nil,
            #"invalid agent.identity.get params: agent "ops" does not match session key agent "main""#
        ),
    ] as [(JSON, JSON?, String?)], Carrier.allCases)
func `an agent presents itself`(request: (JSON, JSON?, String?), carrier: Carrier) async throws {
    try await TestInstance(configuration: configuration).open(carrier) { door in
        let answer = try await door.connected().call("agent.identity.get", request.0)
        #expect(answer?["payload"] == request.1)
        #expect(answer?["error"]?["message"]?.string == request.2)
    }
}

@Test(arguments: Carrier.allCases)
func `what is not there is said to be none`(carrier: Carrier) async throws {
    try await TestInstance().open(carrier) { door in
        let client = try await door.connected(scopes: ["operator.write"])
        try await #expect(client.call("models.list")?["payload"] == ["models": []])
        try await #expect(client.call("channels.status", ["probe": true])?["payload"]?["channels"] == [:])
        try await #expect(client.call("last-heartbeat")?["payload"] == .null)
        try await #expect(client.call("wake", ["mode": "now", "text": "hello"])?["payload"] == ["ok": true])
        try await #expect(client.call("status")?["payload"]?["queuedSystemEvents"] == ["hello"])
        for (method, fault) in [
            ("skills.status", "unknown method: skills.status"),
            ("exec.approval.request", "missing scope: operator.approvals"),
            ("wizard.start", "missing scope: operator.admin"), ("skills.bins", "unauthorized role: operator"),
        ] {
            try await #expect(client.call(method)?["error"]?["message"]?.string == fault)
        }
    }
}

@Test(arguments: Carrier.allCases)
func `nothing is promised that is not served`(carrier: Carrier) async throws {
    try await TestInstance().open(carrier) { door in
        let client = try await door.client()
        _ = try await client.nonce()
        try client.send(ConnectRequest().json)
        let features = try await client.frame()?["payload"]?["features"]
        let methods = features?["methods"]?.array?.compactMap { $0.string } ?? []
        #expect(methods.count > 20)
        for method in methods {
            // Whatever it makes of a parameter nobody has, it knows the method.
            let message = try await client.call(method, ["noSuchParameter": 1])?["error"]?["message"]?.string ?? ""
            #expect(!message.hasPrefix("unknown method"), "\(method): \(message)")
        }
        #expect(features?["events"]?.array?.contains("presence") == true)
    }
}
