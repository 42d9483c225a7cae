import Synchronization

/// What one connection has shown of itself: whether it may be closed to make room for another.
final class ConnectionStanding: Sendable {
    private struct State {
        var isProven = false
        var receiver: (any MessageReceiver)?
    }

    private let state = Mutex(State())

    /// Whether its request is one that showed a secret, or its WebSocket is through the handshake.
    var isProven: Bool {
        get { state.withLock { $0.isProven || $0.receiver?.isEstablished == true } }
        set { state.withLock { $0.isProven = newValue } }
    }

    /// Its messages go to `receiver` from now on.
    func become(_ receiver: any MessageReceiver) {
        state.withLock { $0.receiver = receiver }
    }
}
