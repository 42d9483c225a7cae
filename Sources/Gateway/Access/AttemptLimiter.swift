import Synchronization
import Time

/// Counts wrong secrets: so many from one address are told that they are wrong, and then one every few seconds. The
/// others are told to come later.
///
/// A right secret is never held up, and so a wrong one costs whoever guesses nothing but the answer: what keeps a secret
/// is its length.
final class AttemptLimiter: Sendable {
    private struct Bucket {
        /// What is left to be tried, in thousandths.
        var left: Int64
        /// When that was worked out, in milliseconds.
        var time: Int64
    }

    /// Wrong secrets that may come at once.
    static let burst: Int64 = 10
    /// The time after which one more may come, in milliseconds.
    static let interval: Int64 = 6000
    /// How many addresses are remembered; those longest unheard of are forgotten.
    private static let limit = 4096

    private let clock: WallClock
    private let buckets = Mutex<[String: Bucket]>([:])

    init(clock: WallClock) {
        self.clock = clock
    }

    /// `source` tried a wrong secret. Milliseconds until it may try another when it tried too many, which does not count
    /// this one; else nil.
    func failed(_ source: String) -> Int64? {
        let time = clock.milliseconds
        return buckets.withLock { buckets in
            let left = buckets[source].map { Self.left($0, at: time) } ?? Self.burst * 1000
            guard left >= 1000 else { return (1000 - left) * Self.interval / 1000 }
            buckets[source] = Bucket(left: left - 1000, time: time)
            guard buckets.count > Self.limit else { return nil }
            buckets = buckets.filter { Self.left($0.value, at: time) < Self.burst * 1000 }
            guard buckets.count > Self.limit, let oldest = buckets.min(by: { $0.value.time < $1.value.time }) else {
                return nil
            }
            buckets[oldest.key] = nil
            return nil
        }
    }

    private static func left(_ bucket: Bucket, at time: Int64) -> Int64 {
        // A clock set back gives nothing.
        min(burst * 1000, bucket.left + max(0, time - bucket.time) * 1000 / interval)
    }
}
