import Testing

@testable import Gateway
@testable import GatewayProtocol
@testable import Storage
@testable import Text

private func request(
    _ id: String, device: String, role: Role = .operator, scopes: [String] = ["operator.admin"], at time: Int64
) -> PairingRequest {
    PairingRequest(
        id: id, deviceID: device, publicKey: "key", displayName: nil, platform: "linux", clientID: "cli",
        clientMode: "cli", role: role, scopes: scopes, remoteAddress: "192.0.2.1", createdAt: time)
}

@Test func `a device let in is still in after a restart, with its token`() async throws {
    let directory = try TemporaryDirectory()
    let store = try DeviceStore(database: InstanceDatabase(stateDirectory: directory.path))
    try await store.approve(request("r", device: "d", at: 1))
    let issued = try await store.token(device: "d", role: .operator, scopes: ["operator.admin"])
    let token = try #require(issued)

    let reopened = try DeviceStore(database: InstanceDatabase(stateDirectory: directory.path))
    #expect(reopened.isPaired(id: "d", publicKey: "key", role: .operator, scopes: ["operator.admin"]))
    #expect(reopened.accepts(token.secret, device: "d", role: .operator, scopes: ["operator.admin"]))
    #expect(try await reopened.token(device: "d", role: .operator, scopes: [])?.secret.matches(token.secret) == true)
}

@Test func `a device gets in only with its own key, role and scopes`() async throws {
    let directory = try TemporaryDirectory()
    let store = try DeviceStore(database: InstanceDatabase(stateDirectory: directory.path))
    try await store.approve(request("r", device: "d", scopes: ["operator.read"], at: 1))
    #expect(store.isPaired(id: "d", publicKey: "key", role: .operator, scopes: ["operator.read"]))
    #expect(!store.isPaired(id: "d", publicKey: "other", role: .operator, scopes: ["operator.read"]))
    #expect(!store.isPaired(id: "d", publicKey: "key", role: .node, scopes: []))
    #expect(!store.isPaired(id: "d", publicKey: "key", role: .operator, scopes: ["operator.admin"]))
}

@Test func `a token opens no more than it was given for`() async throws {
    let directory = try TemporaryDirectory()
    let store = try DeviceStore(database: InstanceDatabase(stateDirectory: directory.path))
    try await store.approve(request("r", device: "d", scopes: ["operator.read"], at: 1))
    let issued = try await store.token(device: "d", role: .operator, scopes: ["operator.read"])
    let token = try #require(issued).secret
    #expect(store.accepts(token, device: "d", role: .operator, scopes: ["operator.read"]))
    #expect(!store.accepts(token, device: "d", role: .operator, scopes: ["operator.admin"]))
    #expect(!store.accepts(token, device: "e", role: .operator, scopes: []))
    #expect(!store.accepts(.random(byteCount: 16), device: "d", role: .operator, scopes: []))
}

@Test func `a request tells whether its device was let in before, also after a restart`() async throws {
    let directory = try TemporaryDirectory()
    let clock = TestClock(at: 1).clock
    let store = try DeviceStore(database: InstanceDatabase(stateDirectory: directory.path), clock: clock)
    try await store.approve(request("r", device: "d", scopes: ["operator.read"], at: 1))
    #expect(try await !store.request(request("a", device: "e", at: 1)).request.isRepair)
    #expect(try await store.request(request("b", device: "d", at: 1)).request.isRepair)
    let reopened = try DeviceStore(database: InstanceDatabase(stateDirectory: directory.path), clock: clock)
    #expect(reopened.pending.map(\.isRepair) == [false, true])
}

@Test func `asking again is the same request, until it is too old`() async throws {
    let directory = try TemporaryDirectory()
    let now = TestClock(at: 0)
    let store = try DeviceStore(database: InstanceDatabase(stateDirectory: directory.path), clock: now.clock)
    let first = try await store.request(request("a", device: "d", at: 0))
    let again = try await store.request(request("b", device: "d", at: 0))
    #expect(first.isNew)
    #expect(!again.isNew)
    #expect(again.request.id == "a")
    now.advance(by: PairingRequest.lifetime + 1)
    #expect(try await store.request(request("c", device: "d", at: now.milliseconds)).request.id == "c")
}

