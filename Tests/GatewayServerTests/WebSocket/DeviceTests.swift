import JSON
import Testing

@testable import Gateway

/// A device that asks to be let in from afar, and the id of its request.
private func ask(_ door: Door, _ device: TestDevice, scopes: [String] = []) async throws -> String {
    let error = try await door.attempt(device, scopes: scopes, isRemote: true).answer?["error"]
    #expect(error?["code"] == "NOT_PAIRED")
    return try #require(error?["details"]?["requestId"]?.string)
}

@Test(arguments: Carrier.allCases)
func `a device that asks is shown, let in, and gets a token`(carrier: Carrier) async throws {
    try await TestInstance().open(carrier) { door in
        let owner = try await door.connected()
        let device = try TestDevice()
        let id = try await ask(door, device)
        let event = try await owner.event("device.pair.requested")
        #expect(event?["requestId"]?.string == id)
        #expect(event?["deviceId"]?.string == device.id)
        let pending = try await owner.call("device.pair.list")?["payload"]?["pending"]?.array
        #expect(pending?.map { $0["requestId"] } == [.string(id)])
        #expect(pending?.first?["roles"] == ["operator"])
        #expect(pending?.first?["silent"] == false)
        #expect(pending?.first?["isRepair"] == false)

        let approved = try await owner.call("device.pair.approve", ["requestId": .string(id)])?["payload"]
        #expect(approved?["device"]?["deviceId"]?.string == device.id)
        let list = try await owner.call("device.pair.list")?["payload"]
        #expect(list?["pending"] == [])
        #expect(list?["paired"]?.array?.count == 1)

        let client = try await door.connected(device, isRemote: true)
        try await #expect(client.call("health")?["ok"] == true)
        let tokens = try await owner.call("device.pair.list")?["payload"]?["paired"]?.array?.first?["tokens"]?.array
        #expect(tokens?.first?["role"] == "operator")
        #expect(tokens?.first?["token"] == nil)
    }
}

@Test(arguments: Carrier.allCases)
func `a device turned away is told of, and may ask again`(carrier: Carrier) async throws {
    try await TestInstance().open(carrier) { door in
        let owner = try await door.connected()
        let device = try TestDevice()
        let id = try await ask(door, device)
        try owner.send(
            ["type": "req", "id": "r", "method": "device.pair.reject", "params": ["requestId": .string(id)]])
        let event = try await owner.event("device.pair.resolved")
        #expect(event?["decision"] == "rejected")
        #expect(event?["deviceId"]?.string == device.id)
        try await #expect(ask(door, device) != id)
        let again = try await owner.call("device.pair.reject", ["requestId": .string(id)])
        #expect(again?["error"]?["message"] == "unknown requestId")
    }
}

@Test(arguments: Carrier.allCases)
func `only those who may pair hear of pairing, and may decide`(carrier: Carrier) async throws {
    try await TestInstance().open(carrier) { door in
        let reader = try await door.connected(scopes: ["operator.read", "operator.write"])
        let pairer = try await door.connected(scopes: ["operator.pairing"])
        let id = try await ask(door, TestDevice())
        try await #expect(pairer.event("device.pair.requested") != nil)
        // A reader hears its own answer first: no event came before it.
        try reader.send(["type": "req", "id": "h", "method": "health"])
        try await #expect(reader.frame()?["id"] == "h")
        let refusal = try await reader.call("device.pair.approve", ["requestId": .string(id)])
        #expect(refusal?["error"]?["message"] == "missing scope: operator.pairing")
        // The device asks for everything, which whoever may only pair cannot give.
        let beyond = try await pairer.call("device.pair.approve", ["requestId": .string(id)])
        #expect(beyond?["error"]?["message"] == "missing scope: operator.admin")
        let modest = try await ask(door, TestDevice(seed: 8), scopes: ["operator.pairing"])
        try await #expect(pairer.call("device.pair.approve", ["requestId": .string(modest)])?["ok"] == true)
    }
}

@Test(arguments: Carrier.allCases)
func `a token made anew opens, and the one before does not`(carrier: Carrier) async throws {
    let device = try TestDevice()
    try await TestInstance().open(carrier) { door in
        let owner = try await door.connected()
        _ = try await door.connected(device)
        let params: JSON = ["deviceId": .string(device.id), "role": "operator"]
        let first = try await owner.call("device.token.rotate", params)?["payload"]
        #expect(first?["scopes"] == ["operator.admin"])
        let second = try await owner.call("device.token.rotate", params)?["payload"]
        let (old, new) = (first?["token"]?.string, second?["token"]?.string)
        #expect(old?.count == 32)
        #expect(old != new)
        _ = try await door.connected(device) { $0.token = new }
        let refusal = try await door.attempt(device) { $0.token = old }.answer?["error"]?["message"]?.string
        #expect(refusal?.hasPrefix("unauthorized: gateway token mismatch") == true)
    }
}

