import JSON

/// Something that pairing keeps: a JSON object in a row of its own.
protocol PairingRecord: Sendable {
    /// The table these stand in. It has the columns `ordinal`, by which they are ordered, `idColumn` and `record`.
    static var table: String { get }
    /// The column of `table` that repeats the record's id.
    static var idColumn: String { get }
    /// The word for one, for the error about a row that holds none.
    static var noun: String { get }

    /// What it is known by.
    var id: String { get }
    /// The record as it is kept.
    var json: JSON { get }
    /// Reads a record; nil when something needed is missing.
    init?(_ object: JSONObject)
}

/// A device or a node that asks to be let in, and waits for its owner's decision.
protocol PendingPairing: PairingRecord {
    /// Who asks.
    var peerID: String { get }
    /// Milliseconds since 1970.
    var createdAt: Int64 { get }
    /// Whether who asks was let in before.
    var isRepair: Bool { get set }

    /// Whether `other` is the same request, made once more.
    func asksTheSame(as other: Self) -> Bool
}

extension PendingPairing {
    static var idColumn: String { "requestId" }
    static var noun: String { "request" }

    /// How long a request stands, in milliseconds.
    static var lifetime: Int64 { 5 * 60 * 1000 }

    /// Whether it stands no longer at `time`, in milliseconds since 1970.
    func isTooOld(at time: Int64) -> Bool { createdAt < time - Self.lifetime }
}
