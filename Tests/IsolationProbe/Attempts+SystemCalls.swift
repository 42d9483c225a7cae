import CProbe
import Glibc

/// S: the system call filter.
extension AttemptTable {
    mutating func addSystemCalls() {
        addNamespaces()
        addForbidden()
        addTerminals()
        addNumbers()
        addMemory()
    }

    private mutating func addNamespaces() {
        for (name, flag) in [
            ("user", 0x1000_0000), ("mount", 0x20000), ("network", 0x4000_0000), ("PID", 0x2000_0000),
            ("IPC", 0x800_0000), ("UTS", 0x400_0000), ("cgroup", 0x200_0000), ("time", 0x80),
        ] {
            add("S01", "unshare a \(name) namespace", apart: true) { SystemCall.attempt(SYS_unshare, .number(flag)) }
        }
        for (name, flag) in [("user", 0x1000_0000), ("network", 0x4000_0000)] {
            add("S01", "clone into a \(name) namespace", apart: true) {
                SystemCall.attempt(SYS_clone, .number(flag | Int(SIGCHLD)), 0, 0, 0, 0)
            }
        }
        add("S01", "unshare the working directory", apart: true) { SystemCall.attempt(SYS_unshare, 0x200) }
        add("S02", "clone3") { SystemCall.attempt(SYS_clone3, .bytes(Array(repeating: 0, count: 64)), 64) }
        for (name, persona) in [("ADDR_NO_RANDOMIZE", 0x4_0000), ("READ_IMPLIES_EXEC", 0x40_0000), ("PER_LINUX32", 8)] {
            add("S03", "personality \(name)") { SystemCall.attempt(SYS_personality, .number(persona)) }
        }
        add("S03", "ask for the personality") { SystemCall.attempt(SYS_personality, 0xFFFF_FFFF) }
    }

    private mutating func addForbidden() {
        for (name, number) in [
            ("bpf", SYS_bpf), ("perf_event_open", SYS_perf_event_open), ("userfaultfd", SYS_userfaultfd),
            ("kexec_load", SYS_kexec_load), ("kexec_file_load", SYS_kexec_file_load),
            ("init_module", SYS_init_module), ("finit_module", SYS_finit_module),
            ("delete_module", SYS_delete_module), ("swapon", SYS_swapon), ("swapoff", SYS_swapoff),
            ("reboot", SYS_reboot), ("acct", SYS_acct), ("quotactl", SYS_quotactl), ("iopl", SYS_iopl),
            ("ioperm", SYS_ioperm), ("lookup_dcookie", SYS_lookup_dcookie), ("modify_ldt", SYS_modify_ldt),
            ("syslog", SYS_syslog), ("fanotify_init", SYS_fanotify_init), ("vhangup", SYS_vhangup),
            ("move_pages", SYS_move_pages), ("migrate_pages", SYS_migrate_pages), ("uselib", SYS_uselib),
            ("ustat", SYS_ustat), ("_sysctl", SYS__sysctl), ("sysfs", SYS_sysfs),
        ] {
            add("S04", name) { SystemCall.attempt(Int32(number), -1, -1, -1, -1, -1) }
        }
        add("S15", "process_madvise") { SystemCall.attempt(SYS_process_madvise, -1, 0, 0, 0, 0) }
        for (name, number) in [
            ("settimeofday", SYS_settimeofday), ("clock_settime", SYS_clock_settime), ("adjtimex", SYS_adjtimex),
            ("clock_adjtime", SYS_clock_adjtime), ("sethostname", SYS_sethostname),
            ("setdomainname", SYS_setdomainname),
        ] {
            add("S16", name) { SystemCall.attempt(Int32(number), 0, 0, 0) }
        }
        add("S16", "clock_gettime") {
            SystemCall.attempt(SYS_clock_gettime, 0, .bytes(Array(repeating: 0, count: 16)))
        }
        for (name, number) in [
            ("io_uring_setup", SYS_io_uring_setup), ("io_uring_enter", SYS_io_uring_enter),
            ("io_uring_register", SYS_io_uring_register),
        ] {
            add("N25", name) { SystemCall.attempt(Int32(number), 1, 0, 0, 0) }
        }
    }