@Test(arguments: Carrier.allCases)
func `a token taken away opens nothing, and ends what it had opened`(carrier: Carrier) async throws {
    let device = try TestDevice()
    try await TestInstance().open(carrier) { door in
        let owner = try await door.connected()
        let client = try await door.connected(device)
        let params: JSON = ["deviceId": .string(device.id), "role": "operator"]
        let token = try await owner.call("device.token.rotate", params)?["payload"]?["token"]?.string
        let answer = try await owner.call("device.token.revoke", params)
        #expect(answer?["payload"]?["revokedAtMs"]?.integer != nil)
        try await #expect(client.hear() == .closed(code: 1008, reason: "device token revoked"))
        let refusal = try await door.attempt(device) { $0.token = token }.answer?["error"]?["message"]?.string
        #expect(refusal?.hasPrefix("unauthorized: gateway token mismatch") == true)
        try await #expect(
            owner.call("device.token.revoke", params)?["error"]?["message"] == "unknown deviceId/role")
        // The shared token lets it in again, and it gets a token of its own.
        _ = try await door.connected(device)
    }
}

@Test(
    arguments: [
        (["deviceId": "nobody", "role": "operator"], "unknown deviceId/role"),
        (["deviceId": "DEVICE", "role": "king"], "unknown deviceId/role"),
        (["deviceId": "DEVICE", "role": "node"], "unknown deviceId/role"),
        (
            ["deviceId": "DEVICE", "role": "operator", "scopes": ["operator.admin"]],
            "scopes beyond those the device was let in with"
        ),
    ] as [(JSON, String)], Carrier.allCases)
func `no token is made for what was never let in`(request: (JSON, String), carrier: Carrier) async throws {
    let device = try TestDevice()
    try await TestInstance().open(carrier) { door in
        let owner = try await door.connected()
        _ = try await door.connected(device, scopes: ["operator.read"])
        guard case .object(var params) = request.0 else { return }
        if params["deviceId"] == "DEVICE" { params["deviceId"] = .string(device.id) }
        let answer = try await owner.call("device.token.rotate", .object(params))
        #expect(answer?["error"]?["message"]?.string == request.1)
    }
}

@Test(arguments: Carrier.allCases)
func `a node has no scopes, and what a device may do in one role it may do in no other`(
    carrier: Carrier
) async throws {
    let device = try TestDevice()
    try await TestInstance().open(carrier) { door in
        let owner = try await door.connected()
        let pairer = try await door.connected(scopes: ["operator.pairing", "operator.read"])
        let reading = try await ask(door, device, scopes: ["operator.read"])
        try await #expect(pairer.call("device.pair.approve", ["requestId": .string(reading)])?["ok"] == true)
        // As a node it asks for what it does not get as an operator.
        for isRemote in [true, false] {
            let refused = try await door.attempt(
                device, scopes: ["operator.admin"], role: "node", isRemote: isRemote
            ).answer?["error"]
            #expect(refused?["message"] == "a node has no scopes; connect as an operator for operator.admin")
        }
        let noDevice = try await door.client()
        _ = try await noDevice.nonce()
        try noDevice.send(ConnectRequest(role: "node", scopes: ["operator.read"]).json)
        try await #expect(noDevice.frame()?["ok"] == false)
        // Without any it may be one.
        let node = try await door.attempt(device, role: "node", isRemote: true).answer?["error"]
        let id = try #require(node?["details"]?["requestId"])
        try await #expect(pairer.call("device.pair.approve", ["requestId": id])?["ok"] == true)
        let hello = try await door.attempt(device, role: "node", isRemote: true).answer?["payload"]
        #expect(hello?["auth"]?["role"] == "node")
        #expect(hello?["auth"]?["scopes"] == [])
        // And is no more of an operator for it.
        let admin = try await door.attempt(device, scopes: ["operator.admin"], isRemote: true).answer?["error"]
        #expect(admin?["message"] == "pairing required")
        let asked = try #require(admin?["details"]?["requestId"])
        let beyond = try await pairer.call("device.pair.approve", ["requestId": asked])
        #expect(beyond?["error"]?["message"] == "missing scope: operator.admin")
        for scopes in [["operator.admin"], ["operator.read", "operator.write"]] as [JSON] {
            let rotated = try await owner.call(
                "device.token.rotate", ["deviceId": .string(device.id), "role": "operator", "scopes": scopes])
            #expect(rotated?["error"]?["message"] == "scopes beyond those the device was let in with")
        }
        _ = try await door.connected(device, scopes: ["operator.read"], isRemote: true)
        let paired = try await owner.call("device.pair.list")?["payload"]?["paired"]?.array?.first
        #expect(paired?["scopes"] == ["operator.read"])
        #expect(
            paired?["grants"] == [
                ["role": "operator", "scopes": ["operator.read"]], ["role": "node", "scopes": []],
            ])
    }
}
