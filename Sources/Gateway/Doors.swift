import Configuration
import GatewayProtocol
import Storage

/// The ways into a gateway: the protocol with its methods, and the endpoints over HTTP. Each is given the services it uses.
struct Doors: Sendable {
    let connections: ConnectionServices
    let endpoints: Endpoints

    /// The doors to `services`. `methods` are served in place of those there are, for tests.
    init(_ services: Services, methods: MethodTable?) {
        let requests = RequestDesk(
            methods: methods ?? Self.methods(services), waitingBytes: services.waitingBytes,
            tally: services.requestTally, limits: services.limitTally)
        connections = Self.connections(services, requests)
        endpoints = Self.endpoints(services)
    }

    private static func connections(_ services: Services, _ requests: RequestDesk) -> ConnectionServices {
        let (configuration, shared) = (services.configuration, services.shared)
        let (health, uptime) = (services.health, services.uptime)
        return ConnectionServices(
            access: services.access, clients: services.clients, observer: services.nodes, shared: shared,
            requests: requests,
            greeting: { admission, connectionID, hostName in
                HelloPayload(
                    configuration: configuration.value, methods: requests.methods, shared: shared, health: health,
                    uptime: uptime, admission: admission, connectionID: connectionID, hostName: hostName
                ).json
            }, tasks: services.tasks, clock: services.clock, logger: services.logger)
    }

    private static func endpoints(_ services: Services) -> Endpoints {
        Endpoints(
            configuration: services.configuration, access: services.access,
            questions: Questions(
                conversations: services.conversations, sessions: services.resolver, agents: services.agents,
                instance: services.configuration.value.instance, clock: services.clock),
            hooks: HookServices(
                configuration: services.configuration, access: services.access,
                conversations: services.conversations, sessions: services.resolver, notes: services.notes,
                agents: services.agents, tasks: services.tasks),
            models: ModelList(access: services.access, agents: services.agents, uptime: services.uptime),
            metrics: Metrics(
                configuration: services.configuration, identity: services.identity, access: services.access,
                clients: services.clients, runs: services.runs, health: services.health, database: services.database,
                usage: services.usage,
                tallies: Metrics.Tallies(
                    requests: services.requestTally, http: services.httpTally, runs: services.runTally,
                    limits: services.limitTally),
                uptime: services.uptime), tools: services.tools)
    }

    private static func methods(_ services: Services) -> MethodTable {
        let (configuration, clock) = (services.configuration, services.clock)
        let (sessions, agents, store) = (services.resolver, services.agents, services.store)
        let (conversations, clients, notes) = (services.conversations, services.clients, services.notes)
        let nodeCaller = NodeCaller(registry: services.nodes, configuration: configuration)
        return MethodTable(
            health: HealthMethods(health: services.health, reports: services.status),
            configuration: ConfigurationMethods(reload: services.reload, news: services.news, clock: clock),
            presence: PresenceMethods(
                shared: services.shared, notes: notes, sessions: sessions, conversations: conversations,
                heartbeats: services.heartbeats, configuration: configuration, clock: clock),
            chat: ChatMethods(
                conversations: conversations, sessions: sessions, agents: agents, store: store,
                configuration: configuration, clients: clients, clock: clock),
            runs: RunMethods(
                conversations: conversations, sessions: sessions, agents: agents, store: store,
                instance: configuration.value.instance),
            sessions: SessionMethods(
                store: store, sessions: sessions, agents: agents,
                changes: SessionChanges(
                    store: store, settings: services.sessionSettings, sessions: sessions, agents: agents,
                    conversations: conversations, clock: clock),
                clock: clock, logger: services.logger),
            cron: CronMethods(
                cron: services.cron, worker: services.cronWorker, agents: agents, clients: clients,
                database: services.database.path, clock: clock),
            agents: AgentMethods(
                configuration: configuration, agents: agents, ownResponder: conversations.ownResponder,
                redactor: services.redactor, clock: clock),
            logs: LogMethods(file: services.logFile),
            devices: DeviceMethods(devices: services.access.devices, clients: clients, clock: clock),
            nodes: NodeMethods(
                registry: services.nodes, caller: nodeCaller, devices: services.access.devices,
                store: services.nodeStore, notes: notes, configuration: configuration, clock: clock),
            nodePairing: NodePairingMethods(store: services.nodeStore, clients: clients, clock: clock),
            approvals: ApprovalMethods(
                approvals: ApprovalsFile(stateDirectory: configuration.value.instance.stateDirectory.value),
                nodes: nodeCaller),
            browser: BrowserMethods(
                browser: services.browser,
                proxy: BrowserProxy(registry: services.nodes, caller: nodeCaller, configuration: configuration)),
            usage: UsageMethods(database: services.database, clock: clock),
            dashboard: DashboardMethods(
                configuration: configuration, access: services.access, redactor: services.redactor),
            voice: VoiceMethods(
                configuration: configuration,
                wakeWords: WakeWords(stateDirectory: configuration.value.instance.stateDirectory.value),
                clients: clients, clock: clock),
            installation: InstallationMethods(instance: configuration.value.instance),
            channels: ChannelMethods(messenger: services.messenger, clock: clock))
    }
}
