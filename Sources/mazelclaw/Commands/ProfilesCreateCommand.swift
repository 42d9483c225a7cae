import ArgumentParser
import Gateway
import Policy
import Profiles

/// `mazelclaw profiles create`: another profile, set up as `setup` does.
struct ProfilesCreateCommand: InstanceCommand {
    static let configuration = CommandConfiguration(
        commandName: "create", abstract: "Make a profile with its configuration, directories and workspace.")

    @Argument(help: ArgumentHelp("Its name.", valueName: "name"))
    var profile: ProfileNameArgument

    @Option(help: ArgumentHelp("Its base port, instead of a free one.", valueName: "port"))
    var port: Int?

    func run(in context: Context) async throws -> Int32 {
        let base = try ProfileSetup.basePort(port)
        let store = try ProfilesCommand.store(context)
        var made = try Context(profile: profile.name)
        try ProfilesCommand.requireExistence(false, of: made)
        try ProfileSetup.makeProfile(for: &made, in: store, basePort: base)
        try ProfileSetup.report(InstanceSetup(made.instance), of: made)
        return 0
    }
}
