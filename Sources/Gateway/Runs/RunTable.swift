import Synchronization

/// The runs this process is about: those that wait and those under way. Those that ended stand in the database; one
/// whose end could not be written there is known here for a while.
final class RunTable: Sendable {
    private struct Key: Hashable {
        var space: Run.Space
        var key: String
    }

    private struct State {
        var runs: [Key: ActiveRun] = [:]
        /// Those that ended and are known all the same, the oldest first.
        var ended: [(key: Key, at: Timestamp)] = []
        /// The lines of sessions in which somebody stands.
        var lines: [SessionKey: Line] = [:]
        /// How many runs were asked for.
        var count = 0
        var isClosed = false
    }

    private struct Line {
        var gate = Gate(limit: 1)
        /// Of the run that came last.
        var lastQueued: Awaited<Void>?
    }

    /// How long such a run is known.
    static let lifetime = TimeSpan(10, .minutes)
    /// How many of them are known: each holds what was said.
    static let limit = 100

    private let clock: WallClock
    private let state = Mutex(State())

    init(clock: WallClock) {
        self.clock = clock
    }

    /// The run `request` is about, with a place behind the others of its session; or the one that has its key
    /// already. Nil when no more runs may begin.
    func claim(_ request: RunRequest) -> (run: ActiveRun, isNew: Bool)? {
        let time = clock.now
        return state.withLock { state in
            let key = Key(space: request.space, key: request.key)
            if let run = state.runs[key] { return (run, false) }
            guard !state.isClosed else { return nil }
            let line = state.lines[request.sessionKey] ?? Line()
            let run = ActiveRun(
                request, place: line.gate.takePlace(), after: line.lastQueued, ordinal: state.count, at: time)
            state.count += 1
            state.lines[request.sessionKey] = Line(gate: line.gate, lastQueued: run.queued)
            state.runs[key] = run
            return (run, true)
        }
    }

    /// `run` leaves its session's line, and is forgotten when its end is on disk, or it never was accepted.
    func leave(_ run: ActiveRun, isForgotten: Bool) {
        run.place.leave()
        let time = clock.now
        state.withLock { state in
            if state.lines[run.request.sessionKey]?.gate.isIdle == true { state.lines[run.request.sessionKey] = nil }
            let key = Key(space: run.request.space, key: run.id)
            if isForgotten {
                state.runs[key] = nil
            } else {
                state.ended.append((key, time))
            }
            while let oldest = state.ended.first,
                oldest.at <= time - Self.lifetime || state.ended.count > Self.limit
            {
                state.runs[oldest.key] = nil
                state.ended.removeFirst()
            }
        }
    }

    /// The run with this id, if it is known.
    func run(_ id: String) -> ActiveRun? {
        state.withLock { state in
            state.runs[Key(space: .chat, key: id)] ?? state.runs[Key(space: .agent, key: id)]
        }
    }

    /// The runs that have not ended, in the order in which they were asked for.
    var open: [ActiveRun] {
        state.withLock { Array($0.runs.values) }.filter { $0.end.current == nil }
            .sorted { $0.ordinal < $1.ordinal }
    }

    /// Lets no more runs begin.
    func close() {
        state.withLock { $0.isClosed = true }
    }
}
