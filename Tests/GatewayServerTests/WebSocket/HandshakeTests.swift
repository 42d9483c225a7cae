import Gateway
import JSON
import Testing

@testable import GatewayProtocol
@testable import Time

/// A first message that is refused, and how.
struct Refusal: Sendable, CustomTestStringConvertible {
    var testDescription: String
    /// What the client says, knowing the nonce.
    var say: @Sendable (String) throws -> String
    var isRemote = false
    /// The error in the answer; nil when there is no answer.
    var code: String?
    var message: String?
    var close: UInt16 = 1008
    var reason: String?

    init(
        _ description: String, remote: Bool = false, _ code: String?, _ message: String?, close: UInt16 = 1008,
        reason: String? = nil, say: @escaping @Sendable (String) throws -> String
    ) {
        testDescription = description
        self.say = say
        isRemote = remote
        self.code = code
        self.message = message
        self.close = close
        self.reason = reason
    }
}

/// The moment all of these tests take place at, in milliseconds.
private let now: Int64 = 1_700_000_000_000

private func connect(_ change: (inout ConnectRequest) throws -> Void = { _ in }) rethrows -> String {
    var request = ConnectRequest()
    try change(&request)
    return request.json.text()
}

/// `device` with one member replaced.
private func forged(_ device: JSON, _ name: String, _ value: JSON) -> JSON {
    guard case .object(var object) = device else { return device }
    object[name] = value
    return .object(object)
}

