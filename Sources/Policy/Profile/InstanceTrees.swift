public import JSON

/// The directories of the host that an instance has while it runs.
public struct InstanceTrees: Equatable, Sendable {
    /// The state directory.
    public var state: AbsolutePath
    /// What makes it that directory, whatever path leads there; nil when nobody looked.
    public var identity: FileIdentity?
    /// The workspace; nil where what an instance writes there is thrown away.
    public var workspace: AbsolutePath?
    /// The configuration file; nil where nobody looked: inside the state directory it is nobody else's.
    public var configuration: AbsolutePath?
    /// What the administrator binds.
    public var others: [AbsolutePath]

    /// The trees of an instance that keeps its state in `state`.
    public init(
        state: AbsolutePath, identity: FileIdentity? = nil, workspace: AbsolutePath? = nil,
        configuration: AbsolutePath? = nil, others: [AbsolutePath] = []
    ) {
        self.state = state
        self.identity = identity
        self.workspace = workspace
        self.configuration = configuration
        self.others = others
    }

    /// Where a state directory of the two is the other's tree too, lies in it or holds it, or where their workspaces do, or
    /// their configuration is one file: two gateways would write the same files, and each could read the other's secrets.
    /// Nil where they may run side by side.
    public func overlap(with other: InstanceTrees) -> (own: AbsolutePath, other: AbsolutePath)? {
        let (trees, theirTrees) = (
            others + [workspace].compactMap(\.self), other.others + [other.workspace].compactMap(\.self)
        )
        if let own = ([state] + trees).first(where: { Self.meet($0, other.state) }) { return (own, other.state) }
        if let theirs = theirTrees.first(where: { Self.meet($0, state) }) { return (state, theirs) }
        if let workspace, let theirs = other.workspace, Self.meet(workspace, theirs) { return (workspace, theirs) }
        if let configuration, configuration == other.configuration { return (configuration, configuration) }
        return identity != nil && identity == other.identity ? (state, other.state) : nil
    }

    private static func meet(_ one: AbsolutePath, _ other: AbsolutePath) -> Bool {
        one.contains(other) || other.contains(one)
    }

    /// The trees as data: what a record of a running instance holds.
    public var json: JSON {
        var object = JSONObject()
        object["state"] = .string(state.text)
        if let identity {
            object["device"] = .integer(Int64(bitPattern: identity.device))
            object["inode"] = .integer(Int64(bitPattern: identity.inode))
        }
        object["workspace"] = workspace.map { .string($0.text) }
        object["configuration"] = configuration.map { .string($0.text) }
        object["others"] = .array(others.map { .string($0.text) })
        return .object(object)
    }

    /// The trees that `json` records; nil when it records none.
    public init?(json: JSON) {
        guard let state = json["state"]?.string.flatMap(AbsolutePath.init) else { return nil }
        self.state = state
        if let device = json["device"]?.integer, let inode = json["inode"]?.integer {
            identity = FileIdentity(device: UInt64(bitPattern: device), inode: UInt64(bitPattern: inode))
        }
        workspace = json["workspace"]?.string.flatMap(AbsolutePath.init)
        configuration = json["configuration"]?.string.flatMap(AbsolutePath.init)
        others = json["others"]?.array?.compactMap { $0.string.flatMap(AbsolutePath.init) } ?? []
    }
}
