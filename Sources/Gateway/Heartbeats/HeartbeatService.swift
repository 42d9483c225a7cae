import GatewayProtocol
import JSON
import Logging
import Synchronization
import Time

/// Has agents look for work by themselves, again and again.
///
/// Nothing of it is kept on disk: a gateway that starts counts from then on, and heartbeats are on.
final class HeartbeatService: Sendable {
    private struct State {
        var heartbeats: [Heartbeat]
        /// When each agent's next one is due.
        var due: [String: Timestamp] = [:]
        var running: Set<String> = []
        var isEnabled = true
        var last: JSON?

        mutating func take(_ heartbeats: [Heartbeat], at time: Timestamp) {
            let before = self.heartbeats
            self.heartbeats = heartbeats
            due = Dictionary(
                heartbeats.map { new in
                    let isSame = before.contains { $0.agentID == new.agentID && $0.interval == new.interval }
                    return (new.agentID, isSame ? due[new.agentID] ?? time + new.interval : time + new.interval)
                }, uniquingKeysWith: { first, _ in first })
        }
    }

    /// How long one whose session is being used waits.
    private static let patience = TimeSpan(1, .minutes)

    private let clock: WallClock
    private let alarm = Alarm()
    private let state: Mutex<State>

    init(_ heartbeats: [Heartbeat], clock: WallClock) {
        self.clock = clock
        var state = State(heartbeats: [])
        state.take(heartbeats, at: clock.now)
        self.state = Mutex(state)
    }

    /// Goes on as another configuration says.
    func adopt(_ heartbeats: [Heartbeat]) {
        state.withLock { $0.take(heartbeats, at: clock.now) }
        alarm.ring()
    }

    /// Whether there are any at all. What falls due meanwhile is left out.
    var isEnabled: Bool {
        get { state.withLock { $0.isEnabled } }
        set { state.withLock { $0.isEnabled = newValue } }
    }

    /// The heartbeat of the agent `id`; nil when it has none now.
    func of(_ id: String) -> Heartbeat? {
        state.withLock { state in state.isEnabled ? state.heartbeats.first { $0.agentID == id } : nil }
    }

    /// What was told of the last one.
    var last: JSON? { state.withLock { $0.last } }

    // MARK: Doing

    /// Does what is due, when it is due, by `worker`, until the task is cancelled. Called again, it does nothing.
    func serve(by worker: HeartbeatWorker) async {
        await alarm.serve(untilNext: { untilNext }) {
            for heartbeat in takeDue() {
                worker.tasks.start { [self] in await perform(heartbeat, by: worker) }
            }
        }
    }

    /// How long until something is due; nil when nothing ever is.
    private var untilNext: TimeSpan? {
        let time = clock.now
        return state.withLock { $0.due.values.min() }?.since(time)
    }

    private func takeDue() -> [Heartbeat] {
        let time = clock.now
        return state.withLock { state in
            let due = state.heartbeats.filter { (state.due[$0.agentID] ?? .latest) <= time }
            for heartbeat in due { state.due[heartbeat.agentID] = time + heartbeat.interval }
            guard state.isEnabled else { return [] }
            return due.filter { state.running.insert($0.agentID).inserted }
        }
    }

    private func perform(_ heartbeat: Heartbeat, by worker: HeartbeatWorker) async {
        defer { state.withLock { _ = $0.running.remove(heartbeat.agentID) } }
        let start = clock.now
        let outcome: HeartbeatOutcome
        do {
            outcome = try await worker.beat(heartbeat)
        } catch is CancellationError {
            // The gateway ends.
            return
        } catch {
            outcome = .failed((error as? ProtocolError)?.message ?? "\(error)")
        }
        switch outcome {
        case .none: return
        case .busy:
            state.withLock { state in
                let soon = clock.now + Self.patience
                state.due[heartbeat.agentID] = state.due[heartbeat.agentID].map { min($0, soon) }
            }
            alarm.ring()
        case .idle, .quiet, .said, .sent, .failed:
            if case .failed(let reason) = outcome {
                worker.logger.warning(
                    "a heartbeat failed", metadata: ["agent": "\(heartbeat.agentID)", "error": "\(reason)"])
            }
            let time = clock.now
            let payload = outcome.json(at: time, duration: time.since(start), target: heartbeat.target)
            state.withLock { $0.last = payload }
            worker.clients.broadcast(.heartbeat, payload, isDroppable: true)
        }
    }
}
