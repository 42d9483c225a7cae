import ArgumentParser
import Configuration
import Gateway
import JSON
import Policy
import Profiles

/// `mazelclaw profiles`: this user's profiles.
struct ProfilesCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "profiles", abstract: "List, show, create, remove and clone profiles.",
        subcommands: [
            ProfilesListCommand.self, ProfilesShowCommand.self, ProfilesCreateCommand.self, ProfilesRemoveCommand.self,
            ProfilesCloneCommand.self,
        ],
        defaultSubcommand: ProfilesListCommand.self)

    /// The host's profiles. Throws `ServiceError` where they are out of sight.
    static func store(_ context: Context) throws(ServiceError) -> ProfileStore {
        guard let store = context.store else {
            throw ServiceError(
                context.instance.isSandboxed
                    ? "profiles are the host's: give this command outside of the sandbox"
                    : "MAZELCLAW_STATE_DIR describes an instance that is no profile of this host; unset it")
        }
        return store
    }

    /// What a command says of a profile that is there, or is not.
    static func requireExistence(_ exists: Bool, of context: Context) throws(ServiceError) {
        let name = context.instance.name
        guard (context.instance.profile != nil) != exists else { return }
        throw ServiceError(
            exists
                ? "there is no profile \"\(name)\"; `mazelclaw profiles` lists those there are"
                : "there is a profile \"\(name)\" already")
    }
}

/// The name of a profile, on a command line.
struct ProfileNameArgument: ExpressibleByArgument {
    let name: ProfileName

    init?(argument: String) {
        guard let name = ProfileName(argument) else { return nil }
        self.name = name
    }
}