    private mutating func addTerminals() {
        let requests = [
            ("S05", "TIOCSTI", 0x5412), ("S05", "TIOCSTI with a bit above the low 32", 0x1_0000_5412),
            ("S06", "TIOCLINUX", 0x541C), ("S06", "TIOCSETD", 0x5423), ("S06", "KDSKBENT", 0x4B47),
            ("S06", "KDSKBSENT", 0x4B49),
        ]
        for (id, name, request) in requests {
            add(id, "\(name) on an own terminal") {
                Self.onTerminal { SystemCall.attempt(SYS_ioctl, Argument($0), .number(request), "x") }
            }
        }
        add("S05", "TIOCSTI on standard input") { SystemCall.attempt(SYS_ioctl, 0, 0x5412, "x") }
        add("S05", "TIOCSTI on standard error") { SystemCall.attempt(SYS_ioctl, 2, 0x5412, "x") }
        add("S05", "TIOCSTI on every open descriptor") {
            let numbers = (File.names(in: "/proc/self/fd") ?? []).compactMap(Int32.init)
            return Self.first(
                numbers.filter { fcntl($0, F_GETFD) != -1 }.map {
                    SystemCall.attempt(SYS_ioctl, Argument($0), 0x5412, "x")
                })
        }
        add("S06", "ask an own terminal for its size") {
            Self.onTerminal {
                SystemCall.attempt(SYS_ioctl, Argument($0), 0x5413, .bytes(Array(repeating: 0, count: 8)))
            }
        }
    }

    /// Runs `body` on the slave side of a new pseudo-terminal (ptmx(4)).
    private static func onTerminal(_ body: (Int32) -> Outcome) -> Outcome {
        let master = File.descriptor("/dev/ptmx", O_RDWR | O_NOCTTY)
        guard master >= 0 else { return .refused(errno) }
        defer { close(master) }
        // TIOCSPTLCK and TIOCGPTPEER (ioctl_tty(2)).
        let unlocked = SystemCall.attempt(SYS_ioctl, Argument(master), 0x4004_5431, .bytes([0, 0, 0, 0]))
        guard case .permitted = unlocked else { return unlocked }
        let peer = SystemCall.result(
            Int(SYS_ioctl), [Argument(master), 0x5441, .number(Int(O_RDWR | O_NOCTTY))])
        guard peer >= 0 else { return .refused(errno) }
        let slave = Int32(peer)
        defer { close(slave) }
        return body(slave)
    }

    private mutating func addNumbers() {
        for number in [470, 999, 100_000] {
            add("S07", "system call \(number)") { SystemCall.attempt(Int32(number)) }
        }
        add("S07", "system call -1") { Outcome(of: SystemCall.result(-1, [])) }
        add("S07", "getpid with the x32 number", apart: true) { SystemCall.attempt(0x4000_0000 | 39) }
        // 102 is socketcall in the table of i386.
        add("N37", "socketcall through int 0x80", apart: true) {
            let result = probe_syscall_32(102, 1, 0, 0)
            return result < 0 ? .refused(Int32(-result)) : .permitted()
        }
        add("S07", "getpid through int 0x80", apart: true) {
            let result = probe_syscall_32(20, 0, 0, 0)
            return result < 0 ? .refused(Int32(-result)) : .permitted()
        }
    }

    private mutating func addMemory() {
        add("R08", "make a context for asynchronous input and output") {
            SystemCall.attempt(SYS_io_setup, 8, .bytes(Array(repeating: 0, count: 8)))
        }
        add("S13", "execute from memory") {
            let file = Int32(SystemCall.result(Int(SYS_memfd_create), ["probe", 0]))
            guard file >= 0 else { return .refused(errno) }
            defer { close(file) }
            let path = "/proc/self/fd/\(file)"
            return File.copy("/usr/bin/true", to: path).then { File.execute(path) }
        }
        add("S13", "map memory writable and executable") {
            let size = 4096
            let memory = mmap(nil, size, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
            guard let memory, memory != MAP_FAILED else { return .refused(errno) }
            return Outcome(of: Int(munmap(memory, size)))
        }
    }
}
