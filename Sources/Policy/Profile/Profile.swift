/// One instance: its name, directories, ports and policy, as the host owns them.
///
/// Read from a file no payload can see; nothing a payload writes changes any of it.
public struct Profile: Equatable, Sendable {
    /// The name, which is its file's without `.json`, and by which every command knows it.
    public var name: ProfileName
    /// The base port; the others derive from it.
    public var basePort: UInt16
    /// TCP ports for Chromium's DevTools protocol beside the derived ones; no other profile's. Default none.
    public var cdpPorts: [UInt16]
    /// The policy's name or file. Default `gateway`.
    public var policy: String
    /// The addresses the gateway port may be bound on. Default loopback.
    public var bind: BindScope
    /// Which network the payload has. Default the host's.
    public var network: NetworkMode
    /// Where a payload with a private network may connect to, through its proxy. Default nowhere.
    public var egress: [EgressRule]
    /// The user whose the profile's files are when the launcher is started by root, and as whom the payload runs unless
    /// it has a user ID of its own: a name, `UID` or `UID:GID`.
    public var user: String?
    /// Which user ID the payload runs under. Default one of its own where root starts a profile that names no user, else
    /// that of the user.
    public var identity: ProfileIdentity?
    /// The state directory. Default `~/.mazelclaw[-NAME]`.
    public var stateDirectory: AbsolutePath?
    /// The workspace. Default `workspace[-NAME]` inside the state directory.
    public var workspace: AbsolutePath?
    /// How many bytes may be written to the workspace, where what is written is thrown away at the end and the host's
    /// workspace stays as it is; nil, the default, where it is written as it is.
    public var workspaceOverlay: UInt64?
    /// More of the host that is visible inside.
    public var binds: [BindMount]
    /// TCP ports the payload may connect to beside its own, 53, 80 and 443.
    public var connectPorts: [UInt16]
    /// UDP ports the payload may bind beside ephemeral ones. Default none.
    public var udpPorts: [UInt16]
    /// Whether TCP port 0 may be bound on loopback, as some gateways do to find out whether they can. Default false.
    public var loopbackProbe: Bool
    /// What all its processes together may use, held by a cgroup. Default no limits.
    public var limits: ControlGroupLimits
    /// Programs that siblings may run beside those that the policy lists. Default none.
    public var siblingPrograms: [SiblingPrograms]
    /// Variables set inside, beside the policy's allow-list. They win over all but `MAZELCLAW_*`, and a later one over an
    /// earlier one of the same name.
    public var environment: [EnvironmentVariable]

    /// A profile with every choice at its default.
    public init(name: ProfileName, basePort: UInt16) {
        self.name = name
        self.basePort = basePort
        cdpPorts = []
        policy = "gateway"
        bind = .loopback
        network = .shared
        egress = []
        binds = []
        connectPorts = []
        udpPorts = []
        loopbackProbe = false
        limits = ControlGroupLimits()
        siblingPrograms = []
        environment = []
    }
}

/// A directory or file of the host made visible inside.
public struct BindMount: Equatable, Sendable {
    /// The path on the host.
    public var source: AbsolutePath
    /// The path inside.
    public var destination: AbsolutePath
    /// Whether it can be written inside.
    public var isWritable: Bool
    /// The sockets of programs on the host in it that the payload may give orders to. Default none.
    public var sockets: [AbsolutePath]

    /// `source` visible at `destination`.
    public init(
        source: AbsolutePath, destination: AbsolutePath, isWritable: Bool, sockets: [AbsolutePath] = []
    ) {
        self.source = source
        self.destination = destination
        self.isWritable = isWritable
        self.sockets = sockets
    }
}
