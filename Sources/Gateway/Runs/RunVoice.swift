import JSON
import Synchronization
import Time

/// What clients hear of a run: the events `agent` and `chat`, in order and not too many.
///
/// Texts are cumulative, so a client that is left out of some of them misses nothing.
///
/// What is said is decided and numbered under a lock, and goes out through an outbox after it: in the order of its numbers,
/// while nobody who asks for the text waits for clients.
final class RunVoice: Sendable {
    private struct Event {
        var event: GatewayEvent
        var payload: JSON
        var isDroppable: Bool
    }

    private struct State {
        /// Events `agent` so far.
        var sequence: Int64 = 0
        var text = ""
        /// The text of the last event `agent`.
        var toldText = ""
        var toldAt: Timestamp?
        var deltaAt: Timestamp?
        var isOver = false
        /// Those who follow the text.
        var listeners: [AsyncStream<String>.Continuation] = []
    }

    /// Between two events `agent` with text.
    static let partInterval = TimeSpan(50, .milliseconds)
    /// Between two events `chat` with text.
    static let deltaInterval = TimeSpan(150, .milliseconds)

    private let clock: WallClock
    private let state = Mutex(State())
    private let outbox = Outbox<Event>()

    init(clock: WallClock) {
        self.clock = clock
    }

    /// The answer as far as it is known.
    var text: String { state.withLock { $0.text } }

    /// The answer as it grows, cumulative, until the run is over. Who is slow hears the newest and misses some.
    func texts() -> AsyncStream<String> {
        let (stream, continuation) = AsyncStream.makeStream(of: String.self, bufferingPolicy: .bufferingNewest(1))
        state.withLock { state in
            guard !state.isOver else { return continuation.finish() }
            if !state.text.isEmpty { continuation.yield(state.text) }
            state.listeners.append(continuation)
        }
        return stream
    }

    /// The agent begins.
    func begin(_ run: ActiveRun, to clients: Clients) {
        let time = clock.now
        state.withLock { state in
            guard !state.isOver else { return }
            tell("lifecycle", ["phase": "start", "startedAt": time.json], of: run, &state)
        }
        send(to: clients)
    }

    /// The answer goes on.
    func progress(_ text: String, of run: ActiveRun, to clients: Clients) {
        let time = clock.now
        let isAnythingSaid = state.withLock { state in
            guard !state.isOver else { return false }
            state.text = text
            for listener in state.listeners { listener.yield(text) }
            let isPartDue = state.toldAt.map { time - Self.partInterval >= $0 } ?? true
            if isPartDue {
                state.toldAt = time
                tellText(of: run, &state, isDroppable: true)
            }
            let isDeltaDue = state.deltaAt.map { time - Self.deltaInterval >= $0 } ?? true
            if isDeltaDue {
                state.deltaAt = time
                let message = ChatMessage(role: .assistant, text: text, timestamp: time)
                chat("delta", ["message": message.json], of: run, state, isDroppable: true)
            }
            return isPartDue || isDeltaDue
        }
        if isAnythingSaid { send(to: clients) }
    }

    /// The run is over. Said once: what comes later changes nothing.
    func finish(_ end: RunEnd, of run: ActiveRun, to clients: Clients) {
        state.withLock { state in
            guard !state.isOver else { return }
            state.isOver = true
            state.text = end.text
            for listener in state.listeners { listener.finish() }
            state.listeners = []
            if !end.text.isEmpty, end.text != state.toldText {
                tellText(of: run, &state, isDroppable: false)
            }
            var data = JSONObject()
            data["phase"] = end.status == .error ? "error" : "end"
            data["startedAt"] = end.startedAt?.json
            data["endedAt"] = end.endedAt.json
            data["error"] = end.error.map(JSON.string)
            if end.status == .aborted { data["aborted"] = true }
            tell("lifecycle", .object(data), of: run, &state)
            var payload = JSONObject()
            payload["message"] = end.message?.json
            payload["errorMessage"] = end.error.map(JSON.string)
            payload["stopReason"] = run.abortCause.map { .string($0.rawValue) }
            let name =
                switch end.status {
                case .ok: "final"
                case .error: "error"
                case .aborted: "aborted"
                }
            chat(name, payload, of: run, state, isDroppable: false)
        }
        send(to: clients)
    }

    /// Sends what was said. Each event is written once, for all who hear of it.
    private func send(to clients: Clients) {
        outbox.empty { clients.broadcast($0.event, $0.payload, isDroppable: $0.isDroppable) }
    }

    // MARK: Events

    private func tellText(of run: ActiveRun, _ state: inout State, isDroppable: Bool) {
        var data: JSONObject = ["text": .string(state.text)]
        if state.text.utf8.starts(with: state.toldText.utf8) {
            data["delta"] = .string(String(Substring(state.text.utf8.dropFirst(state.toldText.utf8.count))))
        }
        state.toldText = state.text
        tell("assistant", .object(data), of: run, &state, isDroppable: isDroppable)
    }

    private func tell(
        _ stream: String, _ data: JSON, of run: ActiveRun, _ state: inout State,
        isDroppable: Bool = false
    ) {
        state.sequence += 1
        let payload: JSON = [
            "runId": .string(run.id), "seq": .integer(state.sequence), "stream": .string(stream),
            "ts": .integer(clock.milliseconds), "sessionKey": .string(run.request.sessionKey.text),
            "data": data,
        ]
        outbox.put(Event(event: .agent, payload: payload, isDroppable: isDroppable))
    }

    private func chat(
        _ name: String, _ more: JSONObject, of run: ActiveRun, _ state: State, isDroppable: Bool
    ) {
        var payload: JSONObject = [
            "runId": .string(run.id), "sessionKey": .string(run.request.clientSessionKey),
            "seq": .integer(state.sequence), "state": .string(name),
        ]
        for member in more.members { payload[member.name] = member.value }
        outbox.put(Event(event: .chat, payload: .object(payload), isDroppable: isDroppable))
    }
}
