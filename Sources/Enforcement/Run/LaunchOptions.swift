public import Policy

/// What the command line asks for, as values.
public struct LaunchOptions: Equatable, Sendable {
    /// The profile. Default `default`.
    public var profile: ProfileName
    /// Another base port than the profile's.
    public var basePort: UInt16?
    /// Another policy than the profile's: a name, or a file when it holds a slash.
    public var policy: String?
    /// The user to become: a name, `UID` or `UID:GID`.
    public var user: String?
    /// Another user ID for the payload than the profile says.
    public var identity: ProfileIdentity?
    /// Another state directory than the profile's.
    public var stateDirectory: AbsolutePath?
    /// Another workspace than the profile's.
    public var workspace: AbsolutePath?
    /// How many bytes may be written to a workspace that is thrown away, as the profile may say too.
    public var workspaceOverlay: UInt64?
    /// More of the host that is visible inside.
    public var binds: [BindMount]
    /// More variables.
    public var environment: [EnvironmentVariable]
    /// The guarantees given up by name.
    public var degradations: [Degradation]
    /// Whether the payload gets a terminal of its own, to which the caller's is connected.
    public var isInteractive: Bool
    /// The descriptor that the launcher reports to (`--status-fd`).
    public var statusDescriptor: Int32?
    /// Whether the matrix's probe is the program.
    public var runsProbe: Bool
    /// The word after the launcher's name that starts the probe.
    static let probeWord = "probe"
    /// Whether everything is to be proved, not only what a start proves.
    public var provesEverything: Bool
    /// Whether root may run the payload as root.
    public var allowsRoot: Bool
    /// The program and its arguments; nil for the profile's gateway.
    public var command: [ByteString]?

    /// Options for `profile`, all else at its default.
    public init(profile: ProfileName) {
        self.profile = profile
        binds = []
        environment = []
        degradations = []
        isInteractive = false
        runsProbe = false
        provesEverything = false
        allowsRoot = false
    }
}
