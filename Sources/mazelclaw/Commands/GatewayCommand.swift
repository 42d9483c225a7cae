import ArgumentParser
import Gateway
import Logging
import Policy
import Profiles

/// `mazelclaw gateway`: runs the gateway until it is told to stop.
struct GatewayCommand: InstanceCommand {
    static let configuration = CommandConfiguration(
        commandName: "gateway", abstract: "Run the gateway on 127.0.0.1 and ::1 until SIGTERM, SIGINT or SIGHUP.",
        discussion: """
            Under a service manager it tells when it is ready, pets the watchdog, and takes a listener that is \
            passed for its port in place of one of its own (sd_notify(3), sd_listen_fds(3)). Changes of the \
            configuration count while it runs; for some it starts anew within its process. SIGUSR1 asks for that too, \
            where commands.restart is true.
            """)

    @Option(help: ArgumentHelp("The port, before any other source.", valueName: "port"))
    var port: Int?

    @Option(
        help: ArgumentHelp(
            "The token clients must have. Visible to every process; better kept in the file.", valueName: "token"))
    var token: String?

    @Option(
        help: ArgumentHelp("The password clients must have, when gateway.auth.mode is password.", valueName: "password")
    )
    var password: String?

    @Flag(help: "Start although gateway.mode is not local.")
    var allowUnconfigured = false

    /// Root takes the lock while it can: afterwards the registry is out of reach.
    func enter(_ context: inout Context) throws {
        guard context.mustBecomeOwner, context.store != nil else { return }
        let name = context.instance.name
        guard context.instance.profile != nil else {
            throw ConfigurationError.blocked(
                "root has no profile \"\(name)\", but \(context.instance.stateDirectory.value) is another user's; run "
                    + "`\(CommandText.command("setup", for: name))` first, or start the gateway as that user")
        }
        let configuration = try GatewayConfiguration(instance: context.instance, file: nil, arguments: arguments)
        try acquireLock(context, ports: configuration.ports.value)
        context.holdsLock = true
    }

    func run(in context: Context) async throws -> Int32 {
        let manager = try ServiceManager.taken()
        let configuration = try loadConfiguration(context)
        try configuration.requireStartable(allowsUnconfigured: allowUnconfigured)
        if let disagreement = configuration.portDisagreement { Output.error("mazelclaw: \(disagreement)") }
        if !context.holdsLock { try acquireLock(context, ports: configuration.ports.value) }
        var logger = Logger(label: "mazelclaw")
        logger[metadataKey: "profile"] = "\(configuration.instance.name)"
        let port = configuration.ports.value.gateway
        let life = try GatewayLife(manager, port: port, logger: logger)
        try await life.run(configuration) { try changed(configuration, context) }
        return 0
    }

    private var arguments: GatewayArguments {
        GatewayArguments(
            port: port, token: token.flatMap(Secret.init), password: password.flatMap(Secret.init),
            allowsUnconfigured: allowUnconfigured)
    }

    /// What counts after a new start in the process that was started with `configuration`. Its ports are the process's
    /// own for as long as it lives: the lock names them to others.
    private func changed(
        _ configuration: GatewayConfiguration, _ context: Context
    ) throws(ConfigurationError) -> GatewayConfiguration {
        var arguments = configuration.arguments
        arguments.port = Int(configuration.ports.value.gateway)
        let changed = try GatewayConfiguration(
            instance: context.instance, file: ConfigurationFile.load(for: context.instance), arguments: arguments)
        try changed.requireStartable(allowsUnconfigured: arguments.allowsUnconfigured)
        return changed
    }

    /// The configuration; on the first start the one `setup` would make.
    private func loadConfiguration(_ context: Context) throws -> GatewayConfiguration {
        let instance = context.instance
        if let file = try ConfigurationFile.load(for: instance) {
            return try GatewayConfiguration(instance: instance, file: file, arguments: arguments)
        }
        let setup = try InstanceSetup(instance)
        Output.line("Wrote \(instance.configurationFile.value): gateway.mode local, a new token, and the workspace")
        return try GatewayConfiguration(instance: instance, file: setup.configuration.file, arguments: arguments)
    }

    /// Makes this the one process of its instance. Inside the sandbox the launcher holds the lock.
    private func acquireLock(_ context: Context, ports: PortSet) throws {
        guard let directories = context.lockDirectories else { return }
        let instance = context.instance
        let trees = InstanceTrees(state: instance.stateDirectory.value)
        switch try InstanceRegistry(directories: directories).claim(instance.name, ports: ports, trees: trees) {
        // The descriptor stays open, and with it the lock, until the process ends, however it ends.
        case .claimed: return
        case .held(let holder):
            throw AlreadyRunning(name: instance.name, holder: holder)
        case .portTaken(let port, let other, let holder):
            throw PortTaken(port: port, other: other, holder: holder)
        case .directoryTaken(let path, let theirs, let other, let holder):
            throw DirectoryTaken(path: path, theirs: theirs, other: other, holder: holder)
        }
    }
}

/// Another process runs this instance.
private struct AlreadyRunning: Error, CustomStringConvertible {
    let name: ProfileName
    let holder: InstanceHolder

    var description: String {
        "profile \"\(name)\" already runs (\(holder)); stop it first, or start another profile"
    }
}

/// Another instance runs with this one's state directory.
private struct DirectoryTaken: Error, CustomStringConvertible {
    let path: AbsolutePath
    let theirs: AbsolutePath
    let other: ProfileName
    let holder: InstanceHolder

    var description: String {
        "cannot use \(path): profile \"\(other)\" runs with \(theirs) (\(holder)); stop it first, or choose another "
            + "directory"
    }
}

/// Another instance runs on a port of this one.
private struct PortTaken: Error, CustomStringConvertible {
    let port: UInt16
    let other: ProfileName
    let holder: InstanceHolder

    var description: String {
        "port \(port) is also one of profile \"\(other)\", which runs (\(holder)); stop it first, or give this profile "
            + "another base port"
    }
}
