public import Configuration
public import Files
import GatewayProtocol
public import JSON
public import Logging
import Policy
public import Storage
import Synchronization
public import Time

/// One running gateway: its configuration, devices and connections. Opens no socket; a server calls it.
public final class Gateway: Sendable {
    private struct State {
        var configuration: GatewayConfiguration
        var agents: AgentDirectory
        var conversationStore: ConversationStore
        var connections: [String: Connection] = [:]
        var isReady = false
        var isClosing = false
        /// When ended runs were last forgotten.
        var tidiedAt = Timestamp.earliest
    }

    /// What it runs with now.
    public var configuration: GatewayConfiguration { state.withLock { $0.configuration } }
    /// New starts in the same process.
    public let restarts = Restarts()
    /// What became of the last change of the configuration.
    let reload = Mutex(ReloadOutcome.same)
    /// The same, as it is now.
    var lastReload: ReloadOutcome { reload.withLock { $0 } }
    /// Which instance it is.
    public let identity: InstanceIdentity
    /// What it remembers.
    public let database: InstanceDatabase
    let devices: DeviceStore
    let clock: WallClock
    /// Notes what happens: where it was told to, and in the instance's log file.
    public let logger: Logger
    let logFile: LogFile
    /// Knows every secret there is and was.
    let redactor: GrowingRedactor
    let methods: MethodTable
    let tasks = TaskSet()
    let presence = Presence()
    let systemEvents = SystemEvents()
    let nodes = NodeRegistry()
    let nodeStore: NodeStore
    let approvals: ApprovalsFile
    let cron: CronService
    let heartbeats: HeartbeatService
    let confinement: any Confinement
    let attempts: AttemptLimiter
    let canvasTicket: CanvasTicket
    let signIns: SignIns
    let refusals = Refusals()
    /// Requests of the protocol, those over HTTP, and runs that ended.
    let requestTally = Tally()
    let httpTally = Tally()
    let runTally = Tally()
    /// How often a limit was reached, and what became of what was over it.
    public let limitTally = Tally()
    /// How much there is of what is limited.
    public let usage = Usage()
    /// The requests that wait, in bytes.
    let requestBytes = Allowance(ProtocolLimits.allWaitingRequestBytes)
    /// Who answers now.
    var agents: AgentDirectory { state.withLock { $0.agents } }
    /// What they are doing.
    let runs: RunTable
    let lanes: Lanes
    var conversationStore: ConversationStore { state.withLock { $0.conversationStore } }
    private let healthCache = HealthCache()
    private let overview: Mutex<SessionOverview>
    private let host: HostDescription
    private let startedAt: Timestamp
    private let state: Mutex<State>

    /// A gateway that serves nobody yet, in a process that is confined by `confinement`. Throws `StorageError` when what it
    /// keeps on disk cannot be read.
    public convenience init(
        configuration: GatewayConfiguration, confinement: any Confinement = Unconfined(), clock: WallClock = .system,
        logger: Logger
    ) throws(StorageError) {
        try self.init(
            configuration: configuration, methods: .standard, confinement: confinement, clock: clock, logger: logger)
    }

    init(
        configuration: GatewayConfiguration, methods: MethodTable, agents: AgentDirectory? = nil,
        confinement: any Confinement = Unconfined(), clock: WallClock = .system, logger: Logger
    ) throws(StorageError) {
        let stateDirectory = configuration.instance.stateDirectory.value
        self.methods = methods
        self.confinement = confinement
        self.clock = clock
        attempts = AttemptLimiter(clock: clock)
        signIns = SignIns(clock: clock)
        let logFile = try LogFile(stateDirectory: stateDirectory)
        self.logFile = logFile
        let redactor = GrowingRedactor(configuration.secrets)
        self.redactor = redactor
        let fileHandler = LogFileHandler(
            label: "gateway", level: .info, file: logFile,
            redactor: redactor, clock: clock)
        self.logger = Logger(label: logger.label) { _ in
            MultiplexLogHandler([RedactingLogHandler(logger.handler, redactor), fileHandler])
        }
        approvals = ApprovalsFile(stateDirectory: stateDirectory)
        identity = try InstanceIdentity.loadOrCreate(in: stateDirectory)
        canvasTicket = try CanvasTicket(
            stateDirectory: stateDirectory, secret: configuration.credentials.secret?.value)
        database = try InstanceDatabase(stateDirectory: stateDirectory)
        let store = ConversationStore(database: database, settings: configuration.sessionSettings)
        let agents =
            agents
            ?? AgentDirectory(
                configuration, environment: ProcessEnvironment.forPrograms(of: configuration))
        state = Mutex(State(configuration: configuration, agents: agents, conversationStore: store))
        runs = RunTable(clock: clock)
        lanes = Lanes(limits: configuration.laneLimits)
        devices = try DeviceStore(database: database, clock: clock)
        nodeStore = try NodeStore(database: database, clock: clock)
        cron = try CronService(database: database, section: configuration.content.cron, clock: clock)
        heartbeats = HeartbeatService(Heartbeat.all(configuration.agents), clock: clock)
        host = HostDescription.current
        startedAt = clock.now
        agents.prepareWorkspaces(logger: logger)
        let count = try store.recover(at: startedAt)
        let agentIDs = agents.all.map(\.id)
        overview = Mutex(try database.readNow { try SessionOverview(of: agentIDs, in: $0.sessions) })
        addUsage()
        if count > 0 { logger.warning("runs were cut off by the last end", metadata: ["count": "\(count)"]) }
    }

