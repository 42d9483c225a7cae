/// How fast a payload's notifications are taken: `burst` at once, then one in each `interval`.
///
/// What comes faster waits in the socket, and then its sender waits: a flood costs the payload, and loses nothing.
public struct NotificationPace: Sendable {
    /// How many may be taken at once.
    public static let burst: Int64 = 50
    /// How long each counts, in microseconds.
    public static let interval: Int64 = 25_000

    /// When all that was taken is paid for, in microseconds.
    private var paid: Int64 = 0

    /// A pace at which nothing was taken.
    public init() {}

    /// How long the next must wait at `now`, in microseconds of any steady clock; 0 when it need not.
    public func delay(at now: Int64) -> Int64 { max(0, paid - now - (Self.burst - 1) * Self.interval) }

    /// Counts one that was taken at `now`.
    public mutating func take(at now: Int64) { paid = max(paid, now) + Self.interval }
}
