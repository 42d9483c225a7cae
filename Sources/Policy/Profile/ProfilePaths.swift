/// Where a profile's data lives, inside and outside the sandbox alike.
public struct ProfilePaths: Equatable, Sendable {
    /// The state directory: everything the gateway keeps.
    public var state: AbsolutePath
    /// The workspace, inside the profile's own tree unless the host says otherwise.
    public var workspace: AbsolutePath

    /// The paths of `profile` for a user whose home directory is `home`.
    public init(profile: Profile, home: AbsolutePath) {
        self.init(
            name: profile.name, home: home, state: profile.stateDirectory, workspace: profile.workspace)
    }

    /// The paths of the profile `name`, with those given taken as they are.
    public init(name: ProfileName, home: AbsolutePath, state: AbsolutePath? = nil, workspace: AbsolutePath? = nil) {
        self.state = state ?? home / ".mazelclaw\(name.suffix)"
        self.workspace = workspace ?? self.state / "workspace\(name.suffix)"
    }

    /// The gateway's own configuration file, which the payload may write.
    public var configuration: AbsolutePath { state / "mazelclaw.json" }
}