    /// Tells what is limited here, and how much of it there is.
    private func addUsage() {
        usage.add("waiting request bytes", requestBytes)
        usage.add("runs", limit: RunTable.openLimit) { [runs] in runs.openCount }
        usage.add("run bytes", limit: RunTable.openByteLimit) { [runs] in runs.openBytes }
        usage.add("sessions with system events", limit: SystemEvents.sessionLimit) { [systemEvents] in
            systemEvents.sessionCount
        }
        usage.add("presence entries", limit: Presence.limit) { [presence] in presence.count }
    }

    // MARK: Connections

    /// Takes in a client that came from `origin` and is answered through `transport`; nil when the gateway is
    /// closing.
    public func connect(from origin: RequestOrigin, transport: any ClientTransport) -> Connection? {
        let connection = Connection(gateway: self, origin: origin, transport: transport)
        let isOpen = state.withLock { state in
            guard !state.isClosing else { return false }
            state.connections[connection.id] = connection
            return true
        }
        guard isOpen else { return nil }
        connection.open()
        return connection
    }

    func remove(_ connection: Connection) {
        _ = state.withLock { $0.connections.removeValue(forKey: connection.id) }
    }

    /// Tells that `client` is not connected any more, as `connection` ended.
    func left(_ client: Client, _ connection: Connection) {
        if client.role == .node { nodes.leave(connection) }
        guard let key = client.presenceKey else { return }
        presence.leave(key, at: clock.milliseconds)
        announcePresence()
    }

    /// Tells everybody who may hear of it. A droppable event is left out for clients that are slow.
    func broadcast(
        _ event: GatewayEvent, _ payload: JSON, stateVersion: StateVersion? = nil, isDroppable: Bool = false
    ) {
        let connections = state.withLock { Array($0.connections.values) }
        guard !connections.isEmpty else { return }
        // Written once, however many hear of it.
        let text = EventFrame.Text(event.frame(payload, stateVersion: stateVersion))
        for connection in connections {
            connection.deliver(event, text, isDroppable: isDroppable)
        }
    }

    /// Closes the connections of the device `id` in `role`, but for `exception`.
    func disconnect(device id: String, role: Role, except exception: Connection) {
        for connection in state.withLock({ Array($0.connections.values) }) where connection !== exception {
            guard let client = connection.client, client.deviceID == id, client.role == role else { continue }
            connection.close(.revoked)
        }
    }

    /// Closes the connections of those who may stay no longer.
    private func disconnectExpired(at time: Timestamp) {
        for connection in state.withLock({ Array($0.connections.values) }) {
            guard let end = connection.client?.expiresAt, end <= time else { continue }
            connection.close(.signInOver)
        }
    }

    // MARK: Life

    /// Tells that the listeners stand.
    public func becomeReady() {
        state.withLock { $0.isReady = !$0.isClosing }
        keepConfiguration()
        tellOfRestart()
        tellOfSettingsSetAside()
        tasks.start { [self] in await tellOfRowsSetAside() }
        tasks.start { [self] in await cron.serve(for: self) }
        tasks.start { [self] in await heartbeats.serve(for: self) }
        if database.isNew { logger.notice("made a new database", metadata: ["path": "\(database.path)"]) }
        if database.isCheckDue { tasks.start { [self] in await checkDatabase() } }
    }

    /// Goes on with another configuration, and keeps it as one that works.
    func adopt(_ configuration: GatewayConfiguration) {
        redactor.learn(configuration.secrets)
        let agents = AgentDirectory(
            configuration, environment: ProcessEnvironment.forPrograms(of: configuration))
        agents.prepareWorkspaces(logger: logger)
        let store = ConversationStore(database: database, settings: configuration.sessionSettings)
        // Runs that are under way go on with whom they began.
        state.withLock { state in
            state.configuration = configuration
            state.agents = agents
            state.conversationStore = store
        }
        cron.adopt(configuration.content.cron)
        heartbeats.adopt(Heartbeat.all(configuration.agents))
        keepConfiguration()
        tellOfSettingsSetAside()
    }

    /// Tells of settings that are more than can be counted, in whose place something else counts.
    private func tellOfSettingsSetAside() {
        for fault in configuration.file?.snapshot.setAside ?? [] {
            logger.warning("a setting was set aside", metadata: ["setting": "\(fault)"])
        }
    }

    /// Tells of the jobs and sessions that cannot be used. They keep no gateway from starting.
    private func tellOfRowsSetAside() async {
        do {
            let sessions = try await database.read { try $0.sessions.setAside() }
            for fault in cron.setAside + sessions { logger.warning("\(fault)") }
        } catch {
            logger.error("the sessions could not be looked through", metadata: ["error": "\(error)"])
        }
    }

