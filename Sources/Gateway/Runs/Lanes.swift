import Synchronization

/// Limits on how many runs there are at a time: each run goes through the lane it names.
final class Lanes: Sendable {
    /// The lane of runs that name none.
    static let main = "main"
    /// The lane of scheduled jobs.
    static let cron = "cron"
    /// The lane of agents started by agents.
    static let subagent = "subagent"

    private let limits: [String: Int]
    private let gates = Mutex<[String: Gate]>([:])

    /// Lanes with these limits. A lane that is not named in `limits` lets one in at a time.
    init(limits: [String: Int]) {
        self.limits = limits
    }

    /// The gate of the lane `name`.
    func gate(_ name: String) -> Gate {
        gates.withLock { gates in
            if let gate = gates[name] { return gate }
            let gate = Gate(limit: max(1, limits[name] ?? 1))
            gates[name] = gate
            return gate
        }
    }
}
