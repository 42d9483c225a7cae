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
        let workspace = state + "/workspace-neighbour"
        add("X01", "list its workspace") { File.list(workspace) }
        add("X01", "read its file") { File.read(workspace + "/secret") }
        add("X01", "write its file") { File.write("x", to: workspace + "/secret") }
        add("X01", "remove its file") { SystemCall.attempt(SYS_unlinkat, File.here, .text(workspace + "/secret"), 0) }
        add("X01", "rename a file into it") {
            defer { File.remove(own + "/probe-file") }
            return File.create(own + "/probe-file").then {
                SystemCall.attempt(SYS_rename, .text(own + "/probe-file"), .text(workspace + "/x"))
            }
        }
        add("X01", "create, read and remove in the own state directory") {
            defer { File.remove(own + "/probe-file") }
            return File.create(own + "/probe-file").then { File.open(own + "/probe-file") }
        }
        add("F25", "count mounts that name its directories") {
            let tables = ["mountinfo", "mounts"].map { File.whole("/proc/self/\($0)") ?? [] }
            let lines = tables.flatMap { String(decoding: $0, as: UTF8.self).split(separator: "\n") }
            return .permitted(value: "\(lines.filter { $0.contains(state) }.count)")
        }
        add("F25", "find the own state directory among the mounts") {
            let table = String(decoding: File.whole("/proc/self/mountinfo") ?? [], as: UTF8.self)
            return .permitted(value: table.contains(" \(own) ") ? "found" : "not found")
        }
        let handle = facts.neighbourHandle
        add("X08", "open its file by handle") {
            let directory = File.descriptor(own, O_RDONLY | O_DIRECTORY)
            defer { close(directory) }
            return SystemCall.attempt(SYS_open_by_handle_at, Argument(directory), .bytes(handle), 0)
        }
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
        let socketName = facts.neighbourSocket
        add("X05", "connect to its abstract socket") {
            Socket.with(AF_UNIX, Socket.stream) { Socket.connect($0, Socket.unix("@" + socketName)) }
        }
        add("X05", "find its control group") { File.status("/sys/fs/cgroup") }
        add("X05", "name of the own control groups") {
            guard let lines = File.content("/proc/self/cgroup") else { return .refused(errno) }
            let names = String(decoding: lines, as: UTF8.self).split(separator: "\n").compactMap {
                $0.split(separator: ":", omittingEmptySubsequences: false).last
            }
            return .permitted(value: Set(names).sorted().joined(separator: " "))
        }
        add("X05", "make and find an own shared memory segment") {
            let key = Argument.number(Int(port) + 1)
            let made = SystemCall.attempt(SYS_shmget, key, 4096, .number(0o1600))
            return made.then {
                let found = SystemCall.result(Int(SYS_shmget), [key, 0, 0])
                defer { _ = SystemCall.attempt(SYS_shmctl, .number(found), 0, 0) }
                return Outcome(of: found)
            }
        }
        add("X05", "find its shared memory segment") { SystemCall.attempt(SYS_shmget, .number(Int(port)), 0, 0) }
    }
}
