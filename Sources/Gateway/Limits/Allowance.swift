import Synchronization

/// Counts what is held of something of which only so much may be.
public final class Allowance: Sendable {
    /// The most that may be held.
    public let limit: Int
    private let held = Mutex(0)

    /// Nothing is held yet, and at most `limit` will be.
    public init(_ limit: Int) {
        self.limit = limit
    }

    /// How much is held.
    public var used: Int { held.withLock { $0 } }

    /// Takes `amount`, if there is room. One that is larger than all there may be has room when nothing else is held.
    public func take(_ amount: Int) -> Bool {
        held.withLock { held in
            guard held == 0 || amount <= limit - held else { return false }
            held += amount
            return true
        }
    }

    /// Gives `amount` back that was taken.
    public func giveBack(_ amount: Int) {
        held.withLock { $0 -= amount }
    }
}
