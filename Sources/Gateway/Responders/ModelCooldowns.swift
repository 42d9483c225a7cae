import Configuration
import ModelServices
import Synchronization
import Time

/// Models that failed a short while ago, and are asked after the others meanwhile.
///
/// Each model by itself: of a service of which one model has too much to do, another may answer.
final class ModelCooldowns: Sendable {
    private let clock: WallClock
    private let ends = Mutex<[String: Timestamp]>([:])

    /// After most failures.
    static let time = TimeSpan(1, .minutes)
    /// After one that only a person mends.
    static let longTime = TimeSpan(5, .minutes)
    /// The most that a service is believed.
    static let longestTime = TimeSpan(1, .hours)

    init(clock: WallClock = .system) {
        self.clock = clock
    }

    /// Until when the model rests, which failed a short while ago; nil when it does not.
    func end(of model: String) -> Timestamp? {
        ends.withLock { $0[model] }.flatMap { clock.now < $0 ? $0 : nil }
    }

    /// The model answered.
    func note(successOf model: String) {
        _ = ends.withLock { $0.removeValue(forKey: model) }
    }

    /// The model failed so. What a conversation or a request brought about itself is no failure of the model.
    func note(_ failure: ModelFailure, of model: String) {
        let time: TimeSpan? =
            switch failure.kind {
            case .unreachable, .timeout, .rateLimited, .overloaded, .broken: max(Self.time, failure.retryAfter ?? .zero)
            case .untrusted, .unauthorized, .exhausted, .notFound, .redirected: Self.longTime
            case .contextOverflow, .rejected, .withheld, .malformed, .truncated, .tooLong, .aborted: nil
            }
        guard let time else { return }
        ends.withLock { $0[model] = clock.now + min(time, Self.longestTime) }
    }
}
