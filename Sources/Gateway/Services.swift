import Configuration
import Files
import GatewayProtocol
import Logging
import Storage
import Time
import Tools

/// The services of a gateway, each made of those above it: the one place that knows all of them.
///
/// Nothing in the folders names this. What a service, a method or an endpoint needs is given to it here.
struct Services: Sendable {
    // What everything stands on.
    let clock: WallClock
    let uptime: Uptime
    let logFile: LogFile
    /// Knows every secret there is and was.
    let redactor: GrowingRedactor
    /// Notes what happens: where it was told to, and in the instance's log file.
    let logger: Logger
    let identity: InstanceIdentity
    let database: InstanceDatabase
    let tasks = TaskSet()
    /// How often a limit was reached, and what became of what was over it.
    let limitTally = Tally()
    /// Requests of the protocol, by method and outcome.
    let requestTally = Tally()
    /// Requests over HTTP, by route and status.
    let httpTally = Tally()
    /// Runs that ended, by agent and how.
    let runTally = Tally()
    /// The requests that wait, in bytes.
    let waitingBytes = Allowance(ProtocolLimits.allWaitingRequestBytes)
    /// How much there is of what is limited.
    let usage = Usage()

    // What it runs with now.
    let configuration: Current<GatewayConfiguration>
    let agents: Current<AgentDirectory>
    let sessionSettings: Current<SessionSettings>
    let queue: Current<QueueSection>
    let confinement: any Confinement
    /// Control of this instance's browsers; nil where it has none.
    let browser: (any BrowserControl)?

    // Who is there.
    let access: AccessControl
    let canvasTicket: CanvasTicket
    let clients = Clients()
    let shared: SharedState
    let nodes = NodeRegistry()
    let nodeStore: NodeStore

    // Conversations.
    let store: ConversationStore
    let resolver: SessionResolver
    let systemEvents = SystemEvents()
    let notes: SessionNotes
    let runs: RunTable
    /// What models may call.
    let tools: AgentTools
    let conversations: Conversations
    /// Has the runs go on that an earlier process left. Called once.
    let goOn: @Sendable () -> Void

    /// Connections to messaging services.
    let messenger: Messenger

    // What happens by itself.
    let cron: CronService
    let cronWorker: CronWorker
    let heartbeats: HeartbeatService
    let heartbeatWorker: HeartbeatWorker
    let restarts = Restarts()
    let running: RunningConfiguration
    let reload: ConfigurationReload
    let news: RestartNews
    let health: HealthService
    let status: StatusService
    let upkeep: Upkeep

