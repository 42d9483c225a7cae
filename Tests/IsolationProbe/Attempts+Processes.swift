import CProbe
import Glibc

/// P: other processes, IPC objects and limits.
extension AttemptTable {
    mutating func addProcesses() {
        addVisibility()
        addInit()
        addChildren()
        addObjects()
        addLimits()
    }

    private mutating func addVisibility() {
        add("P01", "count processes that are neither init nor of the payload's session") {
            guard let names = File.names(in: "/proc") else { return .refused(errno) }
            let strangers = names.compactMap(Int32.init).filter { $0 != 1 && getsid($0) != getsid(0) }
            return .permitted(value: "\(strangers.count)")
        }
        add("P01", "name of process 1") {
            File.content("/proc/1/comm").map {
                .permitted(value: String(decoding: $0.dropLast(), as: UTF8.self))
            } ?? .refused(errno)
        }
        let strangers = facts.hostProcesses
        for (name, signal) in [("the null signal", 0), ("SIGCONT", SIGCONT)] {
            add("P04", "send \(name) to the host's processes") {
                Self.first(strangers.map { SystemCall.attempt(SYS_kill, Argument($0), Argument(signal)) })
            }
        }
        add("P04", "queue a signal to the host's processes") {
            let info = Argument.bytes(Array(repeating: 0xFF, count: 128))
            return Self.first(strangers.map { SystemCall.attempt(SYS_rt_sigqueueinfo, Argument($0), 0, info) })
        }
        add("P04", "send the null signal to itself") { SystemCall.attempt(SYS_kill, Argument(getpid()), 0) }
        for (name, word) in [("mnt", "mount"), ("user", "user"), ("pid", "PID"), ("net", "network"), ("ipc", "IPC")] {
            add("P05", "setns into the own \(word) namespace") {
                let namespace = File.descriptor("/proc/self/ns/\(name)", O_RDONLY)
                defer { close(namespace) }
                return SystemCall.attempt(SYS_setns, Argument(namespace), 0)
            }
        }
        add("P05", "read where the own mount namespace's link leads") { File.link("/proc/self/ns/mnt") }
        for name in ["mnt", "user", "pid", "net"] {
            add("P05", "open init's \(name) namespace") { File.open("/proc/1/ns/\(name)") }
        }
    }

    private mutating func addInit() {
        // PTRACE_ATTACH is 16, PTRACE_SEIZE 0x4206 (ptrace(2)).
        add("P02", "ptrace init") { SystemCall.attempt(SYS_ptrace, 16, 1, 0, 0) }
        add("P02", "seize init") { SystemCall.attempt(SYS_ptrace, 0x4206, 1, 0, 0) }
        add("P02", "read init's memory") {
            SystemCall.attempt(SYS_process_vm_readv, 1, .bytes(Self.ioVector), 1, .bytes(Self.ioVector), 1, 0)
        }
        add("P02", "write init's memory") {
            SystemCall.attempt(SYS_process_vm_writev, 1, .bytes(Self.ioVector), 1, .bytes(Self.ioVector), 1, 0)
        }
        add("P02", "take a descriptor of init") {
            let init1 = Int32(SystemCall.result(Int(SYS_pidfd_open), [1, 0]))
            defer { close(init1) }
            return SystemCall.attempt(SYS_pidfd_getfd, Argument(init1), 1, 0)
        }
        add("P02", "kcmp with init") { SystemCall.attempt(SYS_kcmp, 1, .number(Int(getpid())), 0, 0, 0) }
        add("P03", "send SIGTERM to init") { SystemCall.attempt(SYS_kill, 1, Argument(SIGTERM)) }
        add("P03", "send SIGKILL to init") { SystemCall.attempt(SYS_kill, 1, Argument(SIGKILL)) }
        add("P03", "send SIGKILL to init by descriptor") {
            let init1 = Int32(SystemCall.result(Int(SYS_pidfd_open), [1, 0]))
            defer { close(init1) }
            return SystemCall.attempt(SYS_pidfd_send_signal, Argument(init1), Argument(SIGKILL), 0, 0)
        }
        add("P03", "queue a signal to init") {
            SystemCall.attempt(SYS_rt_sigqueueinfo, 1, Argument(SIGTERM), .bytes(Array(repeating: 0xFF, count: 128)))
        }
    }