private let cliHint = "set gateway.remote.token to match gateway.auth.token"
private let refusals = [
    Refusal("no JSON", nil, nil, close: 1000, reason: "") { _ in "hello" },
    Refusal("no request frame", nil, nil, reason: "invalid request frame") { _ in #"{"type":"event","event":"x"}"# },
    Refusal("an id that is empty", nil, nil, reason: "invalid request frame") { _ in
        #"{"type":"req","id":"","method":"connect"}"#
    },
    Refusal("another method", "INVALID_REQUEST", "invalid handshake: first request must be connect") { _ in
        #"{"type":"req","id":"c","method":"health"}"#
    },
    Refusal(
        "no params", "INVALID_REQUEST",
        "invalid connect params: must have required property 'minProtocol'; must have required property 'maxProtocol'; "
            + "must have required property 'client'"
    ) { _ in #"{"type":"req","id":"c","method":"connect","params":{}}"# },
    Refusal(
        "an unknown client", "INVALID_REQUEST",
        "invalid connect params: at /client/id: must be equal to constant; at /client/id: must match a schema in anyOf"
    ) { _ in connect { $0.clientID = "evil" } },
    Refusal("a property too many", "INVALID_REQUEST", "invalid connect params: at root: unexpected property 'extra'") {
        _ in connect { $0.extra = 1 }
    },
    Refusal("a newer protocol", "INVALID_REQUEST", "protocol mismatch", close: 1002) { _ in
        connect { ($0.minProtocol, $0.maxProtocol) = (4, 5) }
    },
    Refusal("an older protocol", "INVALID_REQUEST", "protocol mismatch", close: 1002) { _ in
        connect { ($0.minProtocol, $0.maxProtocol) = (1, 2) }
    },
    Refusal("an unknown role", "INVALID_REQUEST", "invalid role") { _ in connect { $0.role = "king" } },
    Refusal(
        "the control page without a device", "INVALID_REQUEST",
        "control ui requires HTTPS or localhost (secure context)"
    ) { _ in connect { ($0.clientID, $0.mode) = ("moltbot-control-ui", "ui") } },
    Refusal("neither device nor token", "NOT_PAIRED", "device identity required") { _ in connect { $0.token = nil } },
    Refusal("a password instead of a device", "NOT_PAIRED", "device identity required") { _ in
        connect { ($0.token, $0.password) = (nil, "secret") }
    },
    Refusal("a device id that is not the key's", "INVALID_REQUEST", "device identity mismatch") { nonce in
        let device = try TestDevice().proof(nonce: nonce, signedAt: now)
        return connect { $0.device = forged(device, "id", "0000") }
    },
    Refusal("a key that is none", "INVALID_REQUEST", "device identity mismatch") { nonce in
        let device = try TestDevice().proof(nonce: nonce, signedAt: now)
        return connect { $0.device = forged(device, "publicKey", "***") }
    },
    Refusal("a signature of long ago", "INVALID_REQUEST", "device signature expired") { nonce in
        let device = try TestDevice().proof(nonce: nonce, signedAt: now - 600_001)
        return connect { $0.device = device }
    },
    Refusal("a signature of the future", "INVALID_REQUEST", "device signature expired") { nonce in
        let device = try TestDevice().proof(nonce: nonce, signedAt: now + 600_001)
        return connect { $0.device = device }
    },
    Refusal("a time beyond all times", "INVALID_REQUEST", "device signature expired") { nonce in
        let device = try TestDevice().proof(nonce: nonce, signedAt: .max)
        return connect { $0.device = device }
    },
    Refusal("no nonce from afar", remote: true, "INVALID_REQUEST", "device nonce required") { _ in
        let device = try TestDevice().proof(nonce: nil, signedAt: now)
        return connect { $0.device = device }
    },
    Refusal("another connection's nonce", "INVALID_REQUEST", "device nonce mismatch") { _ in
        let device = try TestDevice().proof(nonce: "other", signedAt: now)
        return connect { $0.device = device }
    },
    Refusal("a signature over another token", "INVALID_REQUEST", "device signature invalid") { nonce in
        let device = try TestDevice().proof(nonce: nonce, signedAt: now, token: "other")
        return connect { $0.device = device }
    },
    Refusal("a signature over other scopes", "INVALID_REQUEST", "device signature invalid") { nonce in
        let device = try TestDevice().proof(nonce: nonce, signedAt: now)
        return connect { ($0.device, $0.scopes) = (device, ["operator.admin"]) }
    },
    Refusal("a wrong token", "INVALID_REQUEST", "unauthorized: gateway token mismatch (\(cliHint))") { _ in
        connect { $0.token = "wrong" }
    },
    Refusal("a token that only begins right", "INVALID_REQUEST", "unauthorized: gateway token mismatch (\(cliHint))") {
        _ in connect { $0.token = String(TestInstance.token.dropLast()) }
    },
    Refusal("a device without a token", "INVALID_REQUEST", "unauthorized: gateway token missing (\(cliHint))") {
        nonce in
        let device = try TestDevice().proof(nonce: nonce, signedAt: now, token: nil)
        return connect { ($0.device, $0.token) = (device, nil) }
    },
    Refusal(
        "a page with a wrong token", "INVALID_REQUEST",
        "unauthorized: gateway token mismatch (open a tokenized dashboard URL or paste token in Control UI settings)"
    ) { _ in connect { ($0.clientID, $0.mode, $0.token) = ("webchat", "webchat", "wrong") } },
    Refusal(
        "a program with a wrong token", "INVALID_REQUEST",
        "unauthorized: gateway token mismatch (provide gateway auth token)"
    ) { _ in connect { ($0.clientID, $0.mode, $0.token) = ("gateway-client", "backend", "wrong") } },
    Refusal("a new device from afar", remote: true, "NOT_PAIRED", "pairing required") { nonce in
        let device = try TestDevice().proof(nonce: nonce, signedAt: now)
        return connect { $0.device = device }
    },
]

private func withClient(
    _ carrier: Carrier, of instance: TestInstance, isRemote: Bool = false,
    _ body: (any ProtocolClient) async throws -> Void
) async throws {
    try await instance.open(carrier, clock: WallClock { now }) { door in
        try await body(door.client(isRemote: isRemote))
    }
}

@Test(arguments: refusals, Carrier.allCases)
func `a handshake is refused with the words and the code clients know`(refusal: Refusal, carrier: Carrier) async throws
{
    try await withClient(carrier, of: TestInstance(), isRemote: refusal.isRemote) { client in
        let nonce = try await client.nonce()
        try client.send(refusal.say(nonce))
        if let code = refusal.code {
            let answer = try await client.frame()
            #expect(answer?["ok"] == false)
            #expect(answer?["id"] == "c")
            #expect(answer?["error"]?["code"]?.string == code)
            #expect(answer?["error"]?["message"]?.string == refusal.message)
        }
        let reason = refusal.reason ?? CloseReason.policy(refusal.message ?? "").text
        try await #expect(client.hear() == .closed(code: refusal.close, reason: reason))
    }
}

@Test(arguments: Carrier.allCases)
func `the first thing heard is the challenge`(carrier: Carrier) async throws {
    try await withClient(carrier, of: TestInstance()) { client in
        let event = try await client.frame()
        #expect(event?["type"] == "event")
        #expect(event?["event"] == "connect.challenge")
        #expect(event?["seq"] == nil)
        #expect(event?["payload"]?["ts"]?.integer == now)
        #expect(event?["payload"]?["nonce"]?.string?.count == 36)
    }
}

@Test(arguments: Carrier.allCases)
func `whoever has the token is told how things stand`(carrier: Carrier) async throws {
    let instance = try TestInstance()
    try await withClient(carrier, of: instance) { client in
        _ = try await client.nonce()
        try client.send(ConnectRequest().json)
        let hello = try await client.frame()?["payload"]
        #expect(hello?["type"] == "hello-ok")
        #expect(hello?["protocol"] == 3)
        let methods = try #require(hello?["features"]?["methods"]?.array)
        #expect(methods.contains("health"))
        // Nothing is promised that is not served.
        #expect(!methods.contains("wizard.start"))
        #expect(hello?["snapshot"]?["stateDir"]?.string == "\(instance.directory)/.mazelclaw-test")
        #expect(hello?["snapshot"]?["presence"]?.array?.first?["reason"] == "self")
        #expect(hello?["snapshot"]?["sessionDefaults"]?["mainSessionKey"] == "agent:main:main")
        #expect(hello?["canvasHostUrl"]?.string == "http://127.0.0.1:\(instance.port)")
        #expect(hello?["policy"] == ["maxPayload": 524288, "maxBufferedBytes": 1_572_864, "tickIntervalMs": 30000])
        // Only a device gets a token of its own.
        #expect(hello?["auth"] == nil)
    }
}

@Test(arguments: Carrier.allCases, [1, 2, 3])
func `a local device is let in and given a token that opens again`(carrier: Carrier, version: Int) async throws {
    let instance = try TestInstance()
    let device = try TestDevice()
    var token: String?
    try await withClient(carrier, of: instance) { client in
        let nonce = try await client.nonce()
        var request = ConnectRequest()
        request.device = try device.proof(nonce: version == 1 ? nil : nonce, signedAt: now, version: version)
        try client.send(request.json)
        let auth = try await client.frame()?["payload"]?["auth"]
        #expect(auth?["role"] == "operator")
        #expect(auth?["scopes"] == ["operator.admin"])
        token = auth?["deviceToken"]?.string
        #expect(token?.count == 32)
    }
    // A new gateway on the same state directory: what was promised is on disk.
    try await withClient(carrier, of: instance) { client in
        let nonce = try await client.nonce()
        var request = ConnectRequest()
        request.token = token
        request.device = try device.proof(nonce: nonce, signedAt: now, token: token)
        try client.send(request.json)
        try await #expect(client.frame()?["payload"]?["auth"]?["deviceToken"]?.string == token)
    }
    // The token is the device's: another device does not get in with it.
    try await withClient(carrier, of: instance) { client in
        let nonce = try await client.nonce()
        var request = ConnectRequest()
        request.token = token
        request.device = try TestDevice(seed: 8).proof(nonce: nonce, signedAt: now, token: token)
        try client.send(request.json)
        try await #expect(client.frame()?["error"]?["message"]?.string?.hasPrefix("unauthorized: ") == true)
    }
}

@Test(arguments: Carrier.allCases)
func `a password lets a device in where a password is asked for`(carrier: Carrier) async throws {
    let instance = try TestInstance(
        configuration: #"{"gateway": {"mode": "local", "auth": {"mode": "password", "password": "secret"}}}"#)
    for (password, isLetIn) in [("secret", true), ("wrong", false)] {
        try await withClient(carrier, of: instance) { client in
            let nonce = try await client.nonce()
            var request = ConnectRequest()
            (request.token, request.password) = (nil, password)
            request.device = try TestDevice().proof(nonce: nonce, signedAt: now, token: nil)
            try client.send(request.json)
            try await #expect(client.frame()?["ok"]?.bool == isLetIn)
        }
    }
}

@Test(arguments: Carrier.allCases)
func `a pairing request names itself, the same each time`(carrier: Carrier) async throws {
    let instance = try TestInstance()
    var requests: [String?] = []
    for _ in 1...2 {
        try await withClient(carrier, of: instance, isRemote: true) { client in
            let nonce = try await client.nonce()
            var request = ConnectRequest()
            request.device = try TestDevice().proof(nonce: nonce, signedAt: now)
            try client.send(request.json)
            requests.append(try await client.frame()?["error"]?["details"]?["requestId"]?.string)
        }
    }
    #expect(requests[0] != nil)
    #expect(requests[0] == requests[1])
}
