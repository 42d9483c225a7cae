import ArgumentParser
import Gateway
import Glibc
import Policy
import Profiles

/// `mazelclaw setup`: makes an instance that starts at once.
struct SetupCommand: InstanceCommand {
    static let configuration = CommandConfiguration(
        commandName: "setup",
        abstract: "Make this profile's configuration, directories and workspace; add what is missing.")

    @Option(help: ArgumentHelp("The workspace, when the configuration names none yet.", valueName: "directory"))
    var workspace: String?

    @Option(help: ArgumentHelp("The base port, when the profile has none yet.", valueName: "port"))
    var port: Int?

    func run(in context: Context) async throws -> Int32 {
        let setup = try InstanceSetup(context.instance, workspace: try workspacePath(context))
        let configuration = setup.configuration
        let path = configuration.instance.configurationFile.value
        switch setup.configurationFile {
        case .created: Output.line("Wrote \(path)")
        case .completed: Output.line("Updated \(path)")
        case .unchanged, .leftAlone: Output.line("Config OK: \(path)")
        }
        let workspace = configuration.workspace.value
        if case .leftAlone = setup.workspace {
            Output.line(
                TerminalText.safe(
                    "Workspace: \(workspace), as a configuration says that agents can write: make it yourself"))
        } else {
            Output.line(TerminalText.safe("Workspace OK: \(workspace)"))
        }
        let name = configuration.instance.name
        Output.line("Port: \(configuration.ports.value.gateway) (\(configuration.ports.source))")
        if let disagreement = configuration.portDisagreement { Output.error("mazelclaw: \(disagreement)") }
        Output.line(
            "Start it: \(CommandText.text("mazelclaw-run", for: name)) (in its sandbox), "
                + "or \(CommandText.command("gateway", for: name))")
        return 0
    }

    /// Makes the host's profile file, unless the host is out of sight.
    func enter(_ context: inout Context) throws {
        guard let store = context.store else {
            if port != nil {
                throw ValidationError(
                    "--port cannot be given here: the port comes from the launcher or the environment")
            }
            return
        }
        let name = context.instance.name
        let requested = try requestedPort()
        let (profile, isNew) = try store.loadOrCreate(name) { profile in
            if let requested { profile.basePort = requested }
        }
        if let requested, profile.basePort != requested {
            throw ConfigurationError.argument(
                flag: "--port", value: "\(requested)",
                expected: "\(profile.basePort), the base port \(store.file(of: name)) assigns; change it there")
        }
        if isNew { Output.line("Wrote \(store.file(of: name)) (base port \(profile.basePort))") }
        try context.adopt(profile)
    }

    private func requestedPort() throws -> UInt16? {
        guard let port else { return nil }
        guard let value = UInt16(exactly: port), PortSet.validBases.contains(value) else {
            let range = PortSet.validBases
            throw ConfigurationError.argument(
                flag: "--port", value: "\(port)", expected: "a port from \(range.lowerBound) to \(range.upperBound)")
        }
        return value
    }

    private func workspacePath(_ context: Context) throws -> AbsolutePath? {
        guard let workspace else { return nil }
        return try context.path(workspace, argument: "--workspace")
    }
}
