import JSON
import Testing

@testable import Configuration
@testable import Gateway
@testable import Storage

private let node: JSON = ["nodeId": "n1", "displayName": "Shed", "platform": "linux", "caps": ["camera"]]

@Test(arguments: Carrier.allCases)
func `a node asks, is paired, and is known by its token from then on`(carrier: Carrier) async throws {
    let (instance, now) = (try TestInstance(), TestClock(at: 1_767_225_600_000))
    var token: JSON?
    try await instance.open(carrier, clock: now.clock) { door in
        let asker = try await door.connected(scopes: ["operator.pairing"])
        let owner = try await door.connected()
        let asked = try await asker.call("node.pair.request", node)?["payload"]
        #expect(asked?["status"] == "pending")
        #expect(asked?["created"] == true)
        let request = try #require(asked?["request"])
        #expect(request["displayName"] == "Shed")
        #expect(request["isRepair"] == nil)
        try await #expect(owner.event("node.pair.requested") == request)
        // Asked again, it is the same request, and no news.
        let again = try await asker.call("node.pair.request", ["nodeId": "n1"])?["payload"]
        #expect(again?["created"] == false)
        #expect(again?["request"] == request)
        try await #expect(asker.call("node.pair.list")?["payload"] == ["pending": [request], "paired": []])

        let id: JSON = ["requestId": request["requestId"] ?? .null]
        let approved = try await asker.call("node.pair.approve", id)?["payload"]?["node"]
        token = approved?["token"]
        #expect(token?.string?.count == 32)
        #expect(approved?["caps"] == ["camera"])
        let resolved = try await owner.event("node.pair.resolved")
        #expect(resolved?["decision"] == "approved")
        #expect(resolved?["nodeId"] == "n1")
        try await #expect(asker.call("node.pair.approve", id)?["error"]?["message"] == "unknown requestId")
        let name: JSON = ["nodeId": "n1", "displayName": "Garden"]
        try await #expect(asker.call("node.rename", name)?["payload"] == name)
        try await #expect(
            asker.call("node.rename", ["nodeId": "n2", "displayName": "x"])?["error"]?["message"] == "unknown nodeId")
        let list = try await asker.call("node.pair.list")?["payload"]
        #expect(list?["pending"] == [])
        #expect(list?["paired"]?.array?.count == 1)
        #expect(list?["paired"]?.array?.first?["displayName"] == "Garden")
        #expect(list?["paired"]?.array?.first?["token"] == nil)
        #expect(list?["paired"]?.array?.first?["tokenDigest"] == nil)
    }
    // After a restart, too; and what stands on disk is not the token.
    let text = try #require(token?.string)
    let database = try InstanceDatabase(stateDirectory: instance.configuration.instance.stateDirectory.value)
    let kept = try database.readNow { try PairingRows<PairedNode>(in: $0).map { $0.json.text() } }
    #expect(kept.count == 1)
    #expect(kept.allSatisfy { !$0.contains(text) })
    try database.close()
    try await instance.open(carrier, clock: now.clock) { door in
        let client = try await door.connected()
        func verify(_ id: JSON, _ token: JSON) async throws -> JSON? {
            try await client.call("node.pair.verify", ["nodeId": id, "token": token])?["payload"]
        }
        let verified = try await verify("n1", .string(text))
        #expect(verified?["ok"] == true)
        #expect(verified?["node"]?["displayName"] == "Garden")
        #expect(verified?["node"]?["token"] == nil)
        try await #expect(verify("n1", "0123456789abcdef0123456789abcdef") == ["ok": false])
        try await #expect(verify("n2", .string(text)) == ["ok": false])
        // Paired again, it has another token.
        let request = try await client.call("node.pair.request", node)?["payload"]?["request"]
        #expect(request?["isRepair"] == true)
        _ = try await client.call("node.pair.approve", ["requestId": request?["requestId"] ?? .null])
        try await #expect(verify("n1", .string(text)) == ["ok": false])
    }
}

@Test func `a node that is turned away, or waits too long, has to ask again`() async throws {
    let (instance, now) = (try TestInstance(), TestClock(at: 1_767_225_600_000))
    try await instance.open(.direct, clock: now.clock) { door in
        let client = try await door.connected()
        func request() async throws -> JSON {
            try await client.call("node.pair.request", node)?["payload"]?["request"]?["requestId"] ?? .null
        }
        let first = try await request()
        try await #expect(
            client.call("node.pair.reject", ["requestId": first])?["payload"] == ["requestId": first, "nodeId": "n1"])
        let second = try await request()
        #expect(second != first)
        now.advance(by: NodePairingRequest.lifetime + 1)
        for method in ["node.pair.approve", "node.pair.reject"] {
            let answer = try await client.call(method, ["requestId": second])
            #expect(answer?["error"]?["message"] == "unknown requestId")
        }
        try await #expect(client.call("node.pair.list")?["payload"] == ["pending": [], "paired": []])
        try await #expect(request() != second)
    }
}

@Test func `pairing of nodes is for those who may pair`() async throws {
    try await TestInstance().open(.direct) { door in
        let writer = try await door.connected(scopes: ["operator.write"])
        let admin = try await door.connected()
        for (method, params) in [
            ("node.pair.request", node), ("node.pair.list", [:]), ("node.pair.approve", ["requestId": "x"]),
            ("node.pair.reject", ["requestId": "x"]), ("node.pair.verify", ["nodeId": "n1", "token": "t"]),
        ] as [(String, JSON)] {
            try await #expect(
                writer.call(method, params)?["error"]?["message"] == "missing scope: operator.pairing", "\(method)")
        }
        _ = try await admin.call("node.pair.request", node)
        door.gateway.tick()
        while let frame = try await writer.frame(), frame["event"] != "tick" {
            #expect(frame["event"] != "node.pair.requested")
        }
    }
}
