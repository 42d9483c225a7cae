import Synchronization

/// New starts of a gateway in the same process, for the program around it to make.
public final class Restarts: Sendable {
    private enum State {
        case none, claimed, begun, finished
    }

    private let state = Mutex(State.none)
    private let begun: AsyncStream<Void>
    private let continuation: AsyncStream<Void>.Continuation

    init() {
        (begun, continuation) = AsyncStream.makeStream()
    }

    /// Whether the gateway ends for a new start.
    public var hasBegun: Bool { state.withLock { $0 == .begun } }

    /// Whether one was asked for: it takes everything new along.
    var isPending: Bool { state.withLock { $0 == .claimed || $0 == .begun } }

    /// Returns when the gateway is to end: for a new start, or for good.
    public func wait() async {
        for await _ in begun {}
    }

    /// The gateway is to end, and not to start again.
    public func finish() {
        end(.finished)
    }

    /// True for the first who asks.
    func claim() -> Bool {
        state.withLock { state in
            guard state == .none else { return false }
            state = .claimed
            return true
        }
    }

    /// Now is the time.
    func begin() {
        end(.begun)
    }

    private func end(_ new: State) {
        state.withLock { state in
            guard state == .none || state == .claimed else { return }
            state = new
        }
        continuation.finish()
    }
}
