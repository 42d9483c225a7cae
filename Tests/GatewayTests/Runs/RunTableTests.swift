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

@Test func `who waits for a run by its id has it as soon as it is asked for`() async throws {
    let table = RunTable(clock: .system)
    let (first, second) = try await table.expecting("r") { coming in
        #expect(coming.current == nil)
        return try await table.expecting("r") { also in
            let run = try table.claim(request("r", session: "s")).run
            return (try await coming.wait() === run, try await also.wait() === run)
        }
    }
    #expect(first && second)
    // One that is known is there at once, and nobody is waited for any more.
    await table.expecting("r") { known in #expect(known.current?.id == "r") }
    #expect(table.expectedCount == 0)
}

@Test func `who waits for a run that nobody asks for gives up in time, or when cancelled`() async throws {
    let table = RunTable(clock: .system)
    let none = try await table.expecting("r") { try await $0.wait(atMost: .milliseconds(1)) }
    #expect(none == nil)
    let waiting = Task { try await table.expecting("r") { _ = try await $0.wait() } }
    waiting.cancel()
    await #expect(throws: CancellationError.self) { try await waiting.value }
    #expect(table.expectedCount == 0)
}
