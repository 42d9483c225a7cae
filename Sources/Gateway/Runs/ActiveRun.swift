import GatewayProtocol
import JSON
import Synchronization
import Time

/// One turn of an agent that this process is about, from the moment it is asked for to its end.
final class ActiveRun: Sendable {
    let request: RunRequest
    /// The key the client chose.
    var id: String { request.key }
    let acceptedAt: Timestamp
    /// Its place among the runs of its session.
    let place: SessionLine.Place
    /// How many runs were asked for before it.
    let ordinal: Int
    /// Whether it is on disk, or why it is not. Until then nobody is told of it.
    let acceptance = Awaited<Result<Acceptance, ProtocolError>>()
    /// Its end, after what came of it is on disk.
    let end = Awaited<RunEnd>()
    /// What is to be taken into its turn.
    let steering = Steering()
    private let state = Mutex(State())
    let voice: RunVoice

    /// What became of the message.
    enum Acceptance: Sendable {
        /// It is on disk, and its run begins when its turn comes.
        case kept(Kept)
        /// It was answered before this process knew of it.
        case known(Run)
    }

    /// Where a message is kept, and how far its answer is.
    struct Kept: Sendable {
        /// The transcript.
        var sessionID: String
        /// The message's place there; nil when nothing was said.
        var place: Int64?
        /// The last place of the transcript when its agent began; nil when that is not written down yet.
        var begunAfter: Int64?
    }

    private struct State {
        var task: Task<Void, Never>?
        var cause: AbortCause?
        var startedAt: Timestamp?
        var collected: [String] = []
    }

    init(_ request: RunRequest, place: SessionLine.Place, ordinal: Int, clock: WallClock) {
        self.request = request
        self.place = place
        self.ordinal = ordinal
        acceptedAt = clock.now
        voice = RunVoice(clock: clock)
    }

    /// Why it is to end, when somebody wants it to.
    var abortCause: AbortCause? { state.withLock { $0.cause } }

    /// What is kept of it at first.
    var record: Run {
        Run(
            request.space, idempotencyKey: id, runID: id, sessionKey: request.sessionKey, acceptedAt: acceptedAt)
    }

    /// What is kept of it after `end`.
    func record(of end: RunEnd) -> Run {
        var run = record
        run.status = end.status.runStatus
        run.startedAt = end.startedAt
        run.endedAt = end.endedAt
        run.error = end.error
        run.result = end.result
        return run
    }

    /// When the agent began.
    var startedAt: Timestamp? { state.withLock { $0.startedAt } }

    func start(at time: Timestamp) {
        state.withLock { $0.startedAt = time }
    }

    /// Messages before its own that it answers as well, oldest first.
    var collected: [String] { state.withLock { $0.collected } }

    /// Has it answer `messages` as well, which came before its own.
    func collect(_ messages: [String]) {
        state.withLock { $0.collected = messages + $0.collected }
    }

    /// The task that does it; cancelled at once when the run is already to end.
    func carry(by task: Task<Void, Never>) {
        let isAborted = state.withLock { state in
            state.task = task
            return state.cause != nil
        }
        if isAborted { task.cancel() }
    }

    /// Has it end. Returns whether it had not ended, and nobody had asked before.
    func abort(_ cause: AbortCause) -> Bool {
        guard end.current == nil else { return false }
        let (isFirst, task) = state.withLock { state in
            defer { state.cause = state.cause ?? cause }
            return (state.cause == nil, state.task)
        }
        task?.cancel()
        return isFirst
    }
}
