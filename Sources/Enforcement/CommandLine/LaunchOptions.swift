public import Policy

/// What the command line asks for, as values.
public struct LaunchOptions: Equatable, Sendable {
    /// The profile. Default `default`.
    public var profile: ProfileName
    /// What is to be otherwise than the profile says. It is merged into the profile once, when that has been read.
    public var overrides = ProfileOverrides()
    /// What concerns this start alone, and stands in no profile.
    public var start = StartOptions()

    /// Options for `profile`, all else at its default.
    public init(profile: ProfileName) {
        self.profile = profile
    }
}

/// What the command line asks of one start, whichever profile it is of.
public struct StartOptions: Equatable, Sendable {
    /// The guarantees given up by name.
    public var degradations: [Degradation] = []
    /// Whether the payload gets a terminal of its own, to which the caller's is connected.
    public var isInteractive = false
    /// The descriptor that the launcher reports to (`--status-fd`).
    public var statusDescriptor: Int32?
    /// Whether the matrix's probe is the program.
    public var runsProbe = false
    /// Whether everything is to be proved, not only what a start proves.
    public var provesEverything = false
    /// Whether root may run the payload as root.
    public var allowsRoot = false
    /// The program and its arguments; nil for the profile's gateway.
    public var command: [ByteString]?

    /// The word after the launcher's name that starts the probe.
    static let probeWord = "probe"

    /// A start with every guarantee, of the profile's gateway.
    public init() {}
}
