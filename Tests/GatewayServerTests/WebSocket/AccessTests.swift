import JSON
import Testing

@testable import Gateway
@testable import Text
@testable import Time

private func guess(_ door: Door, _ token: String, isRemote: Bool = false) async throws -> JSON? {
    let client = try await door.client(isRemote: isRemote)
    _ = try await client.nonce()
    try client.send(ConnectRequest(token: token).json)
    return try await client.frame()
}

private let tooMany: JSON = "unauthorized: too many failed authentication attempts (retry later)"

@Test(arguments: Carrier.allCases)
func `who guesses the token is soon told to wait, and locks nobody out`(carrier: Carrier) async throws {
    let device = try TestDevice()
    try await TestInstance().open(carrier, clock: WallClock { 1_700_000_000_000 }) { door in
        _ = try await door.connected(device)
        for _ in 1...10 {
            let message = try await guess(door, "wrong")?["error"]?["message"]?.string
            #expect(message?.hasPrefix("unauthorized: gateway token mismatch") == true)
        }
        for _ in 1...3 {
            let error = try await guess(door, "wrong")?["error"]
            #expect(error?["message"] == tooMany)
            #expect(error?["retryable"] == true)
            #expect(error?["retryAfterMs"] == 6000)
        }
        // The right one is looked at first.
        try await #expect(guess(door, TestInstance.token)?["ok"] == true)
        _ = try await door.connected(device)
    }
}

@Test(arguments: Carrier.allCases)
func `a device that guesses is told to wait, and its neighbours are not`(carrier: Carrier) async throws {
    let device = try TestDevice()
    try await TestInstance().open(carrier, clock: WallClock { 1_700_000_000_000 }) { door in
        _ = try await door.connected(device)
        func message(_ device: TestDevice) async throws -> JSON? {
            try await door.attempt(device) { $0.token = "wrong" }.answer?["error"]?["message"]
        }
        for _ in 1...10 { _ = try await message(device) }
        try await #expect(message(device) == tooMany)
        try await #expect(message(TestDevice(seed: 8)) != tooMany)
        _ = try await door.connected(device)
        _ = try await door.connected()
    }
}

@Test func `all of loopback is one, whichever address of it somebody takes`() throws {
    let gateway = try TestInstance().gateway(clock: WallClock { 1_700_000_000_000 })
    func answer(from address: String, _ token: String) -> AccessControl.Fault? {
        let origin = RequestOrigin(peerAddress: address, host: "localhost")
        return gateway.services.access.fault(
            of: EndpointRequest(
                method: "POST", path: "/", origin: origin, token: Secret(token), isFromForeignPage: false, headers: [:])
        )
    }
    for last in 1...10 {
        guard case .unauthorized = answer(from: "127.0.3.\(last)", "wrong") else {
            Issue.record("the guess \(last) is not the eleventh")
            continue
        }
    }
    for address in ["127.9.9.9", "::1"] {
        guard case .tooMany = answer(from: address, "wrong") else {
            Issue.record("\(address) has guesses of its own")
            continue
        }
    }
    #expect(answer(from: "127.9.9.9", TestInstance.token) == nil)
    gateway.shutDown()
}

@Test(arguments: Carrier.allCases)
func `who shows no secret guesses nothing`(carrier: Carrier) async throws {
    try await TestInstance().open(carrier, clock: WallClock { 1_700_000_000_000 }) { door in
        for _ in 1...20 { _ = try await door.attempt(TestDevice()) { $0.token = nil } }
        _ = try await door.connected()
    }
}
