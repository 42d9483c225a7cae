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
            // A name that the kernel chooses, for others to be told by whoever started this.
            .then { Socket.bind(abstract, Socket.noName) }
            .then { SystemCall.attempt(SYS_listen, Argument(abstract), 16) }
            .then { tell(Socket.name(of: abstract), in: facts.state + "/socket-name") }
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

    /// Writes the name of an abstract socket to a new file.
    private static func tell(_ name: [UInt8], in file: String) -> Outcome {
        File.remove(file)
        return File.create(file).then { File.write(String(decoding: name.dropFirst(3), as: UTF8.self), to: file) }
    }

    /// Traces a launcher; says what became of it in one line of JSON on standard output.
    static func fault(_ words: [String]) -> Never {
        let numbers = words.prefix(3).compactMap { Int32($0) }
        guard numbers.count == 3, words.count > 3 else { exit(2) }
        let arguments: [UnsafeMutablePointer<CChar>?] = words.dropFirst(3).map { strdup($0) } + [nil]
        let report = probe_fault(numbers[0], numbers[1], numbers[2], arguments, 20_000, 0)
        let signals = [report.signals.0, report.signals.1, report.signals.2].map(String.init).joined(separator: ",")
        Probe.say(
            """
            {"status":\(report.status),"calls":\(report.calls),"before":\(report.calls_before_main),"number":\(report.number),\
            "executed":\(report.has_executed),"hanging":\(report.is_hanging),"left":\(report.is_left_behind),\
            "signals":[\(signals)]}
            """)
        exit(0)
    }

    /// Runs a launcher whose init stands still for a while once the payload's program runs, as on a busy machine.
    static func hold(_ words: [String]) -> Never {
        guard words.count > 1, let time = Int32(words[0]), time > 0 else { exit(2) }
        let arguments: [UnsafeMutablePointer<CChar>?] = words.dropFirst().map { strdup($0) } + [nil]
        // No process of a start is the fourth: no call fails.
        let status = probe_fault(3, 0, 0, arguments, 20_000, time).status
        guard status >= 0 else { exit(99) }
        exit(status & 0x7F == 0 ? status >> 8 : 128 + status & 0x7F)
    }

    /// Becomes the command, on a host where the system calls named first fail, as in `165=1,56&0x10000000=1 COMMAND...`.
    static func without(_ words: [String]) -> Never {
        var lacks: [probe_lack] = []
        for item in words.first?.split(separator: ",") ?? [] {
            let parts = item.split(separator: "=")
            let call = parts.first?.split(separator: "&") ?? []
            guard parts.count == 2, let number = call.first.flatMap({ UInt32($0) }),
                let error = parts[1] == "kill" ? -1 : Int32(parts[1]),
                let mask = call.count == 2 ? UInt32(call[1].dropFirst(2), radix: 16) : 0
            else { exit(2) }
            lacks.append(probe_lack(number: number, mask: mask, error: error))
        }
        guard words.count > 1, probe_remove_syscalls(lacks, lacks.count) == 0 else {
            perror("--without")
            exit(2)
        }
        var arguments = vector(words.dropFirst())
        execvp(words[1], &arguments)
        perror("--without")
        exit(2)
    }

    /// Runs the command with the one seccomp listener taken, and ends as it does.
    static func withListener(_ words: [String]) -> Never {
        guard !words.isEmpty else { exit(2) }
        let status = probe_with_listener(vector(words[...]))
        // The code is the second byte, the signal the low seven bits (wait(2)).
        exit(status == -1 ? 2 : status & 0x7F == 0 ? status >> 8 : 128 + status & 0x7F)
    }

    private static func vector(_ words: ArraySlice<String>) -> [UnsafeMutablePointer<CChar>?] {
        words.map { strdup($0) } + [nil]
    }

    /// Runs a command that is stopped on its way by a script, as in `56 "touch x" COMMAND...`, and ends as it ends.
    static func interrupted(_ words: [String]) -> Never {
        guard words.count > 2, let number = Int32(words[0]) else { exit(2) }
        let status = probe_run_with_interruption(number, words[1], vector(words.dropFirst(2)))
        guard status >= 0 else {
            perror("--before")
            exit(99)
        }
        exit(status & 0x7F == 0 ? status >> 8 : 128 + status & 0x7F)
    }

    /// Says how often a race is won against a supervisor that lets calls go on.
    static func naiveSupervisor(port: UInt16) -> Never {
        var wins: Int32 = 0
        // It takes a few hundred tries; more where the machine is busy.
        for _ in 0..<20 where wins == 0 {
            var race = probe_race()
            guard probe_race_naive_supervisor(port, 5000, &race) == 0 else { exit(1) }
            wins += race.wins
        }
        Probe.say("\(wins > 0 ? "won" : "not won")")
        exit(0)
    }
}
