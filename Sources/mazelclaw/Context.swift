import Gateway
import Glibc
import Policy
import Profiles

/// What a command knows before it starts: the instance, and the host's files where they can be seen.
struct Context {
    /// The instance the command line and the environment choose.
    let instance: Instance
    /// The host's profiles; nil inside the sandbox, where they are out of sight, and for an instance that
    /// exists by variables alone.
    let store: ProfileStore?
    /// Where the lock of this instance lives; nil inside the sandbox, where the launcher holds it.
    let lockDirectories: HostDirectories?

    /// Reads the environment and, where it can be seen, the profile file.
    init(profile: ProfileName?) throws {
        let environment = Self.environment()
        let selection = try InstanceSelection(argument: profile, environment: environment)
        if !selection.dropped.isEmpty {
            Output.error(
                "mazelclaw: ignoring \(selection.dropped.joined(separator: ", ")): --profile \(selection.name.value) "
                    + "decides alone")
        }
        let home = try Self.home(environment)
        var directories = HostDirectories(userID: geteuid(), home: home) { environment[$0] }
        // Variables can describe an instance that is no profile of this host. It has no profile file, and its
        // lock lives with its state, so that it never stands in the way of the profile of the same name.
        let isUnregistered = !selection.isSandboxed && selection["MAZELCLAW_STATE_DIR"] != nil
        store = selection.isSandboxed || isUnregistered ? nil : ProfileStore(directories: directories)
        instance = try Instance(
            selection: selection, profile: try store?.load(selection.name.value), home: home,
            workingDirectory: Self.workingDirectory())
        if isUnregistered { directories.state = instance.stateDirectory.value }
        lockDirectories = selection.isSandboxed ? nil : directories
    }

    /// `text`, given for the argument `name`, as a path.
    func path(_ text: String, argument name: String) throws(ConfigurationError) -> AbsolutePath {
        guard let path = instance.absolutePath(text) else {
            throw .argument(flag: name, value: text, expected: "a path without \"..\"")
        }
        return path
    }

    /// The agent that answers when none is named.
    func defaultAgent() throws(ConfigurationError) -> String {
        let file = try ConfigurationFile.load(for: instance)
        return IdentifierText.agent(try GatewayConfiguration(instance: instance, file: file).agents.defaultID)
    }

    private static func home(_ environment: [String: String]) throws(ConfigurationError) -> AbsolutePath {
        guard let text = environment["HOME"], let home = AbsolutePath(text) else {
            throw .variable(
                name: "HOME", value: environment["HOME"] ?? "", expected: "your home directory's absolute path")
        }
        return home
    }

    private static func workingDirectory() -> AbsolutePath {
        guard let buffer = getcwd(nil, 0) else { return .root }
        defer { free(buffer) }
        return AbsolutePath(String(cString: buffer)) ?? .root
    }

    private static func environment() -> [String: String] {
        var variables: [String: String] = [:]
        var next = environ
        while let entry = next.pointee {
            let pair = String(cString: entry).split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            if pair.count == 2 { variables[String(pair[0])] = String(pair[1]) }
            next += 1
        }
        return variables
    }
}
