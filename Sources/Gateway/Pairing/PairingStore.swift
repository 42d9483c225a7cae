import Files
import Storage
import Time

/// The devices or the nodes of one instance: those let in, and those that ask. Kept in the database, and on disk before
/// anybody hears of it.
///
/// Looking something up never waits for the disk, and a change writes only the rows that it changes.
final class PairingStore<Peer: PairingRecord, Request: PendingPairing>: Sendable {
    typealias Records = PairingRecords<Peer, Request>

    private let database: InstanceDatabase
    private let clock: WallClock
    private let state: CommittedState<Records>

    /// The most requests that may wait; strangers must not fill the disk. One more takes the place of the oldest.
    private static var pendingLimit: Int { 64 }

    /// What `database` has. Throws `StorageError`.
    init(database: InstanceDatabase, clock: WallClock) throws(StorageError) {
        self.database = database
        self.clock = clock
        state = CommittedState(try database.readNow(Records.init), label: "pairing: \(Peer.noun)")
    }

    /// What `body` finds among those let in.
    func read<Result: Sendable>(_ body: (PairingRows<Peer>) -> Result) -> Result {
        state.read { body($0.paired) }
    }

    /// The requests that stand, oldest first.
    var pending: [Request] {
        let time = clock.milliseconds
        return state.read { $0.pending.filter { !$0.isTooOld(at: time) } }
    }

    /// Has `change` change the records. When this returns the change is on disk; when it throws `StorageError`, there was
    /// none.
    func commit<Result: Sendable>(
        _ change: @escaping @Sendable (inout Records) -> Result
    ) async throws(StorageError) -> Result {
        try await state.commit { [database] (records) throws(StorageError) in
            let result = change(&records)
            if records.isChanged { try database.writeNow { try records.write(to: $0) } }
            return result
        }
    }

    /// Keeps a request to be let in. The same request made again is the one that stands, with its id.
    func request(_ request: Request) async throws(StorageError) -> (request: Request, isNew: Bool) {
        try await commit { [clock] records in
            let time = clock.milliseconds
            if let known = records.pending.first(where: { $0.asksTheSame(as: request) && !$0.isTooOld(at: time) }) {
                return (known, false)
            }
            records.pending.removeAll { $0.isTooOld(at: time) }
            if records.pending.count >= Self.pendingLimit { records.pending.remove(at: 0) }
            var request = request
            request.isRepair = records.paired.contains { $0.id == request.peerID }
            records.pending.append(request)
            return (request, true)
        }
    }

    /// Turns who made the request `id` away, for now: they may ask again. Nil when there is no such request.
    func reject(_ id: String) async throws(StorageError) -> Request? {
        try await commit { [clock] in $0.takeRequest(id, at: clock.milliseconds) }
    }

    /// Has `change` change the first of those let in for whom `condition` holds, and returns what it returns; nil when there
    /// is nobody.
    func update<Result: Sendable>(
        where condition: @escaping @Sendable (Peer) -> Bool, _ change: @escaping @Sendable (inout Peer) -> Result
    ) async throws(StorageError) -> Result? {
        try await commit { records in
            records.paired.firstIndex(where: condition).map { change(&records.paired[$0]) }
        }
    }
}
