import ArgumentParser
import Configuration
import Files
import Gateway
import GatewayProtocol
import GatewayServer
import Policy
import Profiles

/// `mazelclaw`: the command line of the gateway.
struct Mazelclaw: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "mazelclaw",
        abstract: "An AI gateway, one instance for each profile.",
        discussion: """
            Before the command, --profile NAME chooses the instance and --dev means --profile dev. Without \
            either, MAZELCLAW_PROFILE and the other MAZELCLAW_ variables count, then the default profile.
            """,
        version: Version.current,
        subcommands: [
            SetupCommand.self, OnboardCommand.self, ImportCommand.self, ProfilesCommand.self, GatewayCommand.self,
            StatusCommand.self, HealthCommand.self, LogsCommand.self, ConfigCommand.self, DoctorCommand.self,
            ChatCommand.self, DashboardCommand.self, SessionsCommand.self, AgentsCommand.self, ModelsCommand.self,
            UsageCommand.self, CronCommand.self, ChannelsCommand.self, PairingCommand.self, MessageCommand.self,
            DevicesCommand.self, NodesCommand.self, BrowserCommand.self,
            BackupCommand.self,
            RestoreCommand.self, RepairCommand.self, RepairTargetCommand.self, RepairKeeperCommand.self,
            CompletionCommand.self, ManualCommand.self,
        ])

    // `ProfileArguments` takes both out before anything is parsed. Here they are for help, completion and the manual.

    @Option(
        help: ArgumentHelp("The instance, before the command.", valueName: "name"),
        completion: .shellCommand(
            "ls ~/.config/mazelclaw/profiles /etc/mazelclaw/profiles 2>/dev/null | sed -n 's/[.]json$//p'"))
    var profile: String?

    @Flag(help: "As --profile dev.")
    var dev = false

    /// Runs the command `arguments` name and returns the exit code.
    static func run(_ arguments: [String]) async -> Int32 {
        let split: ProfileArguments
        do {
            split = try ProfileArguments(arguments)
        } catch {
            Output.error("[mazelclaw] \(error)")
            return ExitCode.usage.rawValue
        }
        let command: any InstanceCommand
        do {
            var parsed = try parseAsRoot(split.remaining)
            guard let acting = parsed as? any InstanceCommand else {
                // What is no command of ours asks for help, on itself or on the command it was asked about.
                try parsed.run()
                return 0
            }
            command = acting
        } catch {
            return report(error)
        }
        if let named = command.subject, let given = split.profile, named != given {
            Output.error("[mazelclaw] the command is about profile \"\(named)\", and --profile names \"\(given)\"")
            return ExitCode.usage.rawValue
        }
        do {
            var context = try Context(
                profile: command.subject ?? split.profile, credentials: command.takeCredentials())
            try command.enter(&context)
            try context.becomeOwner()
            // What main.swift began: by now Dispatch runs.
            TrapGuard.end()
            return try await command.run(in: context)
        } catch {
            Output.error("mazelclaw: \(error)")
            return exitCode(of: error)
        }
    }

    /// Prints help to standard output, and what is wrong with the arguments to standard error.
    private static func report(_ error: any Error) -> Int32 {
        let isFailure = exitCode(for: error) != .success
        let message = fullMessage(for: error)
        if isFailure { Output.error(message) } else { Output.line(message) }
        return isFailure ? Policy.ExitCode.usage.rawValue : 0
    }

    /// A start that cannot succeed unless somebody changes a file must not be tried again by systemd, which
    /// is told so by the code.
    private static func exitCode(of error: any Error) -> Int32 {
        switch error {
        case ConfigurationError.argument, ConfigurationError.portNotAssigned, is ServiceManagerError:
            Policy.ExitCode.usage.rawValue
        // Not 69, after which a service manager does not try again: there may be more in a while.
        case ServerError.scarcity: Policy.ExitCode.isolation.rawValue
        case is ConfigurationError, is ProfileError, is PolicyError: Policy.ExitCode.configuration.rawValue
        case let error as StorageError where error.isPermanent: Policy.ExitCode.configuration.rawValue
        default: 1
        }
    }
}

/// A command that acts on one instance.
protocol InstanceCommand: ParsableCommand {
    /// The instance, where the command's own words name it; otherwise --profile does.
    var subject: ProfileName? { get }

    /// Takes the secrets that a service manager keeps for this process, by the variables that they count as.
    func takeCredentials() throws -> [String: String]

    /// Does what has to do with the host's own files, such as the registry, as the user who gave the command.
    func enter(_ context: inout Context) throws

    /// Does the rest, and returns the exit code: as the user the profile belongs to, when root gave the command.
    func run(in context: Context) async throws -> Int32
}

extension InstanceCommand {
    var subject: ProfileName? { nil }

    func takeCredentials() throws -> [String: String] { [:] }

    func enter(_ context: inout Context) throws {}
}
