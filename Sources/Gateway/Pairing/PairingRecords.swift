import Storage

/// Who was let in, and who asks to be, of one kind of pairing.
struct PairingRecords<Peer: PairingRecord, Request: PendingPairing>: Sendable {
    /// Those let in, in the order they first were.
    var paired: PairingRows<Peer>
    /// Those that ask, oldest first. Requests that are too old may be among them.
    var pending: PairingRows<Request>

    /// What the database has. Throws when a row holds something else, and what the database throws.
    init(in transaction: Transaction) throws {
        paired = try PairingRows(in: transaction)
        pending = try PairingRows(in: transaction)
    }

    /// Writes what was changed.
    mutating func write(to transaction: Transaction) throws {
        try paired.write(to: transaction)
        try pending.write(to: transaction)
    }

    /// Whether something is not in the database as it is here.
    var isChanged: Bool { paired.isChanged || pending.isChanged }

    /// Takes the request `id` out; nil when there is none that stands at `time`, in milliseconds since 1970.
    mutating func takeRequest(_ id: String, at time: Int64) -> Request? {
        pending.firstIndex { $0.id == id && !$0.isTooOld(at: time) }.map { pending.remove(at: $0) }
    }
}
