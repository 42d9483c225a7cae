import Configuration
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

    /// Runs `body` in the lane `name`, when it is its turn. Throws `CancellationError` when the task is cancelled while
    /// it waits.
    func pass<Value: Sendable>(_ name: String, _ body: () async throws -> Value) async throws -> Value {
        let place = gates.withLock { gates in
            let gate = gates[name] ?? Gate(limit: max(1, limits[name] ?? 1))
            gates[name] = gate
            return gate.takePlace()
        }
        defer {
            gates.withLock { gates in
                place.leave()
                // Clients make names up: a lane is there as long as somebody is in it.
                if gates[name]?.isIdle == true { gates[name] = nil }
            }
        }
        try await place.wait()
        return try await body()
    }

    /// How many lanes somebody is in.
    var count: Int { gates.withLock { $0.count } }
}

extension GatewayConfiguration {
    /// How many runs each lane takes at a time.
    var laneLimits: [String: Int] {
        [Lanes.main: Int(min(agents.defaults.maxConcurrent, 1000)), Lanes.subagent: 8, Lanes.cron: 1]
    }
}
