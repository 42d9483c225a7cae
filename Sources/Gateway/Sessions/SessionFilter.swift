public import Time

/// Which sessions are asked for.
public struct SessionFilter: Equatable, Sendable {
    /// Those of this agent.
    public var agent: String?
    /// The one called so.
    public var label: String?
    /// Those that this session started.
    public var spawnedBy: String?
    /// Those used since.
    public var usedSince: Timestamp?
    /// Those whose key, label, name or transcript's id holds this, in any case.
    public var text: String?
    /// Whether `global` is among them. Default no.
    public var includesGlobal = false
    /// Whether `unknown` is among them. Default no.
    public var includesUnknown = false
    /// The most that are wanted, newest first. Default all.
    public var limit: Int?

    /// All but `global` and `unknown`.
    public init() {}

    /// Every session there is.
    public static let everything: SessionFilter = {
        var filter = SessionFilter()
        filter.includesGlobal = true
        filter.includesUnknown = true
        return filter
    }()
}
