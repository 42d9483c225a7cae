import Dispatch
import JSON
import Testing

@testable import Gateway
@testable import GatewayProtocol
@testable import Storage
@testable import Time

/// The database's writer, kept busy until it is let go: a disk that does not answer.
private final class HeldWriter: Sendable {
    private let gate = DispatchSemaphore(value: 0)
    private let writing: Task<Void, any Error>

    /// Returns when the writer is busy: nobody's change is kept from then on.
    init(_ database: InstanceDatabase) async {
        let (begun, begin) = AsyncStream.makeStream(of: Void.self)
        writing = Task { [gate] in
            try await database.write { _ in
                begin.finish()
                gate.wait()
            }
        }
        for await _ in begun {}
    }

    func end() async throws {
        gate.signal()
        try await writing.value
    }
}

/// A gateway that is served, an owner who is connected, and one more client, all on the same event loops.
private func withGateway(
    _ body: (Gateway, _ owner: WebSocketClient, _ other: WebSocketClient, _ port: UInt16) async throws -> Void
) async throws {
    let instance = try TestInstance()
    let gateway = try instance.gateway()
    try await instance.serve(gateway) { _ in
        var clients: [WebSocketClient] = []
        for _ in 0..<2 {
            let client = try await WebSocketClient(port: instance.port)
            try await client.enter(ConnectRequest())
            clients.append(client)
        }
        try await body(gateway, clients[0], clients[1], instance.port)
    }
}

/// Every way to make the gateway keep something about who may come in.
private let changes: [(method: String, params: JSON)] = [
    ("device.pair.approve", ["requestId": "r"]), ("device.pair.reject", ["requestId": "r"]),
    ("device.token.rotate", ["deviceId": "d", "role": "operator"]),
    ("device.token.revoke", ["deviceId": "d", "role": "operator"]),
    ("node.pair.request", ["nodeId": "n"]), ("node.pair.approve", ["requestId": "r"]),
    ("node.rename", ["nodeId": "d", "displayName": "x"]),
]

@Test(arguments: changes)
func `the event loop answers others while a change of pairing is being kept`(
    change: (method: String, params: JSON)
) async throws {
    try await withGateway { gateway, owner, other, port in
        let request = PairingRequest(
            id: "r", deviceID: "d", publicKey: "key", displayName: nil, platform: "linux", clientID: "cli",
            clientMode: "cli", role: .operator, scopes: ["operator.read"], remoteAddress: "192.0.2.1",
            createdAt: gateway.services.clock.milliseconds)
        var params = change.params
        if change.method.hasPrefix("device.token") || change.method == "node.rename" {
            var device = request
            if change.method == "node.rename" { device.role = .node }
            try await gateway.services.access.devices.approve(device)
            _ = try await gateway.services.access.devices.token(device: "d", role: device.role, scopes: device.scopes)
        } else if change.method.hasPrefix("device") {
            _ = try await gateway.services.access.devices.request(request)
        } else if change.method == "node.pair.approve" {
            params = [
                "requestId": .string(try await gateway.services.nodeStore.request("n", [:], isSilent: true).request.id)
            ]
        }
        let writer = await HeldWriter(gateway.database)
        try owner.send(["type": "req", "id": "change", "method": .string(change.method), "params": params])
        // The owner's connection comes next on its loop, and any other loop too: all of them answer.
        try owner.send(["type": "req", "id": "after", "method": "device.pair.list"])
        var frame = try await owner.frame()
        while frame?["type"] == "event" { frame = try await owner.frame() }
        #expect(frame?["id"] == "after", "\(frame ?? .null)")
        for _ in 0..<4 { try await #expect(other.call("health")?["ok"] == true) }
        try await #expect(HTTPAnswer.get(port, "/health").json?["ok"] == true)
        try await writer.end()
        repeat { frame = try await owner.frame() } while frame?["type"] == "event"
        #expect(frame?["id"] == "change")
        #expect(frame?["ok"] == true, "\(frame ?? .null)")
    }
}

@Test func `the event loop answers others while a device that comes in is being paired`() async throws {
    try await withGateway { gateway, _, other, port in
        let writer = await HeldWriter(gateway.database)
        let device = try TestDevice()
        let client = try await WebSocketClient(port: port)
        let nonce = try await client.nonce()
        var request = ConnectRequest()
        request.device = try device.proof(nonce: nonce, signedAt: gateway.services.clock.milliseconds)
        try client.send(request.json)
        // What it asks for before it was answered is answered after that.
        try client.send(["type": "req", "id": "early", "method": "health"])
        for _ in 0..<4 { try await #expect(other.call("health")?["ok"] == true) }
        try await #expect(HTTPAnswer.get(port, "/health").json?["ok"] == true)
        #expect(gateway.services.access.devices.paired(device.id) == nil)
        try await writer.end()
        let hello = try await client.frame()
        #expect(hello?["id"] == "c")
        #expect(hello?["payload"]?["auth"]?["deviceToken"]?.string != nil, "\(hello ?? .null)")
        var frame = try await client.frame()
        while frame?["type"] == "event" { frame = try await client.frame() }
        #expect(frame?["id"] == "early")
        #expect(frame?["ok"] == true)
        // Known by now, it is let in while nothing can be kept.
        let again = await HeldWriter(gateway.database)
        let second = try await WebSocketClient(port: port)
        request.device = try await device.proof(nonce: second.nonce(), signedAt: gateway.services.clock.milliseconds)
        try second.send(request.json)
        try await #expect(second.frame()?["ok"] == true)
        try await again.end()
    }
}

@Test func `a device that floods before it is paired is sent away`() async throws {
    try await withGateway { gateway, _, _, port in
        let writer = await HeldWriter(gateway.database)
        let client = try await WebSocketClient(port: port)
        var request = ConnectRequest()
        request.device = try await TestDevice().proof(
            nonce: client.nonce(), signedAt: gateway.services.clock.milliseconds)
        try client.send(request.json)
        for number in 0..<20 { try client.send(["type": "req", "id": .string("\(number)"), "method": "health"]) }
        #expect(try await client.hear() == .closed(code: 1008, reason: "wait for the answer to connect"))
        try await writer.end()
    }
}
