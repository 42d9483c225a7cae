import GatewayProtocol
import JSON
import Logging
import Time

/// What the connections are served with.
final class ConnectionServices: Sendable {
    let access: AccessControl
    let clients: Clients
    /// Told of clients that come and go.
    let observer: any ClientObserver
    let shared: SharedState
    let requests: RequestDesk
    /// The answer to `connect` for somebody who comes in on the connection so called, and asked for the gateway by this name.
    let greeting: @Sendable (_ admission: Handshake.Admission, _ connectionID: String, _ hostName: String) -> JSON
    let tasks: TaskSet
    let clock: WallClock
    let logger: Logger

    init(
        access: AccessControl, clients: Clients, observer: any ClientObserver, shared: SharedState,
        requests: RequestDesk,
        greeting: @escaping @Sendable (Handshake.Admission, String, String) -> JSON, tasks: TaskSet, clock: WallClock,
        logger: Logger
    ) {
        self.access = access
        self.clients = clients
        self.observer = observer
        self.shared = shared
        self.requests = requests
        self.greeting = greeting
        self.tasks = tasks
        self.clock = clock
        self.logger = logger
    }

    /// Takes in a client that came from `origin` and is answered through `transport`; nil when the gateway is closing.
    func connect(from origin: RequestOrigin, transport: any ClientTransport) -> Connection? {
        let connection = Connection(self, origin: origin, transport: transport)
        guard clients.add(connection) else { return nil }
        connection.open()
        return connection
    }
}
