import ArgumentParser
import Configuration
import Gateway
import JSON
import Policy
import Profiles

/// `mazelclaw profiles clone`: another profile that is allowed and configured as one that is there.
struct ProfilesCloneCommand: InstanceCommand {
    static let configuration = CommandConfiguration(
        commandName: "clone",
        abstract: "Make a profile like another: its policy, binds and limits, and what its configuration says.",
        discussion: """
            The new one has ports, directories and a token of its own. Not copied are gateway.auth, gateway.tls, \
            gateway.remote, hooks, channels, workspaces, sessions and schedules; variables that the configuration gives to \
            programs are.
            """)

    @Argument(help: ArgumentHelp("The profile that is there.", valueName: "name"))
    var profile: ProfileNameArgument

    @Argument(help: ArgumentHelp("The new profile's name.", valueName: "new-name"))
    var copy: ProfileNameArgument

    @Option(help: ArgumentHelp("Its base port, instead of a free one.", valueName: "port"))
    var port: Int?

    func run(in context: Context) async throws -> Int32 {
        let base = try ProfileSetup.basePort(port)
        let store = try ProfilesCommand.store(context)
        let source = try Context(profile: profile.name)
        try ProfilesCommand.requireExistence(true, of: source)
        var made = try Context(profile: copy.name)
        try ProfilesCommand.requireExistence(false, of: made)
        guard let model = source.instance.profile else { return 1 }
        let settings = try Self.settings(of: source.instance)
        let (profile, isNew) = try store.loadOrCreate(copy.name) { profile in
            let free = profile.basePort
            profile = model
            profile.name = copy.name
            profile.basePort = base ?? free
            (profile.cdpPorts, profile.stateDirectory, profile.workspace) = ([], nil, nil)
        }
        guard isNew else { throw ServiceError("somebody has just made a profile \"\(copy.name)\"") }
        Output.line("Wrote \(store.file(of: profile.name)) (base port \(profile.basePort))")
        try made.adopt(profile)
        try ProfileSetup.report(InstanceSetup(made.instance, settings: settings), of: made)
        return 0
    }

    /// What another may have of the configuration of `instance`.
    private static func settings(of instance: Instance) throws -> [InstanceSetup.Setting] {
        guard let file = try ConfigurationFile.load(for: instance), let written = file.snapshot.document?.value.object
        else { return [] }
        guard file.snapshot.files.count == 1 else {
            throw ServiceError(
                "\(file.path) includes other files, which are no other profile's; make the new one with `profiles create`"
            )
        }
        return written.members.filter { !["hooks", "channels", "meta", "wizard"].contains($0.name) }.map { member in
            InstanceSetup.Setting([member.name], common(member.value, of: member.name))
        }
    }

    /// The part of a section that says nothing of places and secrets of its profile.
    private static func common(_ value: JSON, of section: String) -> JSON {
        guard var object = value.object else { return value }
        switch section {
        case "gateway": for name in ["port", "auth", "tls", "remote"] { object[name] = nil }
        case "agents":
            if var defaults = object["defaults"]?.object {
                defaults["workspace"] = nil
                object["defaults"] = .object(defaults)
            }
            if let list = object["list"]?.array { object["list"] = .array(list.map(withoutPlaces)) }
        case "canvasHost": object["root"] = nil
        case "session": object["store"] = nil
        default: break
        }
        return .object(object)
    }

    private static func withoutPlaces(_ agent: JSON) -> JSON {
        guard var object = agent.object else { return agent }
        for name in ["workspace", "agentDir"] { object[name] = nil }
        return .object(object)
    }
}