    /// Keeps the file it runs with, so that there is a way back from one that does not work.
    private func keepConfiguration() {
        guard let file = configuration.file else { return }
        let copy = LastGoodConfiguration(of: file.path)
        do throws(StorageError) {
            try copy.keep(file, configuration.instance.state)
        } catch {
            logger.notice("cannot keep a copy of the configuration", metadata: ["error": "\(error)"])
        }
    }

    /// Reads a database too large to be read before the start. One that is damaged takes nothing more.
    private func checkDatabase() async {
        do {
            try await database.check()
        } catch {
            logger.critical("the database is damaged", metadata: ["error": "\(error)"])
        }
    }

    /// Whether clients are welcome: listening, and not about to end.
    public var isReady: Bool { state.withLock { $0.isReady } }

    /// Tells every client that the gateway lives, and, every so often, how it is. Called every
    /// `ProtocolLimits.tick`.
    public func tick() {
        let time = clock.now
        // Not on the event loop that calls this: to tell ten thousand takes a while.
        tasks.start { [self] in
            disconnectExpired(at: time)
            broadcast(.tick, ["ts": time.json], isDroppable: true)
        }
        tidy(at: time)
        guard healthCache.report(at: time.milliseconds) == nil else { return }
        tasks.start { [self] in
            do {
                _ = try await freshSessionOverview()
            } catch {
                logger.error("the sessions could not be counted", metadata: ["error": "\(error)"])
            }
            broadcast(.health, freshHealth().json, stateVersion: stateVersion, isDroppable: true)
        }
    }

    /// Once an hour, forgets runs nobody will ask for any more.
    private func tidy(at time: Timestamp) {
        let isDue = state.withLock { state in
            guard time.since(state.tidiedAt) >= Self.tidyInterval else { return false }
            state.tidiedAt = time
            return true
        }
        guard isDue else { return }
        tasks.start { [self] in
            do {
                try await conversationStore.forgetOldRuns(at: time)
            } catch {
                logger.error("old runs could not be forgotten", metadata: ["error": "\(error)"])
            }
        }
    }

    private static let tidyInterval = TimeSpan(1, .hours)

    /// Says good-bye to every client and takes no more.
    public func shutDown() {
        // First, so that clients hear of it.
        conversations.abortAll()
        let connections = state.withLock { state in
            state.isReady = false
            state.isClosing = true
            return Array(state.connections.values)
        }
        restarts.finish()
        // Clients that are told when to come back do not take it for a fault.
        let text = EventFrame.Text(
            GatewayEvent.shutdown.frame(
                restarts.hasBegun
                    ? ["reason": "gateway restarting", "restartExpectedMs": 1500] : ["reason": "gateway stopping"]))
        for connection in connections {
            connection.deliver(.shutdown, text, isDroppable: false)
            connection.close(.restart)
        }
        tasks.cancel()
    }

    /// Waits for the requests that `shutDown` cancelled, so that nothing works on the state any more.
    public func drain() async {
        await tasks.drain()
    }

    // MARK: State

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
            broadcast(
                .presence, ["presence": .array(presenceEntries.map(\.json))], stateVersion: stateVersion,
                isDroppable: true)
        }
    }

    /// How it is: as it was seen at most a minute ago.
    var health: JSON {
        (healthCache.report(at: clock.milliseconds) ?? freshHealth()).json
    }

    /// How it is, seen now.
    func freshHealth() -> HealthCache.Report {
        healthCache.keep(HealthReport(gateway: self).json, at: clock.milliseconds)
    }

    /// How many sessions there were when somebody counted them last: at the start, for `status`, and when the health
    /// that was told is too old.
    var sessionOverview: SessionOverview { overview.withLock { $0 } }

    /// Counts the sessions.
    func freshSessionOverview() async throws -> SessionOverview {
        let new = try await conversationStore.overview(of: agents.all.map(\.id))
        overview.withLock { $0 = new }
        return new
    }

    /// The versions of presence and health.
    var stateVersion: StateVersion {
        StateVersion(presence: presence.version, health: healthCache.version)
    }

    /// What everybody may know: `GET /health`.
    public var publicHealth: JSON {
        [
            "ok": true, "profile": .string(configuration.instance.name.text), "instanceId": .string(identity.id),
            "version": .string(Version.current), "protocol": .integer(ProtocolVersion.current),
            "port": .integer(Int64(configuration.ports.value.gateway)), "uptimeMs": uptime.json,
            "configuration": .string(lastReload.word),
        ]
    }

    /// The time since the start.
    var uptime: TimeSpan { clock.now.since(startedAt) }

    /// How many clients are connected.
    public var connectionCount: Int { state.withLock { $0.connections.count } }

    /// Who is connected; nil for one that is before its handshake.
    var clients: [Client?] { state.withLock { Array($0.connections.values) }.map(\.client) }

    func hello(for admission: Handshake.Admission, connectionID: String, hostName: String) -> JSON {
        HelloPayload(
            gateway: self, host: host, admission: admission, connectionID: connectionID, hostName: hostName
        ).json
    }
}
