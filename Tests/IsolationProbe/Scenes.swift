import CProbe
import Glibc

/// What takes more than one call to show.
enum Scenes {
    /// Forks until it is refused, says how many and why, then waits for its end.
    static func forkBomb() -> Never {
        var count = 0
        while true {
            let child = Child.start { while true { pause() } }
            guard child > 0 else { break }
            count += 1
        }
        let reason = probe_errno_name(errno).map { String(cString: $0) } ?? "?"
        Probe.say("\(reason) after \(count)")
        while true { pause() }
    }

    /// Leaves `count` orphans behind and says how many zombies remain once init has had its turn.
    static func zombies(_ count: Int) -> Never {
        for _ in 0..<count {
            let parent = Child.start { _ = Child.start {} }
            Child.wait(for: parent)
        }
        var remaining = Int.max
        for _ in 0..<500 where remaining > 0 {
            remaining =
                (File.names(in: "/proc") ?? []).filter { name in
                    guard Int32(name) != nil, let status = File.content("/proc/\(name)/stat") else { return false }
                    // The state follows the name in parentheses (proc(5)).
                    return String(decoding: status, as: UTF8.self).contains(") Z ")
                }.count
            if remaining > 0 { sched_yield() }
        }
        Probe.say("\(remaining) zombies")
        exit(remaining == 0 ? 0 : 1)
    }

    /// Holds one of everything a neighbour could look for, and says so; then accepts connections, and names each.
    static func serve() -> Never {
        let facts = Facts()
        let port = facts.basePort
        let listener = socket(AF_INET, Socket.stream, 0)
        let abstract = socket(AF_UNIX, Socket.stream, 0)
        _ = Socket.set(listener, SOL_SOCKET, SO_REUSEADDR)
        let outcome = Socket.bind(listener, Socket.Address.loopback4.bytes(port: port))
            .then { SystemCall.attempt(SYS_listen, Argument(listener), 16) }
            .then { Socket.bind(abstract, Socket.unix("@mazelclaw-neighbour-\(port)")) }
            .then { SystemCall.attempt(SYS_listen, Argument(abstract), 16) }
            .then { SystemCall.attempt(SYS_shmget, .number(Int(port)), 4096, .number(0o1666)) }
            .then { File.create("/dev/shm/neighbour") }
        guard case .permitted = outcome else {
            Probe.say(outcome.json(id: "serve", act: "serve"))
            exit(1)
        }
        Probe.say("ready")
        while true {
            let connection = accept(listener, nil, nil)
            guard connection >= 0 else { exit(1) }
            Probe.say("connected")
            close(connection)
        }
    }

    /// Becomes the command, on a host where the system calls named first fail, as in `165=1,321=38 COMMAND...`.
    static func without(_ words: [String]) -> Never {
        var numbers: [Int32] = []
        var errors: [Int32] = []
        for item in words.first?.split(separator: ",") ?? [] {
            let parts = item.split(separator: "=")
            guard parts.count == 2, let number = Int32(parts[0]), let error = Int32(parts[1]) else { exit(2) }
            numbers.append(number)
            errors.append(error)
        }
        guard words.count > 1, probe_remove_syscalls(numbers, errors, Int32(numbers.count)) == 0 else {
            perror("--without")
            exit(2)
        }
        var arguments: [UnsafeMutablePointer<CChar>?] = words.dropFirst().map { strdup($0) } + [nil]
        execvp(words[1], &arguments)
        perror("--without")
        exit(2)
    }
}
