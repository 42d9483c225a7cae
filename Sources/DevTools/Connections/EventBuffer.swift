import Synchronization

/// The events that one subscriber has not taken yet.
final class EventBuffer: Sendable {
    private struct State {
        /// Those before `head` were taken.
        var events: [(event: Message.Event, size: Int)] = []
        var head = 0
        var bytes = 0
        /// Who waits for the next one.
        var waiting: CheckedContinuation<Void, Never>?
        var isEnded = false
        /// Why it ended, when that is a fault.
        var fault: DevToolsError?
    }

    private let state = Mutex(State())
    private let limits: DevToolsLimits

    init(limits: DevToolsLimits) {
        self.limits = limits
    }

    /// How many wait.
    var count: Int { state.withLock { $0.events.count - $0.head } }

    /// Adds `event`, which was written in `size` bytes. Where there is no room it ends instead, after what it holds.
    func add(_ event: Message.Event, size: Int) {
        wake { state in
            guard !state.isEnded else { return }
            guard state.events.count - state.head < limits.keptEvents, state.bytes + size <= limits.keptBytes else {
                state.isEnded = true
                state.fault = .eventsLost(limit: state.events.count - state.head)
                return
            }
            state.events.append((event, size))
            state.bytes += size
        }
    }

    /// Adds nothing more: after what it holds it ends, with `fault` when there is one.
    func end(_ fault: DevToolsError?) {
        wake { state in
            guard !state.isEnded else { return }
            state.isEnded = true
            state.fault = fault
        }
    }

    private func wake(_ change: (inout State) -> Void) {
        let waiting = state.withLock { state in
            change(&state)
            defer { state.waiting = nil }
            return state.waiting
        }
        waiting?.resume()
    }

    /// The next event; nil at the end. Throws why it ended, and `CancellationError`. One task may wait at a time.
    func next() async throws -> Message.Event? {
        while true {
            let taken: (event: Message.Event?, isEnd: Bool) = try state.withLock { state in
                guard state.head < state.events.count else {
                    if let fault = state.fault { throw fault }
                    return (nil, state.isEnded)
                }
                let (event, size) = state.events[state.head]
                state.head += 1
                state.bytes -= size
                // Moved up when half of them are gone, so that each is moved once.
                if state.head * 2 >= state.events.count {
                    state.events.removeFirst(state.head)
                    state.head = 0
                }
                return (event, false)
            }
            if taken.event != nil || taken.isEnd { return taken.event }
            try Task.checkCancellation()
            await withTaskCancellationHandler {
                await withCheckedContinuation { continuation in
                    let mustWait = state.withLock { state in
                        guard state.head == state.events.count, !state.isEnded, !Task.isCancelled else { return false }
                        precondition(state.waiting == nil, "two tasks wait for the events of one subscription")
                        state.waiting = continuation
                        return true
                    }
                    if !mustWait { continuation.resume() }
                }
            } onCancel: {
                wake { _ in }
            }
        }
    }
}
