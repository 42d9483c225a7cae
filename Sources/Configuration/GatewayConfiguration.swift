package import JSON
public import Policy
import Text

/// What the gateway runs with: every value resolved, with its source.
///
/// Arguments before environment before the host's profile file before the gateway's own file before the
/// default. The port is the host's to assign: what the file says about it is only reported. Of an instance that runs,
/// the port is the one it runs on, whatever it would get at its next start.
public struct GatewayConfiguration: Sendable {
    /// The profile and its places.
    public let instance: Instance
    /// The configuration file, when there is one.
    public private(set) var file: ConfigurationFile?
    /// The ports; the gateway listens on the base port.
    public let ports: Sourced<PortSet>
    /// The port the configuration file asks for, when it is not the one in use.
    public let disregardedPort: UInt16?
    /// The directory that agents work in, and what says so.
    public private(set) var workspace: Sourced<AbsolutePath>
    /// How clients prove that they may connect.
    public let credentials: SharedSecret
    /// What the command line said.
    public let arguments: GatewayArguments

    /// The port of a gateway nobody assigned one to.
    public static let defaultPort: UInt16 = 18789
    /// The port of the profile `dev`, unless it was assigned another.
    public static let developmentPort: UInt16 = 19001

    /// What the file says; where it says nothing, the defaults.
    public private(set) var content: RootSection

    /// The agents the file lists, or `main` alone.
    public var agents: AgentsSection { content.agents }
    /// Whether each sender has a conversation of their own.
    public var sessionScope: SessionSection.Scope { content.session.scope }

    /// Resolves the configuration of `instance`. Throws `ConfigurationError`.
    public init(
        instance: Instance, file: ConfigurationFile?, arguments: GatewayArguments = GatewayArguments()
    ) throws(ConfigurationError) {
        self.instance = instance
        self.file = file
        self.arguments = arguments
        if arguments.port == nil, let running = instance.runningPorts {
            // One that a start would get anyway still has the better explanation.
            let assigned = try? Self.port(instance: instance, file: file, argument: nil)
            ports = Sourced(running, from: assigned.flatMap { $0.value == running.base ? $0.source : nil } ?? .running)
        } else {
            let port = try Self.port(instance: instance, file: file, argument: arguments.port)
            ports = Sourced(try Self.ports(port), from: port.source)
        }
        let base = ports.value.base
        disregardedPort = file?.gateway.port.flatMap { $0 == base ? nil : $0 }
        workspace = try Self.workspace(instance: instance, file: file)
        credentials = SharedSecret(file: file?.gateway.auth, instance: instance, arguments: arguments)
        content = file?.content ?? RootSection()
    }

    /// The same running gateway with another `file`, of which `root` counts: what a start decides stays as it is.
    /// Throws `ConfigurationError`.
    package func adopting(
        _ file: ConfigurationFile, saying root: JSON
    ) throws(ConfigurationError) -> GatewayConfiguration {
        let file = try ConfigurationFile(file, saying: root)
        var copy = self
        copy.file = file
        copy.content = file.content
        copy.workspace = try Self.workspace(instance: instance, file: file)
        return copy
    }

    /// The directory whose files are served as the canvas.
    public var canvasDirectory: AbsolutePath {
        content.canvasHost.root.flatMap(directory) ?? workspace.value / "canvas"
    }

    /// The directory whose files are the page in the browser; nil when none is served.
    public var controlUIDirectory: AbsolutePath? {
        content.gateway.controlUI.enabled ? content.gateway.controlUI.root.flatMap(directory) : nil
    }

    /// The workspace of `agent`, one of `agents`: the one that is written, or else the profile's for the agent that answers by
    /// default, and for others a directory in it. A path that does not mean the same everywhere counts as none.
    package func workspace(of agent: AgentSection) -> AbsolutePath {
        if let path = agent.workspace.flatMap(directory) { return path }
        let root = workspace.value
        return agent.id == agents.defaultID ? root : root / "agents/\(IdentifierText.agent(agent.id))"
    }

    /// The path that `text` means; nil when it does not mean the same everywhere.
    package func directory(_ text: String) -> AbsolutePath? {
        guard text.hasPrefix("/") || text.hasPrefix("~") else { return nil }
        return Instance.absolute(text, home: instance.home, workingDirectory: instance.home)
    }

    /// Whether what is served is where the file says. Throws `ConfigurationError.blocked`.
    private func requireRoots() throws(ConfigurationError) {
        let roots = [
            ("canvasHost.root", content.canvasHost.root), ("gateway.controlUi.root", content.gateway.controlUI.root),
        ]
        for case (let key, let text?) in roots { _ = try requiredPath(text, key) }
    }

    /// The path that `text`, the value of `key`, means. Throws `ConfigurationError.blocked` when it does not mean the same
    /// everywhere.
    package func requiredPath(_ text: String, _ key: String) throws(ConfigurationError) -> AbsolutePath {
        if let path = directory(text) { return path }
        throw .blocked(
            "\(key) is \"\(text)\" in \(instance.configurationFile.value); expected an absolute path without \"..\"")
    }

