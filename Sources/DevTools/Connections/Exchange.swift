import JSON
import Synchronization

/// What goes on over a connection: the commands that wait for an answer, and who hears of which events.
final class Exchange: MessageReceiver {
    /// Which events somebody wants to hear of.
    struct Interest: Sendable {
        /// Domains and names.
        var methods: Set<String>
        var scope: EventScope

        func includes(_ event: Message.Event) -> Bool {
            guard methods.contains(event.method) else { return false }
            return switch scope {
            case .everywhere: true
            case .session(let session): event.session == session
            }
        }
    }

    private struct Waiting {
        var method: String
        var session: SessionID?
        var continuation: CheckedContinuation<JSON, any Error>
    }

    private struct State {
        var waiting: [Int64: Waiting] = [:]
        var lastID: Int64 = 0
        var subscribers: [Int: (interest: Interest, buffer: EventBuffer)] = [:]
        var lastSubscriber = 0
        /// The targets that are attached to.
        var targets: [SessionID: String] = [:]
        /// Why there is no more.
        var end: DevToolsError?
        /// Has the carrier read on.
        var resume: (@Sendable () -> Void)?
        var isPaused = false
    }

    let limits: DevToolsLimits
    private let state = Mutex(State())

    init(limits: DevToolsLimits) {
        self.limits = limits
    }

    /// Why the connection is over; nil while it is not.
    var end: DevToolsError? { state.withLock { $0.end } }

    // MARK: Commands

    /// A number for a command.
    func newID() -> Int64 {
        state.withLock { state in
            state.lastID += 1
            return state.lastID
        }
    }