    private mutating func addChildren() {
        add("P16", "fork, kill and wait for an own child") {
            let child = Child.start { pause() }
            guard child > 0 else { return .refused(errno) }
            let outcome = SystemCall.attempt(SYS_kill, Argument(child), Argument(SIGKILL))
            return outcome.then { .permitted(value: "signal \(Child.wait(for: child) & 0x7F)") }
        }
        add("P16", "pidfd_open of an own child") {
            let child = Child.start { pause() }
            defer {
                kill(child, SIGKILL)
                Child.wait(for: child)
            }
            let descriptor = SystemCall.result(Int(SYS_pidfd_open), [Argument(child), 0])
            defer { close(Int32(descriptor)) }
            return Outcome(of: descriptor)
        }
        add("P16", "ptrace an own child") {
            let child = Child.start { pause() }
            defer {
                kill(child, SIGKILL)
                Child.wait(for: child)
            }
            return SystemCall.attempt(SYS_ptrace, 16, Argument(child), 0, 0)
        }
        add("P16", "start a thread") { Child.outcomeInThread { .permitted() } }
        add("P16", "execute /usr/bin/true") { File.execute("/usr/bin/true") }
    }

    private mutating func addObjects() {
        let key = facts.hostMemoryKey
        add("P06", "keyctl") { SystemCall.attempt(SYS_keyctl, 0, -3, 0) }
        add("P06", "add_key") { SystemCall.attempt(SYS_add_key, "user", "probe", "x", 1, -3) }
        add("P06", "request_key") { SystemCall.attempt(SYS_request_key, "user", "probe", 0, -3) }
        add("P07", "find a shared memory segment of the host") { SystemCall.attempt(SYS_shmget, .number(key), 0, 0) }
        add("P07", "make a shared memory segment") {
            let segment = SystemCall.result(Int(SYS_shmget), [0, 4096, .number(0o1600)])
            defer { _ = SystemCall.attempt(SYS_shmctl, .number(segment), 0, 0) }
            return Outcome(of: segment)
        }
        add("P07", "make a semaphore") {
            let semaphore = SystemCall.result(Int(SYS_semget), [0, 1, .number(0o1600)])
            defer { _ = SystemCall.attempt(SYS_semctl, .number(semaphore), 0, 0) }
            return Outcome(of: semaphore)
        }
        add("P07", "make a message queue") {
            let queue = SystemCall.result(Int(SYS_msgget), [0, .number(0o1600)])
            defer { _ = SystemCall.attempt(SYS_msgctl, .number(queue), 0, 0) }
            return Outcome(of: queue)
        }
        // Landlock takes the file system behind POSIX queues for one that no rule names.
        add("P07", "make a POSIX message queue") {
            defer { _ = SystemCall.attempt(SYS_mq_unlink, "probe") }
            let queue = SystemCall.result(Int(SYS_mq_open), ["probe", .number(Int(O_CREAT | O_RDWR)), 0o600, 0])
            defer { close(Int32(queue)) }
            return Outcome(of: queue)
        }
    }

