import Files
import GRDB
import JSON
import Testing

@testable import Gateway
@testable import Storage

private func opened(
    in database: InstanceDatabase, _ now: TestClock
) throws -> PairingStore<PairedNode, NodePairingRequest> {
    try PairingStore(database: database, clock: now.clock)
}

private func request(_ id: String, at time: Int64 = 0) -> NodePairingRequest {
    NodePairingRequest(id: id, nodeID: "node \(id)", description: [:], isSilent: nil, isRepair: false, createdAt: time)
}

private func pair(_ id: String, in store: PairingStore<PairedNode, NodePairingRequest>) async throws {
    try await store.commit { records in
        records.paired.append(
            PairedNode(nodeID: id, description: [:], tokenDigest: "digest of \(id)", createdAt: 1, approvedAt: 1))
    }
}

/// How many rows the only connection that writes has written since it was opened.
private func writtenRows(_ database: InstanceDatabase) throws -> Int {
    try database.writeNow { $0.database.totalChangesCount }
}

/// The rows of the nodes, as they stand in the database.
private func rows(_ database: InstanceDatabase) throws -> [String] {
    try database.readNow {
        try Row.fetchAll($0.database, sql: "SELECT ordinal, nodeId, record FROM node ORDER BY ordinal").map { "\($0)" }
    }
}

@Test func `a change writes the rows that it changes, and no others`() async throws {
    let directory = try TemporaryDirectory()
    let database = try InstanceDatabase(stateDirectory: directory.path)
    let store = try opened(in: database, TestClock(at: 0))
    for number in 1...20 { try await pair("n\(number)", in: store) }
    let (before, written) = (try rows(database), try writtenRows(database))
    #expect(try await store.update(where: { $0.id == "n7" }) { $0.description["displayName"] = "Shed" } != nil)
    #expect(try writtenRows(database) == written + 1)
    let after = try rows(database)
    #expect(after[6].contains("Shed"))
    #expect(before.indices.filter { before[$0] != after[$0] } == [6])

    // A request that is not new, and a change of nobody, write nothing.
    _ = try await store.request(request("r"))
    #expect(try writtenRows(database) == written + 2)
    #expect(try await !store.request(request("r")).isNew)
    #expect(try await store.update(where: { $0.id == "nobody" }) { $0.approvedAt = 5 } == nil)
    #expect(try writtenRows(database) == written + 2)
    #expect(try await store.reject("r")?.id == "r")
    #expect(try writtenRows(database) == written + 3)
}

@Test func `what a change left alone keeps its place, also after a restart`() async throws {
    let directory = try TemporaryDirectory()
    let database = try InstanceDatabase(stateDirectory: directory.path)
    let before = try opened(in: database, TestClock(at: 0))
    for id in ["a", "b", "c"] { try await pair(id, in: before) }
    try await before.commit { records in
        records.paired.remove(at: 2)
        records.paired[0].approvedAt = 9
        records.paired.remove(at: 1)
    }
    try await pair("d", in: before)
    // Added and taken away again before anybody wrote it.
    try await before.commit { records in
        records.paired.append(records.paired[0])
        records.paired.remove(at: 2)
    }
    let after = try opened(in: database, TestClock(at: 0))
    for store in [before, after] {
        #expect(store.read { $0.map(\.id) } == ["a", "d"])
        #expect(store.read { $0.map(\.approvedAt) } == [9, 1])
    }
}

@Test func `of too many that ask, the oldest goes, also on disk`() async throws {
    let directory = try TemporaryDirectory(inMemory: true)
    let database = try InstanceDatabase(stateDirectory: directory.path)
    let before = try opened(in: database, TestClock(at: 0))
    for number in 0..<66 { #expect(try await before.request(request("\(number)")).isNew) }
    let after = try opened(in: database, TestClock(at: 0))
    for store in [before, after] { #expect(store.pending.map(\.id) == (2..<66).map(String.init)) }
}

@Test func `a request that is too old is decided no more, and goes when another comes`() async throws {
    let directory = try TemporaryDirectory()
    let database = try InstanceDatabase(stateDirectory: directory.path)
    let now = TestClock(at: 0)
    let store = try opened(in: database, now)
    _ = try await store.request(request("old"))
    now.advance(by: NodePairingRequest.lifetime)
    #expect(store.pending.map(\.id) == ["old"])
    now.advance(by: 1)
    #expect(store.pending.isEmpty)
    #expect(try await store.reject("old") == nil)
    _ = try await store.request(request("new", at: now.milliseconds))
    #expect(try database.readNow { try PairingRows<NodePairingRequest>(in: $0).map(\.id) } == ["new"])
}

@Test func `a change that cannot be written is none`() async throws {
    let directory = try TemporaryDirectory()
    let database = try InstanceDatabase(stateDirectory: directory.path)
    let store = try opened(in: database, TestClock(at: 0))
    try await pair("n", in: store)
    try database.writeNow {
        try $0.database.execute(
            sql: "CREATE TRIGGER refuse BEFORE INSERT ON nodePairingRequest BEGIN SELECT RAISE(ABORT, 'full'); END")
    }
    await #expect(throws: StorageError.self) {
        try await store.commit { records in
            records.paired[0].approvedAt = 9
            records.pending.append(request("r"))
        }
    }
    #expect(store.read { $0.map(\.approvedAt) } == [1])
    #expect(store.pending.isEmpty)
    try database.writeNow { try $0.database.execute(sql: "DROP TRIGGER refuse") }
    #expect(try await store.request(request("r")).isNew)
    #expect(try database.readNow { try PairingRows<PairedNode>(in: $0).map(\.approvedAt) } == [1])
}
