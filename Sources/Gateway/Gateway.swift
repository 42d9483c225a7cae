public import JSON
public import Logging
import Policy
import Synchronization

/// One running gateway: its configuration, devices and connections. Opens no socket; a server calls it.
public final class Gateway: Sendable {
    private struct State {
        var connections: [String: Connection] = [:]
        var isReady = false
        var isClosing = false
    }

    /// What it runs with.
    public let configuration: GatewayConfiguration
    /// Which instance it is.
    public let identity: InstanceIdentity
    /// What it remembers.
    public let database: InstanceDatabase
    let devices: DeviceStore
    let clock: WallClock
    /// Notes what happens: where it was told to, and in the instance's log file.
    public let logger: Logger
    let logFile: LogFile
    let methods: MethodTable
    let tasks = TaskSet()
    let presence = Presence()
    let systemEvents = SystemEvents()
    let nodes = NodeRegistry()
    let approvals: ApprovalsFile
    let attempts: AttemptLimiter
    let resends: ResendCache
    private let healthCache = HealthCache()
    private let host: HostDescription
    private let startedAt: Int64
    private let state = Mutex(State())

    /// A gateway that serves nobody yet. Throws `StorageError` when what it keeps on disk cannot be read.
    public convenience init(
        configuration: GatewayConfiguration, clock: WallClock = .system, logger: Logger
    ) throws(StorageError) {
        try self.init(configuration: configuration, methods: .standard, clock: clock, logger: logger)
    }

    init(
        configuration: GatewayConfiguration, methods: MethodTable, clock: WallClock = .system, logger: Logger
    ) throws(StorageError) {
        let stateDirectory = configuration.instance.stateDirectory.value
        self.configuration = configuration
        self.methods = methods
        self.clock = clock
        attempts = AttemptLimiter(clock: clock)
        let logFile = try LogFile(stateDirectory: stateDirectory)
        self.logFile = logFile
        let fileHandler = LogFileHandler(
            label: "gateway", level: .info, file: logFile,
            redactor: Redactor([configuration.credentials.secret?.value].compactMap { $0 }), clock: clock)
        self.logger = Logger(label: logger.label) { _ in MultiplexLogHandler([logger.handler, fileHandler]) }
        resends = ResendCache(clock: clock)
        approvals = ApprovalsFile(stateDirectory: stateDirectory)
        identity = try InstanceIdentity.loadOrCreate(in: stateDirectory)
        database = try InstanceDatabase(stateDirectory: stateDirectory)
        devices = try DeviceStore(stateDirectory: stateDirectory, clock: clock)
        host = HostDescription.current
        startedAt = clock.milliseconds
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
        let frame = event.frame(payload, stateVersion: stateVersion)
        for connection in state.withLock({ Array($0.connections.values) }) {
            connection.deliver(event, frame, isDroppable: isDroppable)
        }
    }

    /// Closes the connections of the device `id` in `role`, but for `exception`.
    func disconnect(device id: String, role: Role, except exception: Connection) {
        for connection in state.withLock({ Array($0.connections.values) }) where connection !== exception {
            guard let client = connection.client, client.deviceID == id, client.role == role else { continue }
            connection.close(.revoked)
        }
    }

    // MARK: Life

    /// Tells that the listeners stand.
    public func becomeReady() {
        state.withLock { $0.isReady = !$0.isClosing }
        if database.isNew { logger.notice("made a new database", metadata: ["path": "\(database.path)"]) }
        if database.isCheckDue { tasks.start { [self] in await checkDatabase() } }
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
        let time = clock.milliseconds
        broadcast(.tick, ["ts": .integer(time)], isDroppable: true)
        guard healthCache.report(at: time) == nil else { return }
        broadcast(.health, freshHealth().json, stateVersion: stateVersion, isDroppable: true)
    }

    /// Says good-bye to every client and takes no more. `reason` is for people.
    public func shutDown(reason: String) {
        let connections = state.withLock { state in
            state.isReady = false
            state.isClosing = true
            return Array(state.connections.values)
        }
        let frame = GatewayEvent.shutdown.frame(["reason": .string(reason)])
        for connection in connections {
            connection.deliver(.shutdown, frame, isDroppable: false)
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

    /// The versions of presence and health.
    var stateVersion: StateVersion {
        StateVersion(presence: presence.version, health: healthCache.version)
    }

    /// What everybody may know: `GET /health`.
    public var publicHealth: JSON {
        [
            "ok": true, "profile": .string(configuration.instance.name.text), "instanceId": .string(identity.id),
            "version": .string(Version.current), "protocol": .integer(ProtocolVersion.current),
            "port": .integer(Int64(configuration.ports.value.gateway)), "uptimeMs": .integer(uptime),
        ]
    }

    /// Milliseconds since the start.
    var uptime: Int64 { max(0, clock.milliseconds - startedAt) }

    /// How many clients are connected.
    public var connectionCount: Int { state.withLock { $0.connections.count } }

    func hello(for admission: Handshake.Admission, connectionID: String, hostName: String) -> JSON {
        HelloPayload(
            gateway: self, host: host, admission: admission, connectionID: connectionID, hostName: hostName
        ).json
    }
}
