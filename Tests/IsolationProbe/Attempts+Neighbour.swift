import CProbe
import Glibc

/// X and F01: another profile of the same user, running.
extension AttemptTable {
    mutating func addNeighbour() {
        let state = facts.neighbourState
        let port = facts.neighbourPort
        let processes = facts.neighbourProcesses
        let own = facts.state
        add("F01", "stat its state directory") { File.status(state) }
        add("F01", "list its state directory") { File.list(state) }
        add("F01", "read its file") { File.read(state + "/secret") }
        add("F01", "read its file by climbing from the own state directory") {
            let name = state.split(separator: "/").last.map(String.init) ?? ""
            return File.read(own + "/../" + name + "/secret")
        }
        add("F01", "read its file under /proc/self/root") { File.read("/proc/self/root" + state + "/secret") }
        add("F01", "read its file under /proc/1/root") { File.read("/proc/1/root" + state + "/secret") }
        add("F01", "read its file through a link") {
            let link = own + "/probe-link"
            defer { File.remove(link) }
            return SystemCall.attempt(SYS_symlink, .text(state), .text(link)).then { File.read(link + "/secret") }
        }
        add("F01", "make a hard link to its file") {
            SystemCall.attempt(SYS_link, .text(state + "/secret"), .text(own + "/probe-link"))
        }
        add("F01", "create in its state directory") { File.create(state + "/x") }
        let addresses: [(String, Socket.Address)] = [
            ("127.0.0.1", .loopback4), ("0.0.0.0", .any4), ("127.0.0.2", .v4(127, 0, 0, 2)), ("::1", .loopback6),
            ("::ffff:127.0.0.1", .mapped),
        ]
        for (name, address) in addresses {
            add("X02", "bind \(name) on its base port") { Socket.bind(address, port: port) }
            add("X03", "connect to its base port at \(name)") { Socket.connect(address, port: port) }
        }
        add("X02", "bind its control port") { Socket.bind(.loopback4, port: port &+ 2) }
        add("X02", "bind its first CDP port") { Socket.bind(.loopback4, port: port &+ 11) }
        add("X03", "connect to its control port") { Socket.connect(.loopback4, port: port &+ 2) }
        add("X03", "connect to its first CDP port") { Socket.connect(.loopback4, port: port &+ 11) }
        add("X04", "signal its processes") {
            Self.first(processes.map { SystemCall.attempt(SYS_kill, Argument($0), 0) })
        }
        add("X04", "open its processes") {
            Self.first(processes.map { SystemCall.attempt(SYS_pidfd_open, Argument($0), 0) })
        }
        add("X04", "trace its processes") {
            Self.first(processes.map { SystemCall.attempt(SYS_ptrace, 16, Argument($0), 0, 0) })
        }
        add("X05", "find its processes in /proc") { Self.first(processes.map { File.status("/proc/\($0)") }) }
        add("X05", "open its POSIX shared memory") { File.open("/dev/shm/neighbour") }
        add("X05", "connect to its abstract socket") {
            Socket.with(AF_UNIX, Socket.stream) { Socket.connect($0, Socket.unix("@mazelclaw-neighbour-\(port)")) }
        }
        add("X05", "find its shared memory segment") { SystemCall.attempt(SYS_shmget, .number(Int(port)), 0, 0) }
    }
}
