import GatewayProtocol
import JSON
import Synchronization
import Time

/// The connections of a gateway: who is there to hear of something, and who must leave.
final class Clients: Sendable {
    private struct State {
        var connections: [String: Connection] = [:]
        var isReady = false
        var isClosing = false
    }

    private let state = Mutex(State())

    /// Whether clients are welcome: somebody listens, and the gateway is not about to end.
    var isReady: Bool { state.withLock { $0.isReady } }

    /// How many connections there are.
    var count: Int { state.withLock { $0.connections.count } }

    /// Who is connected; nil for one that is before its handshake.
    var all: [Client?] { connections.map(\.client) }

    private var connections: [Connection] { state.withLock { Array($0.connections.values) } }

    // MARK: Coming and going

    /// Somebody listens: clients are welcome, unless the gateway is about to end.
    func becomeReady() {
        state.withLock { $0.isReady = !$0.isClosing }
    }

    /// Takes `connection` in. Returns false when the gateway is about to end.
    func add(_ connection: Connection) -> Bool {
        state.withLock { state in
            guard !state.isClosing else { return false }
            state.connections[connection.id] = connection
            return true
        }
    }

    /// `connection` ended.
    func remove(_ connection: Connection) {
        _ = state.withLock { $0.connections.removeValue(forKey: connection.id) }
    }

    /// Closes the connections of the device `id` in `role`, but for `exception`.
    func disconnect(device id: String, role: Role, except exception: Connection) {
        for connection in connections where connection !== exception {
            guard let client = connection.client, client.deviceID == id, client.role == role else { continue }
            connection.close(.revoked)
        }
    }

    /// Closes the connections of those who may stay no longer.
    func disconnectExpired(at time: Timestamp) {
        for connection in connections {
            guard let end = connection.client?.expiresAt, end <= time else { continue }
            connection.close(.signInOver)
        }
    }

    /// Takes in nobody any more.
    func stopWelcoming() {
        state.withLock { state in
            state.isReady = false
            state.isClosing = true
        }
    }

    /// Tells every client that the gateway ends, as `payload` says, and closes its connection.
    func sayGoodbye(_ payload: JSON) {
        let text = EventFrame.Text(GatewayEvent.shutdown.frame(payload))
        for connection in connections {
            connection.deliver(.shutdown, text, isDroppable: false)
            connection.close(.restart)
        }
    }

    // MARK: Telling

    /// Tells everybody who may hear of it. A droppable event is left out for clients that are slow.
    func broadcast(
        _ event: GatewayEvent, _ payload: JSON, stateVersion: StateVersion? = nil, isDroppable: Bool = false
    ) {
        let connections = connections
        guard !connections.isEmpty else { return }
        // Written once, however many hear of it.
        let text = EventFrame.Text(event.frame(payload, stateVersion: stateVersion))
        for connection in connections {
            connection.deliver(event, text, isDroppable: isDroppable)
        }
    }
}
