import Glibc

/// What the payload was told of its surroundings, through its environment.
struct Facts {
    /// The base port the profile was given.
    let basePort: UInt16
    /// The profile's state directory.
    let state: String
    /// Another running profile: its base port, its state directory, and the host's numbers of its processes.
    let neighbourPort: UInt16
    let neighbourState: String
    let neighbourProcesses: [Int32]
    /// The name of its abstract socket.
    let neighbourSocket: String
    /// The handle of its file "secret" (open_by_handle_at(2)), as somebody outside has it.
    let neighbourHandle: [UInt8]
    /// The host's numbers of processes outside any sandbox.
    let hostProcesses: [Int32]
    /// An abstract socket somebody outside listens on.
    let hostSocket: String
    /// A System V shared memory segment of the host.
    let hostMemoryKey: Int
    /// Files of the host that hold secrets.
    let hostFiles: [String]

    init() {
        func list(_ name: String) -> [String] {
            Self.variable(name).split(separator: ":").map(String.init)
        }
        basePort = UInt16(Self.variable("MAZELCLAW_GATEWAY_PORT")) ?? 0
        state = Self.variable("MAZELCLAW_STATE_DIR")
        neighbourPort = UInt16(Self.variable("PROBE_NEIGHBOUR_PORT")) ?? 0
        neighbourState = Self.variable("PROBE_NEIGHBOUR_STATE")
        neighbourProcesses = list("PROBE_NEIGHBOUR_PROCESSES").compactMap(Int32.init)
        neighbourSocket = Self.variable("PROBE_NEIGHBOUR_SOCKET")
        neighbourHandle = list("PROBE_NEIGHBOUR_HANDLE").compactMap(UInt8.init)
        hostProcesses = list("PROBE_HOST_PROCESSES").compactMap(Int32.init)
        hostSocket = Self.variable("PROBE_HOST_SOCKET")
        hostMemoryKey = Int(Self.variable("PROBE_HOST_MEMORY_KEY")) ?? 1
        hostFiles = list("PROBE_HOST_FILES")
    }

    private static func variable(_ name: String) -> String {
        getenv(name).map { String(cString: $0) } ?? ""
    }
}
