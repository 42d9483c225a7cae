public import Configuration
public import Files
import GatewayProtocol
public import JSON
public import Logging
import Policy
public import Storage
public import Time

/// One running gateway. Opens no socket; a server calls it.
public final class Gateway: Sendable {
    let services: Services
    let doors: Doors

    /// A gateway that serves nobody yet, in a process that is confined by `confinement`, with control of browsers unless
    /// `browser` is nil. Tools that touch files or run programs are there with `toolCage` alone. Throws `StorageError` when what
    /// it keeps on disk cannot be read.
    public convenience init(
        configuration: GatewayConfiguration, browser: (any BrowserControl)? = nil, toolCage: ToolCage? = nil,
        confinement: any Confinement = Unconfined(), clock: WallClock = .system, logger: Logger
    ) throws(StorageError) {
        try self.init(
            configuration: configuration, methods: nil, browser: browser, toolCage: toolCage, confinement: confinement,
            clock: clock, logger: logger)
    }

    /// The same, with other `methods` and `agents` than the configuration's.
    init(
        configuration: GatewayConfiguration, methods: MethodTable?, agents: AgentDirectory? = nil,
        browser: (any BrowserControl)? = nil, toolCage: ToolCage? = nil, confinement: any Confinement = Unconfined(),
        clock: WallClock = .system, logger: Logger
    ) throws(StorageError) {
        services = try Services(
            configuration: configuration, agents: agents, browser: browser, toolCage: toolCage,
            confinement: confinement,
            clock: clock, logger: logger)
        doors = Doors(services, methods: methods)
    }

    // MARK: What it is

    /// What it runs with now.
    public var configuration: GatewayConfiguration { services.configuration.value }
    /// Which instance it is.
    public var identity: InstanceIdentity { services.identity }
    /// What it remembers.
    public var database: InstanceDatabase { services.database }
    /// Notes what happens: where it was told to, and in the instance's log file.
    public var logger: Logger { services.logger }

    // MARK: Life

    /// New starts in the same process.
    public var restarts: Restarts { services.restarts }

    /// Tells that the listeners stand.
    public func becomeReady() {
        services.goOn()
        services.clients.becomeReady()
        services.running.keep()
        services.news.tellOfRestart()
        services.running.tellOfSettingsSetAside()
        services.upkeep.begin()
        services.messenger.begin()
        services.tasks.start { [services] in await services.cron.serve(by: services.cronWorker) }
        services.tasks.start { [services] in await services.heartbeats.serve(by: services.heartbeatWorker) }
    }

    /// Whether clients are welcome: listening, and not about to end.
    public var isReady: Bool { services.clients.isReady }

    /// The accounts with messaging services that are to be connected, and whether each is: what everybody may know.
    public var channels: [(id: String, isConnected: Bool)] {
        ChannelReport(messenger: services.messenger, now: services.clock.now).standing
    }

    /// Tells every client that the gateway lives, and, every so often, how it is. Called every
    /// `ProtocolLimits.tick`.
    public func tick() { services.upkeep.tick() }

    /// Somebody outside asked for a restart by signal.
    public func requestRestartFromOutside() { services.reload.requestRestartFromOutside() }

    /// Does what a request over HTTP asks for; cancelled, and waited for, when the gateway ends.
    public func perform(_ work: @escaping @Sendable () async -> Void) -> Task<Void, Never> {
        services.tasks.start(work)
    }

    /// Says good-bye to every client and takes no more.
    public func shutDown() {
        // First, so that clients hear of it.
        services.conversations.abortAll()
        services.clients.stopWelcoming()
        restarts.finish()
        // Clients that are told when to come back do not take it for a fault.
        services.clients.sayGoodbye(
            restarts.hasBegun
                ? ["reason": "gateway restarting", "restartExpectedMs": 1500] : ["reason": "gateway stopping"])
        services.tasks.cancel()
    }

    /// Waits for the requests that `shutDown` cancelled, so that nothing works on the state any more.
    public func drain() async {
        await services.tasks.drain()
    }

    // MARK: The protocol

    /// Takes in a client that came from `origin` and is answered through `transport`; nil when the gateway is
    /// closing.
    public func connect(from origin: RequestOrigin, transport: any ClientTransport) -> Connection? {
        doors.connections.connect(from: origin, transport: transport)
    }

    /// How many clients are connected.
    public var connectionCount: Int { services.clients.count }

    // MARK: HTTP

    /// What everybody may know: `GET /health`.
    public var publicHealth: JSON {
        let configuration = configuration
        return [
            "ok": true, "profile": .string(configuration.instance.name.text), "instanceId": .string(identity.id),
            "version": .string(Version.current), "protocol": .integer(ProtocolVersion.current),
            "port": .integer(Int64(configuration.ports.value.gateway)), "uptimeMs": services.uptime.span.json,
            "configuration": .string(services.reload.last.word),
        ]
    }

    /// The endpoint at `path`, when the configuration has one served there now.
    public func endpoint(at path: String) -> (any Endpoint)? { doors.endpoints.endpoint(at: path) }

    /// What is answered to `request` when it does not show the gateway's secret; nil when it does. Each call with a wrong
    /// secret counts as a guess.
    public func bearerRefusal(of request: EndpointRequest) -> EndpointAnswer? {
        services.access.fault(of: request)?.answer
    }

    /// What is answered to `request` when it may not read what is for this host, and for others with the gateway's
    /// secret; nil when it may. Each call with a wrong secret counts as a guess.
    public func readerRefusal(of request: EndpointRequest) -> EndpointAnswer? {
        services.access.readerFault(of: request)?.answer
    }

    /// What opens the canvas, in the address of its pages.
    public var canvasTicketText: String { services.canvasTicket.text }

    /// Whether `text` opens the canvas to its pages.
    public func acceptsCanvasTicket(_ text: String) -> Bool { services.canvasTicket.matches(text) }

    /// What the agent `id` looks like; nil when there is no such agent, or its picture is a letter or an emoji.
    public func picture(ofAgent id: String) -> AgentPicture? { services.agents.value.named(id)?.picture }

    /// What the port shows: read, or made on the first start; nil when it speaks no TLS. Throws `ConfigurationError`.
    package func loadTLSIdentity() throws(ConfigurationError) -> (identity: TLSIdentity, isNew: Bool)? {
        try configuration.loadTLSIdentity(at: services.clock.now)
    }

    // MARK: Counting

    /// Counts a request over HTTP for `route`, which is one of a known few, and the status it was answered with.
    public func countRequest(route: String, status: UInt) {
        services.httpTally.add(route, "\(status)")
    }

    /// Notes that a request over HTTP for `route`, which is one of a known few, was refused for `reason`.
    public func noteRefusal(of route: String, _ reason: String, from origin: RequestOrigin) {
        services.access.noteRefusal(of: route, reason, from: origin)
    }

    /// How often a limit was reached, and what became of what was over it.
    public var limitTally: Tally { services.limitTally }

    /// How much there is of what is limited.
    public var usage: Usage { services.usage }
}

extension ConfigurationWatch {
    /// A watch for `gateway`.
    public init(_ gateway: Gateway) {
        self.init(gateway.services.reload)
    }
}
