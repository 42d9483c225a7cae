/// How fast siblings are started: `burst` at once, then one in each `interval`. A start costs the host far more than a payload
/// that asks for it.
public struct SiblingPace: Sendable {
    /// How many may be started at once.
    public static let burst: Int64 = 16
    /// How long each counts, in microseconds.
    public static let interval: Int64 = 1_000_000

    /// When all that was started is paid for, in microseconds.
    private var paid: Int64 = 0

    /// A pace at which nothing was started.
    public init() {}

    /// Counts a start at `now`, in microseconds of any steady clock. Returns why it is refused; nil when it is not, and then
    /// alone it counts.
    public mutating func take(at now: Int64) -> SiblingKind.Refusal? {
        let wait = paid - now - (Self.burst - 1) * Self.interval
        guard wait <= 0 else {
            return SiblingKind.Refusal(
                rule: "sibling-pace",
                remedy:
                    "ask again in \((wait + 999_999) / 1_000_000) s: \(Self.burst) may be started at once, and then one a second"
            )
        }
        paid = max(paid, now) + Self.interval
        return nil
    }
}
