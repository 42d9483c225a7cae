public import JSON

/// What of one instance the others must not reach: what the matrix aims at.
public struct MatrixTarget: Equatable, Sendable {
    /// The profile of the instance.
    public var name: ProfileName
    /// The ports that it is given, whether it listens on them or not.
    public var ports: PortSet
    /// Its state directory.
    public var state: AbsolutePath
    /// Its processes, by their IDs outside.
    public var processes: [Int32]
    /// What its probe has laid out; nil for an instance that runs its own payload.
    public var lure: Lure?

    /// Things a probe lays out in its sandbox, for itself to find and for others not to.
    public struct Lure: Equatable, Sendable {
        /// The name of an abstract socket it listens on.
        public var socketName: String
        /// The key of a System V shared memory segment; nil where its policy lets none be made.
        public var memoryKey: Int32?

        /// A file in its state directory.
        public static let fileName = ".mazelclaw-matrix"
        /// A Unix socket in its state directory.
        public static let socketFileName = ".mazelclaw-matrix.sock"
        /// A file in /dev/shm, the place of POSIX shared memory (shm_overview(7)).
        public var sharedMemoryPath: AbsolutePath { .root / "dev/shm" / socketName }

        /// Things of these names.
        public init(socketName: String, memoryKey: Int32?) {
            self.socketName = socketName
            self.memoryKey = memoryKey
        }
    }

    /// A target that others are to aim at.
    public init(name: ProfileName, ports: PortSet, state: AbsolutePath, processes: [Int32], lure: Lure?) {
        self.name = name
        self.ports = ports
        self.state = state
        self.processes = processes
        self.lure = lure
    }
}

extension MatrixTarget {
    /// The target as data.
    public var json: JSON {
        var object: JSONObject = [
            "name": .string(name.text), "ports": ports.json, "state": .string(state.text),
            "processes": .array(processes.map { .integer(Int64($0)) }),
        ]
        object["socketName"] = lure.map { .string($0.socketName) }
        object["memoryKey"] = (lure?.memoryKey).map { .integer(Int64($0)) }
        return .object(object)
    }

    /// The target that `json` describes; nil when it describes none.
    public init?(json: JSON) {
        guard let name = json["name"]?.string.flatMap(ProfileName.init),
            let ports = json["ports"].flatMap(PortSet.init(json:)),
            let state = json["state"]?.string.flatMap(AbsolutePath.init)
        else { return nil }
        self.init(
            name: name, ports: ports, state: state,
            processes: json["processes"]?.array?.compactMap { $0.integer.flatMap(Int32.init(exactly:)) } ?? [],
            lure: json["socketName"]?.string.map {
                Lure(socketName: $0, memoryKey: json["memoryKey"]?.integer.flatMap(Int32.init(exactly:)))
            })
    }
}
