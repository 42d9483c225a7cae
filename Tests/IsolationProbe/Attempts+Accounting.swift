import CProbe
import Glibc

/// A: what the kernel counts for a whole user, and an instance could use up for the others.
extension AttemptTable {
    mutating func addAccounting() {
        add("A01", "make an inotify instance") { Self.made { inotify_init1(0) } }
        add("A01", "make inotify instances until there are no more") { Self.exhausted { inotify_init1(0) } }
        add("A02", "watch more files by inotify than may be watched") { Self.watchFiles() }
        add("A03", "make a fanotify group") { SystemCall.attempt(SYS_fanotify_init, 0, 0) }
        add("A04", "queue a signal to itself", apart: true) { Self.queueSignals(1) }
        add("A04", "queue signals until there is no more room", apart: true) { Self.queueSignals(1 << 20) }
        add("A05", "make a timer", apart: true) { Self.makeTimers(1) }
        add("A05", "make timers until there are no more", apart: true) { Self.makeTimers(1 << 20) }
        add("A06", "open a pseudoterminal") { Self.made { File.descriptor("/dev/ptmx", O_RDWR | O_NOCTTY) } }
        add("A06", "open pseudoterminals until there are no more") {
            Self.exhausted { File.descriptor("/dev/ptmx", O_RDWR | O_NOCTTY) }
        }
        // RLIMIT_SIGPENDING is 11, RLIMIT_MSGQUEUE 12 (getrlimit(2)).
        for (name, number) in [("pending signals", 11), ("POSIX message queues", 12)] {
            add("A07", "limit on \(name)") { Self.limit(number) }
            add("A07", "raise the limit on \(name)") {
                SystemCall.attempt(SYS_prlimit64, 0, .number(number), .bytes(Self.words(1 << 30, 1 << 30)), 0)
            }
        }
    }

    private static func made(_ make: () -> Int32) -> Outcome {
        let descriptor = make()
        guard descriptor >= 0 else { return .refused(errno) }
        close(descriptor)
        return .permitted()
    }

    /// How it ends when descriptors are made until one is refused.
    private static func exhausted(_ make: () -> Int32) -> Outcome {
        var descriptors: [Int32] = []
        defer { for descriptor in descriptors { close(descriptor) } }
        while true {
            let descriptor = make()
            guard descriptor >= 0 else { return .refused(errno) }
            descriptors.append(descriptor)
        }
    }

    /// Watches the same few hundred files by many instances, as each of them counts.
    private static func watchFiles() -> Outcome {
        let directory = "/tmp/watched-\(getpid())"
        mkdir(directory, 0o700)
        let names = (0..<600).map { "\(directory)/\($0)" }
        defer {
            for name in names { unlink(name) }
            rmdir(directory)
        }
        for name in names { close(File.descriptor(name, O_CREAT | O_WRONLY)) }
        var instances: [Int32] = []
        defer { for instance in instances { close(instance) } }
        while true {
            let instance = inotify_init1(0)
            guard instance >= 0 else { return .refused(errno) }
            instances.append(instance)
            for name in names where inotify_add_watch(instance, name, UInt32(IN_MODIFY)) < 0 {
                return .refused(errno)
            }
        }
    }

    /// Queues signals that stay pending, at most `count`.
    private static func queueSignals(_ count: Int) -> Outcome {
        var mask = sigset_t()
        sigfillset(&mask)
        sigprocmask(SIG_BLOCK, &mask, nil)
        for _ in 0..<count where sigqueue(getpid(), 40, sigval()) != 0 { return .refused(errno) }
        return .permitted()
    }

    private static func makeTimers(_ count: Int) -> Outcome {
        for _ in 0..<count {
            var timer = timer_t(bitPattern: 0)
            guard timer_create(CLOCK_MONOTONIC, nil, &timer) == 0 else { return .refused(errno) }
        }
        return .permitted()
    }
}
