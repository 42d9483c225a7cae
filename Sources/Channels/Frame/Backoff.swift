package import Time

/// How long is waited before a connection is tried again: twice as long after each failure, and never exactly as long, so that
/// many accounts do not come back at once.
package struct Backoff: Sendable, Equatable {
    package let shortest: TimeSpan
    package let longest: TimeSpan
    private var failures = 0

    package init(from shortest: TimeSpan = TimeSpan(1, .seconds), to longest: TimeSpan = TimeSpan(5, .minutes)) {
        self.shortest = shortest
        self.longest = longest
    }

    /// The time until the next try: between half and all of what the failures so far come to.
    package mutating func next() -> TimeSpan {
        var generator = SystemRandomNumberGenerator()
        return next(using: &generator)
    }

    mutating func next(using generator: inout some RandomNumberGenerator) -> TimeSpan {
        let factor = Int64(1) << min(failures, 30)
        failures += 1
        let most = min(shortest.milliseconds * factor, longest.milliseconds)
        return TimeSpan(clamping: Int64.random(in: (most + 1) / 2...max(most, 1), using: &generator))
    }

    /// Begins anew: a connection held.
    package mutating func reset() { failures = 0 }
}
