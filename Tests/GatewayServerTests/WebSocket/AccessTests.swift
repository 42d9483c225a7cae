import JSON
import Testing

@testable import Gateway

private func guess(_ door: Door, _ token: String, isRemote: Bool = false) async throws -> JSON? {
    let client = try await door.client(isRemote: isRemote)
    _ = try await client.nonce()
    try client.send(ConnectRequest(token: token).json)
    return try await client.frame()
}

@Test(arguments: Carrier.allCases)
func `who guesses the token is soon refused without being heard`(carrier: Carrier) async throws {
    let device = try TestDevice()
    try await TestInstance().open(carrier, clock: WallClock { 1_700_000_000_000 }) { door in
        _ = try await door.connected(device)
        for _ in 1...10 {
            let message = try await guess(door, "wrong")?["error"]?["message"]?.string
            #expect(message?.hasPrefix("unauthorized: gateway token mismatch") == true)
        }
        let error = try await guess(door, TestInstance.token)?["error"]
        #expect(error?["message"] == "unauthorized: too many failed authentication attempts (retry later)")
        #expect(error?["retryable"] == true)
        #expect(error?["retryAfterMs"] == 6000)
        // A device that was let in is not locked out by whoever guesses from its address.
        _ = try await door.connected(device)
    }
}

@Test(arguments: Carrier.allCases)
func `a device that guesses is refused, and its neighbours are not`(carrier: Carrier) async throws {
    let device = try TestDevice()
    try await TestInstance().open(carrier, clock: WallClock { 1_700_000_000_000 }) { door in
        _ = try await door.connected(device)
        for _ in 1...10 { _ = try await door.attempt(device) { $0.token = "wrong" } }
        let answer = try await door.attempt(device).answer
        #expect(
            answer?["error"]?["message"] == "unauthorized: too many failed authentication attempts (retry later)")
        _ = try await door.connected()
    }
}

@Test(arguments: Carrier.allCases)
func `who shows no secret guesses nothing`(carrier: Carrier) async throws {
    try await TestInstance().open(carrier, clock: WallClock { 1_700_000_000_000 }) { door in
        for _ in 1...20 { _ = try await door.attempt(TestDevice()) { $0.token = nil } }
        _ = try await door.connected()
    }
}
