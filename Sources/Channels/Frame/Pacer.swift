/// Keeps to what a service takes: a few messages at once, and then one every so often.
package struct Pacer: Sendable, Equatable {
    /// How many may go at once.
    package let burst: Int
    /// How long it takes until one more may.
    package let interval: Duration
    private var credit: Double
    private var toldAt: ContinuousClock.Instant?

    package init(burst: Int, interval: Duration) {
        self.burst = max(burst, 1)
        self.interval = interval
        credit = Double(max(burst, 1))
    }

    /// How long one more message is to wait from `now`. It counts as sent after that.
    package mutating func take(at now: ContinuousClock.Instant) -> Duration {
        if let toldAt, interval > .zero {
            credit = min(Double(burst), credit + max(0, (now - toldAt) / interval))
        } else {
            credit = Double(burst)
        }
        toldAt = now
        credit -= 1
        return credit >= 0 ? .zero : interval * -credit
    }
}
