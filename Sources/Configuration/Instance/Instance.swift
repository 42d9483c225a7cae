public import Files
public import Policy

/// One gateway's identity and places: profile, state directory, configuration file.
public struct Instance: Sendable {
    /// What chose the profile.
    public let selection: InstanceSelection
    /// The directory that all the instance keeps is in, and what says so.
    public private(set) var stateDirectory: Sourced<AbsolutePath>
    /// The configuration file, and what says so; it need not exist.
    public private(set) var configurationFile: Sourced<AbsolutePath>
    /// The host-owned profile, where it can be seen.
    public let profile: Profile?
    /// The user's home directory.
    public let home: AbsolutePath
    /// The ports it runs on now, as the host's registry says; nil when it does not run, or nobody looked.
    public private(set) var runningPorts: PortSet?

    /// The places of the profile `selection` names, for a user at `home` who stands in `workingDirectory`.
    ///
    /// Environment before profile file before default. Setting only the state directory moves the
    /// configuration file with it. Throws `ConfigurationError.variable` for a path that cannot be one.
    public init(
        selection: InstanceSelection, profile: Profile?, home: AbsolutePath, workingDirectory: AbsolutePath
    ) throws(ConfigurationError) {
        self.selection = selection
        self.profile = profile
        self.home = home
        self.workingDirectory = workingDirectory
        func path(_ variable: String) throws(ConfigurationError) -> Sourced<AbsolutePath>? {
            guard let text = selection[variable] else { return nil }
            guard let path = Self.absolute(text, home: home, workingDirectory: workingDirectory) else {
                throw .variable(name: variable, value: text, expected: "a path without \"..\"")
            }
            return Sourced(path, from: selection.source(variable))
        }
        let defaults = ProfilePaths(name: selection.name.value, home: home)
        stateDirectory =
            try path("MAZELCLAW_STATE_DIR")
            ?? profile?.stateDirectory.map { Sourced($0, from: .profile("stateDirectory")) }
            ?? Sourced(defaults.state, from: .default("the profile's default"))
        configurationFile =
            try path("MAZELCLAW_CONFIG_PATH")
            ?? Sourced(stateDirectory.value / "mazelclaw.json", from: .default("in the state directory"))
        environmentWorkspace = try path("MAZELCLAW_WORKSPACE")
    }

    /// The name of the profile, which its unit and its default paths bear too.
    public var name: ProfileName { selection.name.value }

    /// The state directory, as what a payload may have written.
    public var state: HostileDirectory { HostileDirectory(stateDirectory.value) }

    /// Whether the agents of this instance can write the configuration that is read here, by a process that may do more than
    /// they: no launcher started it.
    package var isToldByPayload: Bool {
        !selection.isAssigned && state.holds(state.behindLinks(configurationFile.value))
    }

    /// The same instance, now that the host has this `profile` for it. Throws `ConfigurationError`.
    public func with(_ profile: Profile) throws(ConfigurationError) -> Instance {
        try Instance(selection: selection, profile: profile, home: home, workingDirectory: workingDirectory)
    }

    /// The same instance, which runs on `ports`, or does not run when that is nil.
    public func running(on ports: PortSet?) -> Instance {
        var copy = self
        copy.runningPorts = ports
        return copy
    }

    /// The same instance as it would be with its state directory at `path`, and its configuration in there. Nothing of it is at
    /// another place then, unless its profile or a variable says so.
    package func moved(to path: AbsolutePath) -> Instance {
        var copy = self
        copy.stateDirectory = Sourced(path, from: stateDirectory.source)
        copy.configurationFile = Sourced(path / "mazelclaw.json", from: configurationFile.source)
        return copy
    }

    /// `text` as an absolute path: a leading `~` is the home directory, a relative path starts at the working
    /// directory. Nil when it climbs with `..`.
    public func absolutePath(_ text: String) -> AbsolutePath? {
        Self.absolute(text, home: home, workingDirectory: workingDirectory)
    }

    private let workingDirectory: AbsolutePath
    package let environmentWorkspace: Sourced<AbsolutePath>?

    /// Where the workspace stands when nobody chose: inside the state directory, so that no two profiles can
    /// share one.
    package var defaultWorkspace: AbsolutePath {
        ProfilePaths(name: name, home: home, state: stateDirectory.value).workspace
    }

    /// `text` as an absolute path: a leading `~` is the home directory, a relative path starts at
    /// `workingDirectory`.
    package static func absolute(_ text: String, home: AbsolutePath, workingDirectory: AbsolutePath) -> AbsolutePath? {
        if text == "~" { return home }
        if text.hasPrefix("~/") { return AbsolutePath("\(home)/\(text.dropFirst(2))") }
        return AbsolutePath(text.hasPrefix("/") ? text : "\(workingDirectory)/\(text)")
    }
}