@Test func `what an earlier version kept in files is taken over once`() async throws {
    let directory = try TemporaryDirectory()
    try directory.write(
        """
        {"d": {"deviceId": "d", "publicKey": "key", "roles": ["operator"], "scopes": ["operator.read"], "tokens":
        {"operator": {"token": "0123456789abcdef0123456789abcdef", "role": "operator", "scopes": []}}}}
        """, to: "devices/paired.json")
    try directory.write(
        #"{"r": {"requestId": "r", "deviceId": "e", "publicKey": "k", "role": "operator", "ts": 5}}"#,
        to: "devices/pending.json")
    let store = try DeviceStore(
        database: InstanceDatabase(stateDirectory: directory.path), clock: TestClock(at: 6).clock)
    #expect(store.isPaired(id: "d", publicKey: "key", role: .operator, scopes: ["operator.read"]))
    let token = try #require(Secret("0123456789abcdef0123456789abcdef"))
    #expect(store.accepts(token, device: "d", role: .operator, scopes: []))
    #expect(store.pending.map(\.id) == ["r"])
    #expect(try directory.read("devices/paired.json.imported").contains("operator.read"))
    // One that loses its token afterwards does not get it back from the file.
    #expect(try await store.revoke(device: "d", role: .operator))
    let reopened = try DeviceStore(database: InstanceDatabase(stateDirectory: directory.path))
    #expect(reopened.isPaired(id: "d", publicKey: "key", role: .operator, scopes: []))
    #expect(!reopened.accepts(token, device: "d", role: .operator, scopes: []))
}

@Test(arguments: ["paired.json", "pending.json"])
func `a damaged file is an error, not an empty store`(name: String) throws {
    let directory = try TemporaryDirectory()
    try directory.write("{", to: "devices/\(name)")
    let database = try InstanceDatabase(stateDirectory: directory.path)
    #expect { try DeviceStore(database: database) } throws: { "\($0)".contains(name) }
    #expect(try directory.read("devices/\(name)") == "{")
}

@Test func `what a device may do in one role says nothing about another, also after a restart`() async throws {
    let directory = try TemporaryDirectory()
    let store = try DeviceStore(database: InstanceDatabase(stateDirectory: directory.path))
    try await store.approve(request("r", device: "d", scopes: ["operator.read"], at: 1))
    try await store.approve(request("n", device: "d", role: .node, scopes: ["operator.admin"], at: 2))
    let reopened = try DeviceStore(database: InstanceDatabase(stateDirectory: directory.path))
    for store in [store, reopened] {
        func isPaired(_ role: Role, _ scopes: [String]) -> Bool {
            store.isPaired(id: "d", publicKey: "key", role: role, scopes: scopes)
        }
        #expect(isPaired(.operator, ["operator.read"]))
        #expect(isPaired(.node, []))
        #expect(!isPaired(.operator, ["operator.admin"]))
        #expect(!isPaired(.node, ["operator.admin"]))
        #expect(!isPaired(.node, ["operator.read"]))
    }
}

@Test func `one role let in leaves what was asked for another to be decided`() async throws {
    let directory = try TemporaryDirectory()
    let database = try InstanceDatabase(stateDirectory: directory.path)
    let store = try DeviceStore(database: database, clock: TestClock(at: 5).clock)
    for request in [
        request("r", device: "d", scopes: ["operator.read"], at: 5), request("w", device: "d", at: 5),
        request("n", device: "d", role: .node, scopes: [], at: 5),
    ] { _ = try await store.request(request) }
    try await store.approve(request("r", device: "d", scopes: ["operator.read"], at: 5))
    #expect(store.pending.map(\.id) == ["w", "n"])
}

@Test func `a device that an earlier version let in as both asks again to be an operator`() async throws {
    let directory = try TemporaryDirectory()
    func device(_ id: String, _ roles: String) -> String {
        """
        "\(id)": {"deviceId": "\(id)", "publicKey": "key", "roles": [\(roles)], "scopes": ["operator.admin"], "tokens":
        {"operator": {"token": "0123456789abcdef", "role": "operator", "scopes": ["operator.admin"]},
         "node": {"token": "fedcba9876543210", "role": "node", "scopes": []}}}
        """
    }
    try directory.write(
        "{\(device("both", #""operator", "node""#)), \(device("one", #""operator""#))}", to: "devices/paired.json")
    let store = try DeviceStore(database: InstanceDatabase(stateDirectory: directory.path))
    func isPaired(_ id: String, _ role: Role, _ scopes: [String]) -> Bool {
        store.isPaired(id: id, publicKey: "key", role: role, scopes: scopes)
    }
    #expect(!isPaired("both", .operator, []))
    #expect(isPaired("both", .node, []))
    #expect(isPaired("one", .operator, ["operator.admin"]))
    let token = try #require(Secret("0123456789abcdef"))
    #expect(!store.accepts(token, device: "both", role: .operator, scopes: []))
    #expect(store.accepts(token, device: "one", role: .operator, scopes: ["operator.admin"]))
}
