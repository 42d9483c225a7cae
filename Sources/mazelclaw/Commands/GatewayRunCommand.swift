import ArgumentParser
import Configuration
import Gateway
import GatewayServer
import Linux
import Logging
import Policy
import Profiles
import SystemPackage
import Text

/// `mazelclaw gateway run`: runs the gateway until it is told to stop.
struct GatewayRunCommand: InstanceCommand {
    static let configuration = CommandConfiguration(
        commandName: "run", abstract: "Run the gateway on 127.0.0.1 and ::1 until SIGTERM, SIGINT or SIGHUP.",
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

    @Flag(
        help: """
            Where the configuration cannot be used, start with the last one that a gateway ran with. The file is left \
            as it is, and taken over once it is mended. MAZELCLAW_LAST_GOOD=1, in the profile file's "environment", has \
            every start do so.
            """)
    var lastGood = false

    func takeCredentials() throws -> [String: String] { try ServiceCredentials.taken(from: Context.environment()) }

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
        try acquireLock(context, configuration)
        context.holdsLock = true
    }

    func run(in context: Context) async throws -> Int32 {
        Allocator.keepLittle()
        let manager = try ServiceManager.taken()
        do {
            return try await serve(in: context, manager)
        } catch {
            // Of a start that is refused the manager keeps nothing else but the exit status.
            try ServiceNotifier(manager)?.send(ServiceNotification(.status("not started: \(error)")))
            throw error
        }
    }

    private func serve(in context: Context, _ manager: ServiceManager) async throws -> Int32 {
        let (file, isLastGood) = try configurationFile(context.instance)
        var configuration = try GatewayConfiguration(instance: context.instance, file: file, arguments: arguments)
        if file != nil { try configuration.requireStartable(allowsUnconfigured: allowUnconfigured) }
        if !context.holdsLock { try acquireLock(context, configuration) }
        // Nothing is made for a start that is refused.
        if file == nil { configuration = try firstConfiguration(context.instance) }
        if let disagreement = configuration.portDisagreement { Output.error("mazelclaw: \(disagreement)") }
        var logger = Logger(label: "mazelclaw")
        logger[metadataKey: "profile"] = "\(configuration.instance.name)"
        let port = configuration.ports.value.gateway
        let life = try GatewayLife(
            manager, port: port, note: isLastGood ? "WITH THE LAST CONFIGURATION THAT WORKED" : nil, logger: logger)
        do {
            try await life.run(configuration) { try changed(configuration, context) }
        } catch ServerError.portInUse(let port, let address) {
            throw PortInUse(port: port, address: address)
        }
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

    /// The configuration file; nil on the first start. With `--last-good` the copy that is kept stands in for one that cannot
    /// be used, which is said then.
    private func configurationFile(_ instance: Instance) throws -> (file: ConfigurationFile?, isLastGood: Bool) {
        let lastGood = lastGood || instance.selection["MAZELCLAW_LAST_GOOD"] == "1"
        var fault: ConfigurationError?
        do throws(ConfigurationError) {
            if let file = try ConfigurationFile.load(for: instance) {
                guard lastGood else { return (file, false) }
                try GatewayConfiguration(instance: instance, file: file, arguments: arguments)
                    .requireStartable(allowsUnconfigured: allowUnconfigured)
                return (file, false)
            }
        } catch {
            guard lastGood else { throw error }
            fault = error
        }
        guard lastGood, let file = try LastGoodConfiguration.load(for: instance) else {
            if let fault { throw fault }
            return (nil, false)
        }
        Output.error(
            "mazelclaw: WARNING: STARTING WITH THE LAST CONFIGURATION THAT WORKED, as asked (--last-good). "
                + "\(instance.configurationFile.value) "
                + (fault.map { "is left as it is, and cannot be used: \($0)" } ?? "is not there"))
        return (file, true)
    }

    /// What `setup` makes, for the first start.
    private func firstConfiguration(_ instance: Instance) throws -> GatewayConfiguration {
        let setup = try InstanceSetup(instance)
        Output.line("Wrote \(instance.configurationFile.value): gateway.mode local, a new token, and the workspace")
        let configuration = try GatewayConfiguration(
            instance: instance, file: setup.configuration.file, arguments: arguments)
        try configuration.requireStartable(allowsUnconfigured: allowUnconfigured)
        return configuration
    }

    /// Makes this the one process of its instance, and its ports, directories and configuration this instance's alone. Inside
    /// the sandbox the launcher holds the lock.
    private func acquireLock(_ context: Context, _ configuration: GatewayConfiguration) throws {
        guard let directories = context.lockDirectories, let registry = context.registry else { return }
        let (name, state) = (context.instance.name, context.instance.stateDirectory.value)
        let ports = try ports(of: configuration, context)
        let status = try? FileStatus(of: state.text, follow: true)
        let trees = InstanceTrees(
            state: state, identity: status.map { FileIdentity(device: $0.device, inode: $0.inode) },
            workspace: configuration.workspace.value, configuration: context.instance.configurationFile.value)
        // The descriptors stay open, and with them the locks, until the process ends, however it ends.
        guard context.store == nil else {
            return try require(registry.claim(name, ports: ports, trees: trees), name)
        }
        do {
            try require(registry.claimUnregistered(name, ports: ports, trees: trees), name)
        } catch ProfileError.system(let action, let path, let errno)
            where [.permissionDenied, .notPermitted, .readOnlyFileSystem].contains(errno)
        {
            Output.error(
                "mazelclaw: cannot \(action) \(path) (\(errno)): nobody is told which ports and directories this instance has"
            )
        }
        // Whoever starts it from another home, with another registry, meets the lock beside the state.
        try require(InstanceRegistry(directories: directories).claim(name, ports: ports, trees: trees), name)
    }

    /// The ports of `configuration` beside those of the host's other profiles. Throws `ProfileError.overlap` when another
    /// profile's base is too close.
    private func ports(of configuration: GatewayConfiguration, _ context: Context) throws -> PortSet {
        let base = configuration.ports.value.base
        guard let store = context.store else { return configuration.ports.value }
        let name = context.instance.name
        var profile = context.instance.profile ?? Profile(name: name, basePort: base)
        profile.basePort = base
        return try PortPlan(others: store.others(than: name)).ports(of: profile)
    }

    private func require(_ outcome: InstanceRegistry.Outcome, _ name: ProfileName) throws {
        switch outcome {
        case .claimed: return
        case .held(let holder):
            throw Taken(sentence: "profile \"\(name)\" already runs (\(holder))", remedy: "start another profile")
        case .portTaken(let port, let other, let holder):
            throw Taken(
                sentence: "port \(port) of profile \"\(name)\" is also one of \(Self.text(other, holder))",
                remedy: "give this profile another base port")
        case .directoryTaken(let path, let theirs, let other, let holder):
            throw Taken(
                sentence: "profile \"\(name)\" cannot use \(path): \(theirs) is used by \(Self.text(other, holder))",
                remedy: "choose another place")
        }
    }

    /// Another instance that runs, with its state directory: one that exists by variables may have any name.
    private static func text(_ name: ProfileName, _ holder: InstanceHolder) -> String {
        let state = holder.trees.map { ", state directory \($0.state)" } ?? ""
        return "profile \"\(name)\", which runs (\(holder)\(state))"
    }
}

/// What this instance needs is another's, which runs.
private struct Taken: Error, CustomStringConvertible {
    let sentence: String
    let remedy: String

    var description: String { "\(sentence); stop it first, or \(remedy)" }
}