    /// Sends the command `id` by `send` and waits for its answer.
    func answer(
        to id: Int64, _ method: String, session: SessionID?, _ send: () -> Void
    ) async throws -> JSON {
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let refusal: (any Error)? = state.withLock { state in
                    if let end = state.end { return end }
                    // The handler below ran already, or will find the continuation.
                    if Task.isCancelled { return CancellationError() }
                    guard state.waiting.count < limits.commands else {
                        return DevToolsError.tooManyCommands(limit: limits.commands)
                    }
                    state.waiting[id] = Waiting(method: method, session: session, continuation: continuation)
                    return nil
                }
                if let refusal { return continuation.resume(throwing: refusal) }
                // An answer is wanted now, however many events stand before it.
                resumeIfThereIsRoom()
                send()
            }
        } onCancel: {
            resolve(id, .failure(CancellationError()))
        }
    }

    /// Ends the waiting for the answer to the command `id`, when somebody waits for it.
    func resolve(_ id: Int64, _ result: Result<JSON, any Error>) {
        state.withLock { $0.waiting.removeValue(forKey: id) }?.continuation.resume(with: result)
    }

    /// Ends the waiting of all commands to `sessions`.
    private func endCommands(to sessions: Set<SessionID>) {
        let ended = state.withLock { state in
            let ended = state.waiting.filter { $0.value.session.map(sessions.contains) ?? false }
            for id in ended.keys { state.waiting[id] = nil }
            return ended.values.map { ($0.continuation, $0.method) }
        }
        for (continuation, method) in ended {
            continuation.resume(throwing: DevToolsError.sessionEnded(method: method))
        }
    }

    // MARK: Events

    /// Keeps what `interest` is about from now on, until the stream is let go of.
    func subscribe(_ interest: Interest) -> EventStream {
        let buffer = EventBuffer(limits: limits)
        let (id, end) = state.withLock { state -> (Int, DevToolsError?) in
            state.lastSubscriber += 1
            if state.end == nil { state.subscribers[state.lastSubscriber] = (interest, buffer) }
            return (state.lastSubscriber, state.end)
        }
        if let end { buffer.end(end) }
        return EventStream(buffer, of: self, id: id)
    }

    func unsubscribe(_ id: Int) {
        _ = state.withLock { $0.subscribers.removeValue(forKey: id) }
        resumeIfThereIsRoom()
    }

    /// Tells that a subscriber has room for one more.
    func eventWasTaken() {
        resumeIfThereIsRoom()
    }

    private func resumeIfThereIsRoom() {
        let resume: (@Sendable () -> Void)? = state.withLock { state in
            guard state.isPaused, hasRoom(state) else { return nil }
            state.isPaused = false
            return state.resume
        }
        resume?()
    }

    /// While somebody waits for an answer everything is read: it may be its own events that a subscriber cannot take before
    /// it has the answer. They are kept up to a limit then.
    private func hasRoom(_ state: State) -> Bool {
        state.end != nil || !state.waiting.isEmpty
            || state.subscribers.values.allSatisfy { $0.buffer.count < limits.waitingEvents }
    }

    // MARK: MessageReceiver

    var hasRoom: Bool {
        state.withLock { state in
            state.isPaused = !hasRoom(state)
            return !state.isPaused
        }
    }

    func opened(resume: @escaping @Sendable () -> Void) {
        state.withLock { $0.resume = resume }
    }

    func receive(_ text: UnsafeBufferPointer<UInt8>) throws(DevToolsError) {
        let json: JSON
        do throws(JSONError) {
            json = try JSON(parsing: text, limits: limits.json)
        } catch {
            throw .violation("a message is no JSON: \(error)")
        }
        switch try Message(json) {
        case .answer(let id, let result): try take(id, result)
        case .event(let event): take(event, size: text.count)
        }
    }

    private func take(_ id: Int64, _ result: Result<JSON, Message.Refusal>) throws(DevToolsError) {
        let (waiting, wasSent) = state.withLock { state in
            (state.waiting.removeValue(forKey: id), (1...max(1, state.lastID)).contains(id))
        }
        guard let waiting else {
            // Nobody waits any more for one that took too long.
            guard wasSent else { throw .violation("it answered command \(id), which was never sent") }
            return
        }
        switch result {
        case .success(let json): waiting.continuation.resume(returning: json)
        case .failure(let refusal):
            waiting.continuation.resume(
                throwing: DevToolsError.refused(
                    method: waiting.method, code: refusal.code, message: refusal.message))
        }
    }

    private func take(_ event: Message.Event, size: Int) {
        let buffers = state.withLock { state in
            state.subscribers.values.filter { $0.interest.includes(event) }.map(\.buffer)
        }
        for buffer in buffers { buffer.add(event, size: size) }
        switch event.method {
        case "Target.attachedToTarget":
            guard let session = event.parameters["sessionId"]?.string.map(SessionID.init) else { return }
            state.withLock { $0.targets[session] = event.parameters["targetInfo"]?["targetId"]?.string }
        case "Target.detachedFromTarget":
            guard let session = event.parameters["sessionId"]?.string.map(SessionID.init) else { return }
            endCommands(to: [session])
            endSubscriptions(to: session)
        case "Target.targetCrashed":
            // A renderer that crashed answers nothing. Its sessions go on: the page can be loaded anew.
            let target = event.parameters["targetId"]?.string
            endCommands(to: state.withLock { Set($0.targets.filter { $0.value == target }.keys) })
        default: return
        }
    }

    private func endSubscriptions(to session: SessionID) {
        let ended = state.withLock { state in
            state.targets[session] = nil
            let ended = state.subscribers.filter {
                if case .session(session) = $0.value.interest.scope { true } else { false }
            }
            for id in ended.keys { state.subscribers[id] = nil }
            return ended.values.map(\.buffer)
        }
        for buffer in ended { buffer.end(nil) }
    }

    func ended(_ reason: DevToolsError) {
        let (waiting, buffers) = state.withLock { state in
            guard state.end == nil else { return ([Waiting](), [EventBuffer]()) }
            state.end = reason
            // It holds on to the carrier, which holds on to this.
            state.resume = nil
            defer { (state.waiting, state.subscribers, state.targets) = ([:], [:], [:]) }
            return (Array(state.waiting.values), state.subscribers.values.map(\.buffer))
        }
        for waiting in waiting { waiting.continuation.resume(throwing: reason) }
        for buffer in buffers { buffer.end(reason) }
    }
}
