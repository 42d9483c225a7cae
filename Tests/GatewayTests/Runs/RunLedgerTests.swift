import JSON
import Testing

@testable import Gateway
@testable import Storage
@testable import Time

private let key = SessionKey(agent: "main", rest: "main")

private func run(_ name: String, in space: Run.Space = .chat) -> Run {
    Run(space, idempotencyKey: name, runID: "run-\(name)-\(space)", sessionKey: key, acceptedAt: 1)
}

@Test func `asking again finds the first request, also after the process was killed`() async throws {
    let directory = try TemporaryDirectory()
    let database = try InstanceDatabase(stateDirectory: directory.path)
    let first = try await database.write { try $0.runs.accept(run("k")) }
    #expect(first.isNew)
    // Not closed: as a kill leaves it.
    let reopened = try InstanceDatabase(stateDirectory: directory.path)
    var again = run("k")
    again.runID = "another"
    let second = try await reopened.write { [again] in try $0.runs.accept(again) }
    #expect(!second.isNew)
    #expect(second.run == first.run)
    // Another kind of request has keys of its own.
    #expect(try await reopened.write { try $0.runs.accept(run("k", in: .agent)) }.isNew)
}

@Test func `a run goes from accepted to its end, and stays there`() async throws {
    let directory = try TemporaryDirectory()
    let database = try InstanceDatabase(stateDirectory: directory.path)
    let states = try await database.write { transaction in
        let runs = transaction.runs
        var states = [try runs.accept(run("k")).run]
        let id = states[0].runID
        try runs.start(id, at: 2)
        states += try [runs.find(id)].compactMap(\.self)
        states += try [runs.end(id, .ok, result: ["text": "done"], at: 3)].compactMap(\.self)
        states += try [runs.end(id, .aborted, at: 4)].compactMap(\.self)
        try runs.start(id, at: 5)
        states += try [runs.find(.chat, idempotencyKey: "k")].compactMap(\.self)
        return states
    }
    #expect(states.map(\.status) == [.accepted, .running, .ok, .ok, .ok])
    #expect(states[4].startedAt == 2)
    #expect(states[4].endedAt == 3)
    #expect(states[4].result == ["text": "done"])
    #expect(states[4].sessionKey == key)
}

@Test func `a start ends what the process before left open, and nothing else`() async throws {
    let directory = try TemporaryDirectory()
    let database = try InstanceDatabase(stateDirectory: directory.path)
    let (ended, open, kept) = try await database.write { transaction in
        let runs = transaction.runs
        for name in ["a", "b", "c"] { _ = try runs.accept(run(name)) }
        try runs.start("run-b-chat", at: 2)
        try runs.end("run-c-chat", .ok, at: 3)
        let inSession = try runs.open(in: key).count
        let ended = try runs.endAllOpen(error: "the gateway was restarted", at: 9)
        return try (ended.map(\.runID), inSession + runs.open().count, runs.find("run-c-chat"))
    }
    #expect(ended == ["run-a-chat", "run-b-chat"])
    #expect(open == 2)
    #expect(kept?.status == .ok)
    let failed = try await database.read { try $0.runs.find("run-b-chat") }
    #expect(failed?.status == .error)
    #expect(failed?.error == "the gateway was restarted")
    #expect(failed?.endedAt == 9)
}

@Test func `old runs are forgotten, open ones never`() async throws {
    let directory = try TemporaryDirectory()
    let database = try InstanceDatabase(stateDirectory: directory.path)
    let left = try await database.write { transaction in
        let runs = transaction.runs
        for name in ["old", "new", "open"] { _ = try runs.accept(run(name)) }
        try runs.end("run-old-chat", .ok, at: 10)
        try runs.end("run-new-chat", .ok, at: 20)
        #expect(try runs.forget(endedBefore: 20) == 1)
        return try ["old", "new", "open"].filter { try runs.find(.chat, idempotencyKey: $0) != nil }
    }
    #expect(left == ["new", "open"])
}

@Test func `the oldest of too many ended runs are forgotten, and none that is not over`() async throws {
    let directory = try TemporaryDirectory()
    let database = try InstanceDatabase(stateDirectory: directory.path)
    let left = try await database.write { transaction in
        for number in 1...6 { _ = try transaction.runs.accept(run("\(number)")) }
        for number in 2...6 { try transaction.runs.end("run-\(number)-chat", .ok, at: 10) }
        try #expect(transaction.runs.forget(allButNewest: 3) == 2)
        try #expect(transaction.runs.forget(allButNewest: 3) == 0)
        return try (1...6).filter { try transaction.runs.find(.chat, idempotencyKey: "\($0)") != nil }
    }
    #expect(left == [1, 4, 5, 6])
}
