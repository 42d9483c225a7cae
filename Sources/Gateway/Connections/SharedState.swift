import GatewayProtocol
import JSON
import Time

/// What every client keeps a copy of: who is there, and how the gateway is. Each has a version, by which a client knows
/// whether its copy is the newest.
final class SharedState: Sendable {
    let presence = Presence()
    let health = HealthCache()
    /// What the kernel says of this host.
    let host = HostDescription.current
    private let clients: Clients
    private let tasks: TaskSet
    private let clock: WallClock

    init(clients: Clients, tasks: TaskSet, clock: WallClock) {
        self.clients = clients
        self.tasks = tasks
        self.clock = clock
    }

    /// The versions of presence and health.
    var version: StateVersion { StateVersion(presence: presence.version, health: health.version) }

    /// Everybody who is there, the gateway first.
    var presenceEntries: [PresenceEntry] {
        let time = clock.milliseconds
        return [.gateway(on: host, at: time)] + presence.entries(at: time)
    }

    /// Tells everybody, shortly, who is there now. Many who come and go together are one piece of news.
    func announcePresence() {
        guard presence.takeAnnouncement() else { return }
        tasks.start { [self] in
            // Throws only when the gateway ends, and then nobody needs to know.
            guard (try? await Task.sleep(for: ProtocolLimits.presenceDelay)) != nil else { return }
            presence.announced()
            clients.broadcast(
                .presence, ["presence": .array(presenceEntries.map(\.json))], stateVersion: version, isDroppable: true)
        }
    }
}