    /// The sentence that tells of the port the file asks for in vain, or nil.
    public var portDisagreement: String? {
        disregardedPort.map {
            "gateway.port is \($0) in \(instance.configurationFile.value), but this profile's port is "
                + "\(ports.value.gateway) (\(ports.source)), and that counts"
        }
    }

    /// Whether the gateway may start with this, as far as the file tells. Throws `ConfigurationError.blocked` with what to
    /// change.
    package func requireComplete(allowsUnconfigured: Bool) throws(ConfigurationError) {
        let mode = file?.gateway.mode
        guard mode == .local || allowsUnconfigured else {
            throw .blocked(
                "Gateway start blocked: set gateway.mode=local (current: \(mode?.rawValue ?? "unset")) in "
                    + "\(instance.configurationFile.value), or pass --allow-unconfigured")
        }
        switch file?.gateway.bind ?? .loopback {
        case .loopback, .auto: break
        case .lan, .tailnet, .custom:
            throw .blocked(
                "gateway.bind in \(instance.configurationFile.value) asks for more than loopback, which this "
                    + "version does not serve; set it to \"loopback\"")
        }
        try requireHookToken()
        try requireRoots()
        guard credentials.isConfigured else {
            let kind = credentials.mode.rawValue
            throw .blocked(
                "Gateway auth is set to \(kind), but no \(kind) is configured. Set gateway.auth.\(kind) in "
                    + "\(instance.configurationFile.value), or run `\(CommandText.command("setup", for: instance.name))`"
            )
        }
    }

    /// Whether `hooks` would have agents work for whoever asks. Throws `ConfigurationError.blocked`.
    private func requireHookToken() throws(ConfigurationError) {
        guard content.hooks.enabled, content.hooks.token == nil else { return }
        throw .blocked(
            "hooks.enabled is set in \(instance.configurationFile.value), but no hooks.token; set one, not the "
                + "gateway's own")
    }

    private static func port(
        instance: Instance, file: ConfigurationFile?, argument: Int?
    ) throws(ConfigurationError) -> Sourced<UInt16> {
        let variable = "MAZELCLAW_GATEWAY_PORT"
        var assigned: Sourced<UInt16>?
        if let text = instance.selection[variable] {
            guard let port = UInt16(text.trimmed) else {
                throw .variable(name: variable, value: text, expected: expectedPort)
            }
            assigned = Sourced(port, from: instance.selection.source(variable))
        }
        if let argument {
            guard let port = UInt16(exactly: argument) else {
                throw .argument(flag: "--port", value: "\(argument)", expected: expectedPort)
            }
            // Whoever assigned the port may refuse any other; this says why.
            if instance.selection.isAssigned, let assigned, assigned.value != port {
                throw .portNotAssigned(requested: port, assigned: assigned.value)
            }
            return Sourced(port, from: .argument("--port"))
        }
        if let assigned { return assigned }
        if let profile = instance.profile { return Sourced(profile.basePort, from: .profile("basePort")) }
        if let file, let port = file.gateway.port {
            return Sourced(port, from: .file(key: "gateway.port", path: file.path))
        }
        return instance.name.text == "dev"
            ? Sourced(developmentPort, from: .default("the default of the profile dev"))
            : Sourced(defaultPort, from: .default("the default"))
    }

    /// Derived ports must exist: the original quietly used another instance's when they did not.
    private static func ports(_ port: Sourced<UInt16>) throws(ConfigurationError) -> PortSet {
        if let ports = PortSet(base: port.value) { return ports }
        switch port.source {
        case .argument(let flag): throw .argument(flag: flag, value: "\(port.value)", expected: expectedPort)
        case .environment(let name), .launcher(let name):
            throw .variable(name: name, value: "\(port.value)", expected: expectedPort)
        case .file, .profile, .running, .default:
            throw .blocked("port \(port.value) (\(port.source)) cannot be a gateway's; expected \(expectedPort)")
        }
    }

    /// What messages say a port must be.
    private static let expectedPort =
        "a port from \(PortSet.validBases.lowerBound) to \(PortSet.validBases.upperBound), so that every port derived "
        + "from it exists"

    private static func workspace(
        instance: Instance, file: ConfigurationFile?
    ) throws(ConfigurationError) -> Sourced<AbsolutePath> {
        if let workspace = instance.environmentWorkspace { return workspace }
        if let workspace = instance.profile?.workspace { return Sourced(workspace, from: .profile("workspace")) }
        guard let file, let text = file.agents.defaults.workspace else {
            return Sourced(instance.defaultWorkspace, from: .default("inside the state directory"))
        }
        let key = "agents.defaults.workspace"
        // A relative path has no meaning that stays the same, so it is refused.
        guard text.hasPrefix("/") || text.hasPrefix("~"),
            let path = Instance.absolute(text, home: instance.home, workingDirectory: instance.home)
        else {
            throw .blocked("\(key) is \"\(text)\" in \(file.path); expected an absolute path without \"..\"")
        }
        return Sourced(path, from: .file(key: key, path: file.path))
    }
}
