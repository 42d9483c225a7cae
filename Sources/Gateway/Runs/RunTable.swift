import Synchronization
import Time

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
        var lines: [SessionKey: SessionLine] = [:]
        /// By id, who waits for runs that nobody has asked for yet.
        var expected: [String: [ObjectIdentifier: Awaited<ActiveRun>]] = [:]
        /// How many runs were asked for.
        var count = 0
        /// Those that have not ended, and what they hold, in bytes.
        var openCount = 0
        var openBytes = 0
        var isClosed = false
    }

    /// Why a run is not taken.
    enum Refusal: Error, Equatable {
        /// The gateway ends.
        case closed
        /// There are too many, in all or in this session, or they hold too much.
        case full
    }

    /// How many runs there may be that have not ended, in all and in one session.
    static let openLimit = 384
    static let sessionLimit = 256
    /// What they may hold together, in bytes.
    static let openByteLimit = 4 << 20

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
    /// already.
    func claim(_ request: RunRequest) throws(Refusal) -> (run: ActiveRun, isNew: Bool) {
        let (run, expected) = try state.withLock {
            (state) throws(Refusal) -> (ActiveRun, [Awaited<ActiveRun>]?) in
            let key = Key(space: request.space, key: request.key)
            if let run = state.runs[key] { return (run, nil) }
            guard !state.isClosed else { throw .closed }
            let line = state.lines[request.sessionKey] ?? SessionLine()
            guard state.openCount < Self.openLimit, line.count < Self.sessionLimit,
                state.openCount == 0 || state.openBytes + request.size <= Self.openByteLimit
            else { throw .full }
            state.openCount += 1
            state.openBytes += request.size
            let run = ActiveRun(request, place: line.takePlace(), ordinal: state.count, clock: clock)
            state.count += 1
            state.lines[request.sessionKey] = line
            state.runs[key] = run
            return (run, Array((state.expected[run.id] ?? [:]).values))
        }
        for expected in expected ?? [] { expected.fulfil(run) }
        return (run, expected != nil)
    }

    /// `run` leaves its session's line, and is forgotten when its end is on disk, or it never was accepted.
    func leave(_ run: ActiveRun, isForgotten: Bool) {
        run.place.leave()
        let time = clock.now
        state.withLock { state in
            state.openCount -= 1
            state.openBytes -= run.request.size
            if state.lines[run.request.sessionKey]?.count == 0 { state.lines[run.request.sessionKey] = nil }
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
    func run(_ id: String) -> ActiveRun? { state.withLock { Self.run(id, in: $0) } }

    private static func run(_ id: String, in state: State) -> ActiveRun? {
        state.runs[Key(space: .chat, key: id)] ?? state.runs[Key(space: .agent, key: id)]
    }

    /// Calls `body`, which may wait for a run with this id. What it waits for is fulfilled at once when the run is known, and
    /// else when somebody asks for it.
    func expecting<Value>(
        _ id: String, _ body: (Awaited<ActiveRun>) async throws -> Value
    ) async rethrows -> Value {
        let awaited = Awaited<ActiveRun>()
        let known = state.withLock { state in
            state.expected[id, default: [:]][ObjectIdentifier(awaited)] = awaited
            return Self.run(id, in: state)
        }
        defer {
            state.withLock { state in
                state.expected[id]?[ObjectIdentifier(awaited)] = nil
                if state.expected[id]?.isEmpty == true { state.expected[id] = nil }
            }
        }
        if let known { awaited.fulfil(known) }
        return try await body(awaited)
    }

    /// How many runs are waited for by their ids alone.
    var expectedCount: Int { state.withLock { $0.expected.count } }

    /// The runs that have not ended, in the order in which they were asked for.
    var open: [ActiveRun] {
        state.withLock { Array($0.runs.values) }.filter { $0.end.current == nil }
            .sorted { $0.ordinal < $1.ordinal }
    }

    /// How many have not ended.
    var openCount: Int { state.withLock { $0.openCount } }

    /// What those hold, in bytes.
    var openBytes: Int { state.withLock { $0.openBytes } }

    /// Lets no more runs begin.
    func close() {
        state.withLock { $0.isClosed = true }
    }
}
