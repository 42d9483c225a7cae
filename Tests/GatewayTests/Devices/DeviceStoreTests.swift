import Testing

@testable import Gateway

private func request(_ id: String, device: String, scopes: [String] = ["operator.admin"], at time: Int64)
    -> PairingRequest
{
    PairingRequest(
        id: id, deviceID: device, publicKey: "key", displayName: nil, platform: "linux", clientID: "cli",
        clientMode: "cli", role: .operator, scopes: scopes, remoteAddress: "192.0.2.1", createdAt: time)
}

@Test func `a device let in is still in after a restart, with its token`() throws {
    let directory = try TemporaryDirectory()
    let store = try DeviceStore(stateDirectory: directory.path)
    try store.approve(request("r", device: "d", at: 1))
    let issued = try store.token(device: "d", role: .operator, scopes: ["operator.admin"])
    let token = try #require(issued)

    let reopened = try DeviceStore(stateDirectory: directory.path)
    #expect(reopened.isPaired(id: "d", publicKey: "key", role: .operator, scopes: ["operator.admin"]))
    #expect(reopened.accepts(token.secret, device: "d", role: .operator, scopes: ["operator.admin"]))
    #expect(try reopened.token(device: "d", role: .operator, scopes: [])?.secret.matches(token.secret) == true)
    #expect(try directory.mode("devices/paired.json") == 0o600)
    #expect(try directory.mode("devices") == 0o700)
}

@Test func `a device gets in only with its own key, role and scopes`() throws {
    let directory = try TemporaryDirectory()
    let store = try DeviceStore(stateDirectory: directory.path)
    try store.approve(request("r", device: "d", scopes: ["operator.read"], at: 1))
    #expect(store.isPaired(id: "d", publicKey: "key", role: .operator, scopes: ["operator.read"]))
    #expect(!store.isPaired(id: "d", publicKey: "other", role: .operator, scopes: ["operator.read"]))
    #expect(!store.isPaired(id: "d", publicKey: "key", role: .node, scopes: []))
    #expect(!store.isPaired(id: "d", publicKey: "key", role: .operator, scopes: ["operator.admin"]))
}

@Test func `a token opens no more than it was given for`() throws {
    let directory = try TemporaryDirectory()
    let store = try DeviceStore(stateDirectory: directory.path)
    try store.approve(request("r", device: "d", scopes: ["operator.read"], at: 1))
    let issued = try store.token(device: "d", role: .operator, scopes: ["operator.read"])
    let token = try #require(issued).secret
    #expect(store.accepts(token, device: "d", role: .operator, scopes: ["operator.read"]))
    #expect(!store.accepts(token, device: "d", role: .operator, scopes: ["operator.admin"]))
    #expect(!store.accepts(token, device: "e", role: .operator, scopes: []))
    #expect(!store.accepts(.random(byteCount: 16), device: "d", role: .operator, scopes: []))
}

@Test func `asking again is the same request, until it is too old`() throws {
    let directory = try TemporaryDirectory()
    let now = TestClock(at: 0)
    let store = try DeviceStore(stateDirectory: directory.path, clock: now.clock)
    let first = try store.request(request("a", device: "d", at: 0))
    let again = try store.request(request("b", device: "d", at: 0))
    #expect(first.isNew)
    #expect(!again.isNew)
    #expect(again.request.id == "a")
    now.advance(by: PairingRequest.lifetime + 1)
    #expect(try store.request(request("c", device: "d", at: now.milliseconds)).request.id == "c")
}

@Test func `a damaged file is an error, not an empty store`() throws {
    let directory = try TemporaryDirectory()
    try directory.write("{", to: "devices/paired.json")
    #expect { try DeviceStore(stateDirectory: directory.path) } throws: { "\($0)".contains("paired.json") }
}
