import JSON
import Storage
import Synchronization
import Time

/// How the gateway is, as clients are told: put together anew once a minute at most, unless somebody asks for more.
final class HealthService: Sendable {
    private let cache: HealthCache
    private let agents: Current<AgentDirectory>
    private let heartbeats: HeartbeatService
    private let messenger: Messenger
    private let store: ConversationStore
    private let clock: WallClock
    private let counted: Mutex<SessionOverview>

    /// Keeps its last report in `cache`. `overview` is what there is at the start.
    init(
        _ cache: HealthCache, agents: Current<AgentDirectory>, heartbeats: HeartbeatService, messenger: Messenger,
        store: ConversationStore,
        overview: SessionOverview, clock: WallClock
    ) {
        self.cache = cache
        self.agents = agents
        self.heartbeats = heartbeats
        self.messenger = messenger
        self.store = store
        self.clock = clock
        counted = Mutex(overview)
    }

    /// How it is: as it was seen at most a minute ago.
    var json: JSON { (recent ?? fresh()).json }

    /// What was seen at most a minute ago; nil when nothing was.
    var recent: HealthCache.Report? { cache.report(at: clock.milliseconds) }

    /// How it is, seen now.
    func fresh() -> HealthCache.Report {
        cache.keep(
            HealthReport(agents: reports(overview), channels: channels, clock: clock).json, at: clock.milliseconds)
    }

    /// How the connections to messaging services are now.
    var channels: ChannelReport { ChannelReport(messenger: messenger, now: clock.now) }

    /// How many sessions there were when somebody counted them last: at the start, for `status`, and when the health
    /// that was told is too old.
    var overview: SessionOverview { counted.withLock { $0 } }

    /// Counts the sessions.
    func freshOverview() async throws -> SessionOverview {
        let new = try await store.overview(of: agents.value.all.map(\.id))
        counted.withLock { $0 = new }
        return new
    }

    /// What there is to say of the agents, whose sessions `overview` tells of.
    func reports(_ overview: SessionOverview) -> AgentReports {
        AgentReports(of: agents.value, heartbeats, overview, in: store.database.path, at: clock.now)
    }
}