    /// Makes them for a gateway with `configuration`, in a process that is confined by `confinement`. `agents` are there in
    /// place of those configured, for tests. Throws `StorageError` when what is kept on disk cannot be read.
    init(
        configuration start: GatewayConfiguration, agents directory: AgentDirectory?,
        browser: (any BrowserControl)?, toolCage: ToolCage?, confinement: any Confinement, clock: WallClock,
        logger: Logger
    ) throws(StorageError) {
        let instance = start.instance
        let stateDirectory = instance.stateDirectory.value
        self.clock = clock
        self.confinement = confinement
        self.browser = browser
        uptime = Uptime(clock)
        logFile = try LogFile(stateDirectory: stateDirectory)
        redactor = GrowingRedactor(start.secrets)
        let fileHandler = LogFileHandler(
            label: "gateway", level: .info, file: logFile, redactor: redactor, clock: clock)
        self.logger = Logger(label: logger.label) { [redactor] _ in
            MultiplexLogHandler([RedactingLogHandler(logger.handler, redactor), fileHandler])
        }
        identity = try InstanceIdentity.loadOrCreate(in: stateDirectory)
        canvasTicket = try CanvasTicket(stateDirectory: stateDirectory, secret: start.credentials.secret?.value)
        database = try InstanceDatabase(stateDirectory: stateDirectory)

        configuration = Current(start)
        agents = Current(
            directory ?? AgentDirectory(start, environment: ProcessEnvironment.forPrograms(of: start)))
        redactor.learn(agents.value.keys)
        sessionSettings = Current(start.sessionSettings)
        queue = Current(start.content.messages.queue)

        access = AccessControl(
            configuration: configuration, devices: try DeviceStore(database: database, clock: clock),
            signIns: SignIns(clock: clock), attempts: AttemptLimiter(clock: clock), refusals: Refusals(), clock: clock)
        shared = SharedState(clients: clients, tasks: tasks, clock: clock)
        nodeStore = try NodeStore(database: database, clock: clock)

        store = ConversationStore(database: database, settings: sessionSettings)
        resolver = SessionResolver(settings: sessionSettings, agents: agents)
        notes = SessionNotes(events: systemEvents, sessions: resolver, limits: limitTally, logger: self.logger)
        runs = RunTable(clock: clock)
        tools = AgentTools(
            all: Self.tools(toolCage, start, agents, configuration, tasks), configuration: configuration)
        cron = try CronService(database: database, section: start.content.cron, clock: clock)
        heartbeats = HeartbeatService(Heartbeat.all(start.agents), clock: clock)
        let ownResponder = Operator(
            sources: OperatorSources(
                configuration: configuration, agents: agents, confinement: confinement, identity: identity,
                clients: clients, runs: runs, cron: cron, store: store, logFile: logFile, clock: clock, uptime: uptime))
        conversations = Conversations(
            store: store, queue: queue, agents: agents, ownResponder: ownResponder, runs: runs,
            lanes: Lanes(limits: start.laneLimits), tools: tools, systemEvents: systemEvents, clients: clients,
            state: instance.state,
            tasks: tasks, redactor: redactor, tally: runTally, limits: limitTally, clock: clock, logger: self.logger)

        let factory = ChannelFactory(environment: ProcessEnvironment.forPrograms(of: start), clock: clock)
        messenger = Messenger(
            accounts: factory.accounts(start.content.channels), conversations: conversations, sessions: resolver,
            agents: agents, configuration: configuration, store: store, tasks: tasks, clock: clock, logger: self.logger)

        cronWorker = CronWorker(
            conversations: conversations, sessions: resolver, notes: notes, messenger: messenger, agents: agents,
            clients: clients, tasks: tasks, logger: self.logger)
        heartbeatWorker = HeartbeatWorker(
            conversations: conversations, sessions: resolver, agents: agents, messenger: messenger, runs: runs,
            systemEvents: systemEvents,
            clients: clients, tasks: tasks, clock: clock, logger: self.logger)
        running = RunningConfiguration(
            configuration: configuration, agents: agents, sessionSettings: sessionSettings, queue: queue, cron: cron,
            heartbeats: heartbeats, browser: browser, redactor: redactor, logger: self.logger)
        reload = ConfigurationReload(running, restarts: restarts, tasks: tasks, logger: self.logger)
        news = RestartNews(notes: notes, configuration: configuration, logger: self.logger)

        agents.value.prepareWorkspaces(logger: self.logger)
        let left = try store.recover(at: uptime.start)
        if left.endedCount > 0 {
            self.logger.warning("runs were cut off by the last end", metadata: ["count": "\(left.endedCount)"])
        }
        if !left.unfinished.isEmpty {
            self.logger.notice(
                "runs that the last end cut off go on", metadata: ["count": "\(left.unfinished.count)"])
        }
        goOn = conversations.resume(left)
        let agentIDs = agents.value.all.map(\.id)
        health = HealthService(
            shared.health, agents: agents, heartbeats: heartbeats, messenger: messenger, store: store,
            overview: try database.readNow { try SessionOverview(of: agentIDs, in: $0.sessions) }, clock: clock)
        status = StatusService(
            configuration: configuration, identity: identity, confinement: confinement, reload: reload,
            clients: clients, systemEvents: systemEvents, health: health, uptime: uptime)
        upkeep = Upkeep(
            database: database, store: store, cron: cron, clients: clients, shared: shared, health: health,
            tasks: tasks, clock: clock, logger: self.logger)
        addUsage()
    }

    /// All tools there are. Those that touch files or run programs need `cage`.
    private static func tools(
        _ cage: ToolCage?, _ start: GatewayConfiguration, _ agents: Current<AgentDirectory>,
        _ configuration: Current<GatewayConfiguration>, _ tasks: TaskSet
    ) -> ToolSet {
        var tools: [any Tool] = [AgentsListTool(agents: agents)]
        if var cage {
            cage.keptOut = [start.instance.stateDirectory.value]
            cage.environment = ProcessEnvironment.forPrograms(of: start)
            tools += FileTool.all(cage, agents) as [any Tool]
            let commands = BackgroundCommands(cage: cage, tasks: tasks)
            tools.append(ExecTool(commands: commands, agents: agents, configuration: configuration))
            tools.append(ProcessTool(commands: commands))
        }
        return ToolSet(tools)
    }

    /// Tells what is limited here, and how much of it there is.
    private func addUsage() {
        usage.add("waiting request bytes", waitingBytes)
        usage.add("runs", limit: RunTable.openLimit) { [runs] in runs.openCount }
        usage.add("run bytes", limit: RunTable.openByteLimit) { [runs] in runs.openBytes }
        usage.add("sessions with system events", limit: SystemEvents.sessionLimit) { [systemEvents] in
            systemEvents.sessionCount
        }
        usage.add("presence entries", limit: Presence.limit) { [shared] in shared.presence.count }
    }
}
