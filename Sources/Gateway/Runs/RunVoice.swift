import JSON
import ModelServices
import Synchronization
import Time
import Tools

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
        /// What the answers said that the transcript has already.
        var settled = ""
        /// What the answer says that comes in now.
        var current = ""
        var thinking = ""
        var toldThinkingAt: Timestamp?
        /// The text of the last event `agent`.
        var toldText = ""
        var toldAt: Timestamp?
        var deltaAt: Timestamp?
        var isOver = false
        /// Those who follow the text.
        var listeners: [AsyncStream<String>.Continuation] = []

        /// All that was said, when the run is over.
        var final: String?

        /// All answers, an empty line between two.
        var text: String {
            if let final { return final }
            if settled.isEmpty { return Reply.bounded(current) }
            return current.isEmpty ? settled : Reply.bounded("\(settled)\n\n\(current)")
        }
    }

    /// How much clients are told of the tools that are called: the setting `verboseLevel` of a session.
    enum Verbosity: String, Sendable {
        /// Nothing.
        case off
        /// Which are called.
        case on
        /// Also what comes of it.
        case full
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

    /// What of it the transcript does not have.
    var unsettledText: String { state.withLock { $0.current } }

    /// What is told now stands in the transcript, and another answer follows.
    func settle() {
        state.withLock { state in
            state.settled = state.text
            state.current = ""
            state.thinking = ""
        }
    }

    /// The whole answer, whose last part is `text`.
    func whole(endingWith text: String) -> String {
        state.withLock { state in
            var end = state
            end.current = text
            return end.text
        }
    }

    /// The answer as it grows, cumulative, until the run is over. Who is slow hears the newest and misses some.
    func texts() -> AsyncStream<String> {
        let (stream, continuation) = AsyncStream.makeStream(of: String.self, bufferingPolicy: .bufferingNewest(1))
        state.withLock { state in
            guard !state.isOver else { return continuation.finish() }
            let text = state.text
            if !text.isEmpty { continuation.yield(text) }
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

    /// The answer goes on: it says `text` now, and no more.
    func progress(_ text: String, of run: ActiveRun, to clients: Clients) {
        progress(of: run, to: clients) { $0.current = text }
    }

    /// The answer goes on with `more`.
    func append(_ more: String, of run: ActiveRun, to clients: Clients) {
        progress(of: run, to: clients) { state in
            // More than this nobody is told.
            if state.current.utf8.count <= Reply.lengthLimit { state.current += more }
        }
    }

    private func progress(of run: ActiveRun, to clients: Clients, _ change: (inout State) -> Void) {
        let time = clock.now
        let isAnythingSaid = state.withLock { state in
            guard !state.isOver else { return false }
            change(&state)
            if !state.listeners.isEmpty {
                let text = state.text
                for listener in state.listeners { listener.yield(text) }
            }
            let isPartDue = state.toldAt.map { time - Self.partInterval >= $0 } ?? true
            if isPartDue {
                state.toldAt = time
                tellText(of: run, &state, isDroppable: true)
            }
            let isDeltaDue = state.deltaAt.map { time - Self.deltaInterval >= $0 } ?? true
            if isDeltaDue {
                state.deltaAt = time
                let message = ChatMessage(role: .assistant, text: state.text, timestamp: time)
                chat("delta", ["message": message.json], of: run, state, isDroppable: true)
            }
            return isPartDue || isDeltaDue
        }
        if isAnythingSaid { send(to: clients) }
    }

    /// The most of a model's thoughts that clients are told, in bytes.
    private static let thinkingLimit = 64 << 10

    /// The model goes on to think `more`.
    func think(_ more: String, of run: ActiveRun, to clients: Clients) {
        let time = clock.now
        let isAnythingSaid = state.withLock { state in
            guard !state.isOver, state.thinking.utf8.count < Self.thinkingLimit else { return false }
            state.thinking += more
            guard state.toldThinkingAt.map({ time - Self.partInterval >= $0 }) ?? true else { return false }
            state.toldThinkingAt = time
            tell("thinking", ["text": .string(state.thinking)], of: run, &state, isDroppable: true)
            return true
        }
        if isAnythingSaid { send(to: clients) }
    }

    /// A tool is called, or goes on, or came to an end, as `phase` says.
    func tool(
        _ phase: ToolPhase, _ call: ToolCall, _ output: ToolOutput?, _ verbosity: Verbosity, of run: ActiveRun,
        to clients: Clients
    ) {
        guard verbosity != .off, verbosity == .full || phase != .update else { return }
        var data: JSONObject = [
            "phase": .string(phase.rawValue), "name": .string(call.name), "toolCallId": .string(call.id),
        ]
        if phase == .start { data["args"] = .object(call.arguments) }
        if phase == .result { data["isError"] = .bool(output?.isError ?? false) }
        if verbosity == .full, let output {
            data[phase == .update ? "partialResult" : "result"] = output.json
        }
        state.withLock { state in
            guard !state.isOver else { return }
            tell("tool", .object(data), of: run, &state, isDroppable: phase == .update)
        }
        send(to: clients)
    }

    /// How far the call of a tool is.
    enum ToolPhase: String, Sendable {
        case start, update, result
    }

    /// The run is over. Said once: what comes later changes nothing.
    func finish(_ end: RunEnd, of run: ActiveRun, to clients: Clients) {
        state.withLock { state in
            guard !state.isOver else { return }
            state.isOver = true
            state.final = end.text
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
        let text = state.text
        var data: JSONObject = ["text": .string(text)]
        if text.utf8.starts(with: state.toldText.utf8) {
            data["delta"] = .string(String(Substring(text.utf8.dropFirst(state.toldText.utf8.count))))
        }
        state.toldText = text
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