    private mutating func addLimits() {
        // RLIMIT_NPROC is 6, RLIMIT_NOFILE 7, RLIMIT_CORE 4 (getrlimit(2)).
        for (name, number) in [("core dumps", 4), ("processes", 6), ("open files", 7)] {
            add("P10", "limit on \(name)") { Self.limit(number) }
            add("P10", "raise the limit on \(name)") {
                SystemCall.attempt(SYS_prlimit64, 0, .number(number), .bytes(Self.words(1 << 20, 1 << 20)), 0)
            }
        }
        for (name, limit) in [("0", 0), ("1", 1), ("2", 2)] as [(String, UInt64)] {
            add("P11", "set the limit on core dumps to \(name)") {
                SystemCall.attempt(SYS_prlimit64, 0, 4, .bytes(Self.words(limit, limit)), 0)
            }
            add("P11", "set the limit on core dumps to \(name) by setrlimit") {
                SystemCall.attempt(SYS_setrlimit, 4, .bytes(Self.words(limit, limit)))
            }
        }
        add("P11", "set the limit on core dumps to 0 and ask for the old one") {
            let old = Argument.bytes(Self.words(0, 0))
            return SystemCall.attempt(SYS_prlimit64, 0, 4, .bytes(Self.words(0, 0)), old)
        }
        add("P11", "set the limit on core dumps from memory that is not there") {
            SystemCall.attempt(SYS_prlimit64, 0, 4, 8, 0)
        }
        add("P11", "limit on core dumps after all of these") { Self.limit(4) }
        add("P11", "lower the limit on open files", apart: true) {
            SystemCall.attempt(SYS_setrlimit, 7, .bytes(Self.words(64, 64)))
        }
        addForeignLimits()
        add("P10", "open files until there is no more") {
            var descriptors: [Int32] = []
            defer { for descriptor in descriptors { close(descriptor) } }
            while true {
                let descriptor = File.descriptor("/dev/null", O_RDONLY)
                guard descriptor >= 0 else { return .refused(errno) }
                descriptors.append(descriptor)
            }
        }
        // From what it is, which the launcher may have been started with: a higher number is a lower priority.
        let own = Int(getpriority(Int32(PRIO_PROCESS.rawValue), 0))
        for (name, number) in [("raise", own - 5), ("lower", own + 5)] {
            add("P12", "\(name) the own priority", apart: true) {
                SystemCall.attempt(SYS_setpriority, 0, 0, .number(number))
            }
        }
        add("P12", "become a real-time process", apart: true) {
            SystemCall.attempt(SYS_sched_setscheduler, 0, 1, .bytes([1, 0, 0, 0]))
        }
    }

    /// Limits of another process: RLIMIT_CPU is 0, and a limit of no seconds ends it.
    private mutating func addForeignLimits() {
        let none = Self.words(0, 0)
        for (name, number) in [("init", 1), ("init, by a number of 64 bits", 1 << 32 | 1)] {
            add("R19", "limit the time of \(name)") {
                SystemCall.attempt(SYS_prlimit64, .number(number), 0, .bytes(none), 0)
            }
        }
        add("R19", "limit the core dumps of init") { SystemCall.attempt(SYS_prlimit64, 1, 4, .bytes(none), 0) }
        add("R19", "ask for the limits of init") {
            SystemCall.attempt(SYS_prlimit64, 1, 7, 0, .bytes(none))
        }
        for (name, number) in [("its own number of open files", 0), ("the same, by a number of 64 bits", 1 << 32)] {
            add("R19", "limit \(name)", apart: true) {
                SystemCall.attempt(SYS_prlimit64, .number(number), 7, .bytes(Self.words(64, 64)), 0)
            }
        }
    }

    static func limit(_ number: Int) -> Outcome {
        var limit = rlimit()
        let result = withUnsafeMutablePointer(to: &limit) {
            SystemCall.result(
                Int(SYS_prlimit64), [0, .number(number), 0, .number(Int(bitPattern: $0))])
        }
        return result == -1 ? .refused(errno) : .permitted(value: "\(limit.rlim_cur):\(limit.rlim_max)")
    }

    /// Two 64-bit numbers in memory.
    static func words(_ numbers: UInt64...) -> [UInt8] {
        numbers.flatMap { number in withUnsafeBytes(of: number) { Array($0) } }
    }

    /// An empty iovec.
    private static var ioVector: [UInt8] { words(0, 0) }
}
