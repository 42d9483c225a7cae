/// What a command line asks of a profile that its file says otherwise, or does not say.
public struct ProfileOverrides: Equatable, Sendable {
    /// Another base port.
    public var basePort: UInt16?
    /// Another policy: a name, or a file when it holds a slash.
    public var policy: String?
    /// The user to become: a name, `UID` or `UID:GID`.
    public var user: String?
    /// Another user ID for the payload.
    public var identity: ProfileIdentity?
    /// Another state directory.
    public var stateDirectory: AbsolutePath?
    /// Another workspace.
    public var workspace: AbsolutePath?
    /// How many bytes may be written to a workspace that is thrown away at the end.
    public var workspaceOverlay: UInt64?
    /// More of the host that is visible inside, beside what the profile binds.
    public var binds: [BindMount] = []
    /// More variables. They win over those of the profile that have the same name.
    public var environment: [EnvironmentVariable] = []

    /// Nothing but what the profile says.
    public init() {}

    /// `profile` as this start is to use it. Its file stays as it is.
    public func applied(to profile: Profile) -> Profile {
        var profile = profile
        profile.basePort = basePort ?? profile.basePort
        profile.policy = policy ?? profile.policy
        // Who names a user on the command line means that one, whatever the profile has of its own.
        profile.identity = identity ?? (user == nil ? profile.identity : .user)
        profile.user = user ?? profile.user
        profile.stateDirectory = stateDirectory ?? profile.stateDirectory
        profile.workspace = workspace ?? profile.workspace
        profile.workspaceOverlay = workspaceOverlay ?? profile.workspaceOverlay
        profile.binds += binds
        profile.environment += environment
        return profile
    }

    /// The profile that a first start writes down: whose it is and where its files are. What one start is to see or to be
    /// permitted is not kept.
    ///
    /// `basePort` counts where none is asked for. Only root's profile keeps the user, because nobody else could become
    /// another one.
    public func newProfile(_ name: ProfileName, basePort: UInt16, isRoot: Bool) -> Profile {
        var profile = Profile(name: name, basePort: self.basePort ?? basePort)
        profile.user = isRoot ? user : nil
        profile.identity = identity
        profile.stateDirectory = stateDirectory
        profile.workspace = workspace
        return profile
    }
}
