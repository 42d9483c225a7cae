public import JSON

/// One act of a proof and its end.
public struct ProofResult: Sendable {
    /// The guarantee that was tried, in a few words.
    public var guarantee: String
    /// How the act ended: an error's name, or `success`.
    public var outcome: String
    /// Whether it ended as it must.
    public var holds: Bool

    /// The result as data.
    public var json: JSON {
        ["guarantee": .string(guarantee), "outcome": .string(outcome), "holds": .bool(holds)]
    }
}
