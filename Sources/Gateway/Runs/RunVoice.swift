import JSON
import Synchronization
import Time

/// What clients hear of a run: the events `agent` and `chat`, in order and not too many.
///
/// Texts are cumulative, so a client that is left out of some of them misses nothing.
final class RunVoice: Sendable {
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
    // Held while events go out, so that they go out in order.
    private let state = Mutex(State())

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
            tell("lifecycle", ["phase": "start", "startedAt": time.json], of: run, to: clients, &state)
        }
    }

    /// The answer goes on.
    func progress(_ text: String, of run: ActiveRun, to clients: Clients) {
        let time = clock.now
        state.withLock { state in
            guard !state.isOver else { return }
            state.text = text
            for listener in state.listeners { listener.yield(text) }
            if state.toldAt.map({ time - Self.partInterval >= $0 }) ?? true {
                state.toldAt = time
                tellText(of: run, to: clients, &state, isDroppable: true)
            }
            if state.deltaAt.map({ time - Self.deltaInterval >= $0 }) ?? true {
                state.deltaAt = time
                let message = ChatMessage(role: .assistant, text: text, timestamp: time)
                chat("delta", ["message": message.json], of: run, to: clients, state, isDroppable: true)
            }
        }
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
                tellText(of: run, to: clients, &state, isDroppable: false)
            }
            var data = JSONObject()
            data["phase"] = end.status == .error ? "error" : "end"
            data["startedAt"] = end.startedAt?.json
            data["endedAt"] = end.endedAt.json
            data["error"] = end.error.map(JSON.string)
            if end.status == .aborted { data["aborted"] = true }
            tell("lifecycle", .object(data), of: run, to: clients, &state)
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
            chat(name, payload, of: run, to: clients, state, isDroppable: false)
        }
    }

    // MARK: Events

    private func tellText(of run: ActiveRun, to clients: Clients, _ state: inout State, isDroppable: Bool) {
        var data: JSONObject = ["text": .string(state.text)]
        if state.text.utf8.starts(with: state.toldText.utf8) {
            data["delta"] = .string(String(Substring(state.text.utf8.dropFirst(state.toldText.utf8.count))))
        }
        state.toldText = state.text
        tell("assistant", .object(data), of: run, to: clients, &state, isDroppable: isDroppable)
    }

    private func tell(
        _ stream: String, _ data: JSON, of run: ActiveRun, to clients: Clients, _ state: inout State,
        isDroppable: Bool = false
    ) {
        state.sequence += 1
        let payload: JSON = [
            "runId": .string(run.id), "seq": .integer(state.sequence), "stream": .string(stream),
            "ts": .integer(clock.milliseconds), "sessionKey": .string(run.request.sessionKey.text),
            "data": data,
        ]
        clients.broadcast(.agent, payload, isDroppable: isDroppable)
    }

    private func chat(
        _ name: String, _ more: JSONObject, of run: ActiveRun, to clients: Clients, _ state: State, isDroppable: Bool
    ) {
        var payload: JSONObject = [
            "runId": .string(run.id), "sessionKey": .string(run.request.clientSessionKey),
            "seq": .integer(state.sequence), "state": .string(name),
        ]
        for member in more.members { payload[member.name] = member.value }
        clients.broadcast(.chat, .object(payload), isDroppable: isDroppable)
    }
}
