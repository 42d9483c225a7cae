import ArgumentParser
import Configuration
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

    @Option(help: ArgumentHelp("The base port, from the next start on.", valueName: "port"))
    var port: Int?

    func run(in context: Context) async throws -> Int32 {
        let setup = try InstanceSetup(
            context.instance, workspace: try workspacePath(context),
            port: context.store == nil ? ProfileSetup.basePort(port) : nil)
        try ProfileSetup.report(setup, of: context)
        let name = context.instance.name
        Output.line(
            "Start it: \(CommandText.text("mazelclaw-run", for: name)) (in its sandbox), "
                + "or \(CommandText.command("gateway", for: name))")
        return 0
    }

    /// Makes the host's profile file, unless the host is out of sight.
    func enter(_ context: inout Context) throws {
        guard let store = context.store else {
            if port != nil, context.instance.isSandboxed {
                throw ConfigurationError.argument(
                    flag: "--port", value: "\(port ?? 0)", expected: "no port here: the launcher assigns it")
            }
            return
        }
        try ProfileSetup.makeProfile(for: &context, in: store, basePort: try ProfileSetup.basePort(port))
    }

    private func workspacePath(_ context: Context) throws -> AbsolutePath? {
        guard let workspace else { return nil }
        return try context.path(workspace, argument: "--workspace")
    }
}
