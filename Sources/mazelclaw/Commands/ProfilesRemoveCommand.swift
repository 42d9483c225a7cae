import ArgumentParser
import Configuration
import Gateway
import Policy
import Profiles

/// `mazelclaw profiles remove`: a profile is the host's no more; what it kept stays.
struct ProfilesRemoveCommand: InstanceCommand {
    static let configuration = CommandConfiguration(
        commandName: "remove",
        abstract: "Remove a profile that neither runs nor has a service. Its state and workspace stay.")

    @Argument(help: ArgumentHelp("Its name.", valueName: "name"))
    var profile: ProfileNameArgument

    func enter(_ context: inout Context) throws {
        let store = try ProfilesCommand.store(context)
        let removed = try Context(profile: profile.name)
        try ProfilesCommand.requireExistence(true, of: removed)
        let name = removed.instance.name
        guard try GatewayService(removed, scope: nil).installedScope == nil else {
            throw ServiceError(
                "profile \"\(name)\" has a service; remove that first: `\(CommandText.command("gateway uninstall", for: name))`"
            )
        }
        if let holder = try store.retire(name) {
            throw ServiceError("profile \"\(name)\" runs (\(holder)); stop it first")
        }
        Output.line("Removed \(store.file(of: name))")
        Output.line("What it kept stays: \(removed.instance.stateDirectory.value)")
    }

    func run(in context: Context) async throws -> Int32 { 0 }
}
