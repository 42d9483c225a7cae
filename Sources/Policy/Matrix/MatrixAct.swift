/// One thing that an instance tries on another, or on itself to show that it could be done.
public struct MatrixAct: Equatable, Sendable {
    /// What kind of reach it would be.
    public enum Kind: String, Sendable, CaseIterable {
        case files
        case ports
        case connections
        case signals
        case processes = "/proc"
        case memory = "shared memory"
        case sockets
    }

    /// The kind, by which a report counts its acts.
    public var kind: Kind
    /// What is tried, with its name and how it must end.
    public var proof: Proof

    // asm-generic/errno.h
    private static let notPermitted: Int32 = 1
    private static let noEntry: Int32 = 2
    private static let noProcess: Int32 = 3
    private static let accessDenied: Int32 = 13
    private static let notDirectory: Int32 = 20
    private static let noSystemCall: Int32 = 38
    private static let inUse: Int32 = 98
    private static let refused: Int32 = 111

    /// All that is tried on `target`: by itself when `isOwn`, and then it must work.
    public static func all(on target: MatrixTarget, isOwn: Bool) -> [MatrixAct] {
        var acts: [MatrixAct] = []
        func add(_ kind: Kind, _ name: String, _ act: Proof.Act, own: [Int32] = [0], other: [Int32]) {
            acts.append(MatrixAct(kind: kind, proof: Proof(name, act, isOwn ? own : other)))
        }
        let hidden = [noEntry, accessDenied, notDirectory]
        let state = target.state
        add(.files, "list \(state)", .open(state), other: hidden)
        add(.files, "make a directory in \(state)", .makeDirectory(state / ".mazelclaw-matrix.d"), other: hidden)
        if let inside = AbsolutePath("/proc/self/root" + state.text) {
            add(.files, "list \(inside)", .open(inside), other: hidden)
        }
        for port in [target.ports.gateway, target.ports.control, target.ports.cdp.lowerBound] {
            // The own ports are listened on by the probe itself, and some of them are for loopback only.
            for address in isOwn ? [.loopback4] : [IPAddress.loopback4, .loopback6, .v4(0)] {
                add(
                    .ports, "bind \(address) port \(port)/tcp", .bind(.tcp, address, port), own: [inUse],
                    other: [accessDenied])
            }
            if !isOwn {
                add(.ports, "bind 127.0.0.1 port \(port)/udp", .bind(.udp, .loopback4, port), other: [accessDenied])
            }
            // In a private network the gateway's own listener is outside.
            let own = port == target.ports.gateway ? [0, refused] : [0]
            add(.connections, "connect to port \(port)/tcp", .connect(port), own: own, other: [accessDenied])
        }
        // From inside, the own processes have other numbers.
        for process in isOwn ? [2] : target.processes {
            add(.signals, "signal process \(process)", .signal(process), other: [noProcess, notPermitted])
            add(.processes, "read memory of process \(process)", .readMemory(process), own: [], other: unreadable)
            for name in ["environ", "root", "fd"] {
                guard let path = AbsolutePath("/proc/\(process)/\(name)") else { continue }
                add(.processes, "open \(path)", .open(path), other: [noEntry, accessDenied])
            }
        }
        if isOwn { acts.removeAll { $0.proof.expected.isEmpty } }
        if let lure = target.lure {
            let file = state / MatrixTarget.Lure.fileName
            add(.files, "read \(file)", .open(file), other: hidden)
            add(.files, "write \(file)", .openForWriting(file), other: hidden)
            add(.memory, "open \(lure.sharedMemoryPath)", .open(lure.sharedMemoryPath), other: [noEntry])
            if let key = lure.memoryKey {
                add(
                    .memory, "attach to the segment with key \(key)", .sharedMemory(key: key),
                    other: [noEntry, notPermitted, noSystemCall])
            }
            add(
                .sockets, "connect to the abstract socket \(lure.socketName)", .connectAbstract(lure.socketName),
                // Where the two have networks of their own, there is no such socket to begin with.
                other: [notPermitted, refused])
            let socket = state / MatrixTarget.Lure.socketFileName
            add(.sockets, "connect to \(socket)", .connectUnix(socket), other: hidden)
        }
        return acts
    }

    private static let unreadable: [Int32] = [notPermitted, noProcess, noSystemCall]
}
