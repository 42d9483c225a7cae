import Testing

@testable import Gateway
@testable import Time

private func request(_ key: String, session: String, size: Int = 1) -> RunRequest {
    RunRequest(
        space: .chat, key: key, sessionKey: SessionKey(agent: "main", rest: session), clientSessionKey: session,
        agentID: "main", message: String(repeating: "x", count: size))
}

@Test func `so many runs wait in one session, and so many in all`() throws {
    let table = RunTable(clock: .system)
    var runs: [ActiveRun] = []
    for number in 0..<RunTable.openLimit {
        let session = "s\(number / RunTable.sessionLimit)"
        runs.append(try table.claim(request("\(number)", session: session)).run)
        if number == RunTable.sessionLimit - 1 {
            #expect(throws: RunTable.Refusal.full) { try table.claim(request("more", session: session)) }
        }
    }
    #expect(table.openCount == RunTable.openLimit)
    #expect(throws: RunTable.Refusal.full) { try table.claim(request("more", session: "other")) }
    // One that is known is no other run.
    try #expect(!table.claim(request("7", session: "s0")).isNew)
    table.leave(runs[0], isForgotten: true)
    try #expect(table.claim(request("more", session: "s0")).isNew)
}

@Test func `what waits holds so much`() throws {
    let table = RunTable(clock: .system)
    let part = RunTable.openByteLimit / 4
    let runs = try (1...3).map { try table.claim(request("\($0)", session: "\($0)", size: part)).run }
    #expect(throws: RunTable.Refusal.full) { try table.claim(request("4", session: "4", size: part)) }
    try #expect(table.claim(request("5", session: "5", size: 1000)).isNew)
    table.leave(runs[0], isForgotten: true)
    try #expect(table.claim(request("4", session: "4", size: part)).isNew)
    // Larger than all that may wait, alone.
    try #expect(RunTable(clock: .system).claim(request("6", session: "6", size: 5 * part)).isNew)
}

@Test func `a lane is there as long as somebody is in it`() async throws {
    let lanes = Lanes(limits: ["wide": 2])
    for number in 1...100 { try await lanes.pass("made up \(number)") { #expect(lanes.count == 1) } }
    #expect(lanes.count == 0)
    try await lanes.pass("wide") { try await lanes.pass("wide") { #expect(lanes.count == 1) } }
}
