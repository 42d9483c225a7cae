import Enforcement
import Policy
import Testing

/// What the shipped filters answer to particular calls, written down without looking at the files.
@Suite struct ShippedPolicyTests {
    private static let alike: [Row] =
        Row.sockets + Row.flags + [
            Row("ioctl", [0, kernel("TIOCSTI")], errno: 1),
            Row("ioctl", [0, 0x1_0000_5412], errno: 1),
            Row("ioctl", [0, kernel("TIOCLINUX")], errno: 1),
            Row("ioctl", [7, kernel("TIOCSETD") | 1 << 63], errno: 1),
            Row("ioctl", [0, kernel("KDSKBENT")], errno: 1),
            Row("ioctl", [3, kernel("SIOCBRADDBR")], errno: 1),
            Row("ioctl", [3, kernel("SIOCSIFBR")], errno: 1),
            Row("ioctl", [3, kernel("SIOCSIFVLAN")], errno: 1),
            Row("ioctl", [3, kernel("SIOCADDDLCI")], errno: 1),
            Row("ioctl", [3, kernel("SIOCADDTUNNEL") | 1 << 32], errno: 1),
            Row("ioctl", [3, kernel("SIOCGIFFLAGS")]),
            Row("ioctl", [0, kernel("TIOCGWINSZ")]),
            Row("ioctl", [0, kernel("TCGETS")]),
            Row("ioctl", [kernel("TIOCSTI"), kernel("FIONREAD"), kernel("TIOCSTI")]),
            Row("personality", [0]),
            Row("personality", [0xffff_ffff]),
            Row("personality", [kernel("ADDR_NO_RANDOMIZE")], errno: 1),
            Row("personality", [kernel("READ_IMPLIES_EXEC")], errno: 1),
            Row("personality", [kernel("PER_LINUX32")], errno: 1),
            Row("prctl", [kernel("PR_SET_NO_NEW_PRIVS"), 1]),
            Row("prctl", [kernel("PR_SET_NAME"), 0x7fff_1234]),
            Row("prctl", [kernel("PR_SET_VMA")]),
            Row("prctl", [kernel("PR_SET_SECCOMP"), 2]),
            Row("prctl", [kernel("PR_CAP_AMBIENT"), kernel("PR_CAP_AMBIENT_CLEAR_ALL")]),
            Row("prctl", [kernel("PR_CAP_AMBIENT"), kernel("PR_CAP_AMBIENT_RAISE")], errno: 1),
            Row("prctl", [kernel("PR_SET_MM"), 1], errno: 1),
            Row("prctl", [kernel("PR_SET_PTRACER"), .max], errno: 1),
            Row("prctl", [kernel("PR_SET_SECUREBITS")], errno: 1),
            Row("prctl", [kernel("PR_SET_SYSCALL_USER_DISPATCH"), 1], errno: 1),
            Row("prlimit64", [0, kernel("RLIMIT_CORE"), 0, 0x7fff_1234]),
            Row("prlimit64", [0, kernel("RLIMIT_CORE"), 0x7fff_1234], .notify),
            Row("prlimit64", [0, kernel("RLIMIT_CORE"), 1 << 32], .notify),
            Row("prlimit64", [0, kernel("RLIMIT_CORE") | 1 << 32, 1, 1], .notify),
            Row("prlimit64", [0, kernel("RLIMIT_CORE") + 1, 0x7fff_1234]),
            Row("prlimit64", [1 << 32, kernel("RLIMIT_CORE") + 1, 0x7fff_1234]),
            Row("prlimit64", [1, kernel("RLIMIT_CORE"), 0x7fff_1234], .notify),
            Row("prlimit64", [1, kernel("RLIMIT_CORE"), 0, 0x7fff_1234]),
            Row("prlimit64", [1, kernel("RLIMIT_CPU"), 0, 0x7fff_1234]),
            Row("prlimit64", [1, kernel("RLIMIT_CPU"), 0x7fff_1234], errno: 1),
            Row("prlimit64", [1, kernel("RLIMIT_CPU"), 1 << 32], errno: 1),
            Row("prlimit64", [1 << 32 | 1, kernel("RLIMIT_CPU"), 0x7fff_1234], errno: 1),
            Row("prlimit64", [0xffff_ffff, kernel("RLIMIT_CPU"), 0x7fff_1234], errno: 1),
            Row("setrlimit", [kernel("RLIMIT_CORE"), 0x7fff_1234], .notify),
            Row("setrlimit", [kernel("RLIMIT_CORE") | 1 << 63, 0], .notify),
            Row("setrlimit", [kernel("RLIMIT_CORE") + 1, 0x7fff_1234]),
            Row("setsockopt", [3, kernel("SOL_IP"), kernel("IPT_SO_SET_REPLACE")], errno: 1),
            Row("setsockopt", [3, kernel("SOL_IPV6"), kernel("IP6T_SO_SET_REPLACE")], errno: 1),
            Row("setsockopt", [3, kernel("SOL_SOCKET"), kernel("SO_REUSEADDR")]),
            Row("setsockopt", [3, kernel("SOL_SOCKET"), kernel("IPT_SO_SET_REPLACE")]),
            Row("setsockopt", [3, kernel("SOL_NETLINK"), kernel("NETLINK_ADD_MEMBERSHIP")], errno: 1),
            Row(
                "setsockopt", [3, kernel("SOL_NETLINK") | 1 << 32, kernel("NETLINK_ADD_MEMBERSHIP") | 1 << 63], errno: 1
            ),
            Row("setsockopt", [3, kernel("SOL_NETLINK"), kernel("NETLINK_DROP_MEMBERSHIP")]),
            Row("setsockopt", [3, kernel("SOL_SOCKET"), kernel("NETLINK_ADD_MEMBERSHIP")]),
        ]

    @Test(arguments: ShippedPolicy.allCases, alike)
    func `both policies answer alike`(shipped: ShippedPolicy, row: Row) throws {
        try row.check(shipped)
    }

    @Test(
        arguments: ShippedPolicy.allCases,
        [
            "keyctl add_key request_key syslog bpf acct quotactl quotactl_fd iopl ioperm modify_ldt vhangup",
            "settimeofday clock_settime clock_adjtime adjtimex sethostname setdomainname setns nfsservctl",
            "open_by_handle_at name_to_handle_at",
        ])
    func `calls that reach beyond the sandbox fail with EPERM`(shipped: ShippedPolicy, names: String) throws {
        try check(shipped, names, .errno(1))
    }

    @Test(
        arguments: ShippedPolicy.allCases,
        [
            "bind listen", "mount umount2 pivot_root open_tree move_mount fsopen fsconfig fsmount fspick mount_setattr",
            "ptrace process_vm_readv process_vm_writev process_madvise pidfd_getfd kcmp perf_event_open userfaultfd",
            "kexec_load kexec_file_load init_module finit_module delete_module reboot swapon swapoff lookup_dcookie",
        ])
    func `ports are the broker's to decide, and attacks its to record`(shipped: ShippedPolicy, names: String) throws {
        try check(shipped, names, .notify)
    }

    private func check(_ shipped: ShippedPolicy, _ names: String, _ action: SeccompAction) throws {
        for name in names.split(separator: " ") {
            for arguments: [UInt64] in [[], Array(repeating: .max, count: 6)] {
                try Row(String(name), arguments, action).check(shipped)
            }
        }
    }

    @Test(
        arguments: ShippedPolicy.allCases,
        [
            "clone3", "io_uring_setup", "io_uring_enter", "io_uring_register", "io_setup", "io_submit", "io_destroy",
            "io_getevents", "io_pgetevents", "io_cancel",
        ])
    func
        `calls that would pass the filter by, or use up what the host has once, fail with ENOSYS, so that programs fall back`(
            shipped: ShippedPolicy, name: String
        ) throws
    {
        try Row(name, [0x7fff_0000_0000, 88], errno: 38).check(shipped)
    }

    @Test(
        arguments: ShippedPolicy.allCases,
        [
            "seccomp landlock_create_ruleset landlock_add_rule landlock_restrict_self",
            "memfd_create pidfd_open pidfd_send_signal close_range openat2 statx rseq membarrier futex futex_waitv",
            "epoll_create1 epoll_ctl epoll_wait epoll_pwait epoll_pwait2 inotify_init1 inotify_add_watch",
            "timerfd_create timerfd_settime eventfd2 signalfd4 sched_setaffinity sched_getaffinity sched_setscheduler",
            "mlock mlock2 mlockall pkey_alloc pkey_mprotect pkey_free copy_file_range execve execveat fork vfork",
            "accept4 connect recvmsg getsockname shutdown sysinfo ftruncate setrlimit",
        ])
    func `what ordinary programs need is permitted`(shipped: ShippedPolicy, names: String) throws {
        for name in names.split(separator: " ") {
            for arguments: [UInt64] in [[], Array(repeating: .max, count: 6)] {
                try Row(String(name), arguments).check(shipped)
            }
        }
    }

    @Test(
        arguments: ["clone", "unshare"],
        [
            "CLONE_NEWNS", "CLONE_NEWCGROUP", "CLONE_NEWUTS", "CLONE_NEWIPC", "CLONE_NEWUSER", "CLONE_NEWPID",
            "CLONE_NEWNET",
        ])
    func `namespaces are made only by the browser's own sandbox`(call: String, namespace: String) throws {
        let flag = kernel(namespace)
        let nests = ["CLONE_NEWUSER", "CLONE_NEWPID", "CLONE_NEWNET"].contains(namespace)
        for arguments in [[flag], [flag | kernel("CLONE_FS")], [flag | 1 << 40]] {
            try Row(call, arguments, errno: 1).check(.gateway)
            try Row(call, arguments, errno: nests ? nil : 1).check(.browser)
        }
    }

    /// The gateway's policy nests no namespaces, so that there its network is nobody's to rule over.
    @Test(arguments: ["SOCK_RAW", "SOCK_DGRAM"])
    func `a netlink socket is the broker's to decide only where namespaces nest`(type: String) throws {
        for flags in [0, kernel("SOCK_CLOEXEC") | kernel("SOCK_NONBLOCK"), 1 << 40] {
            let arguments = [kernel("AF_NETLINK"), kernel(type) | flags, kernel("NETLINK_ROUTE")]
            try Row("socket", arguments).check(.gateway)
            try Row("socket", arguments, .notify).check(.browser)
        }
    }

    @Test(arguments: ["chroot", "capset"])
    func `the browser's sandbox may empty its root and drop capabilities`(call: String) throws {
        try Row(call, [], call == "chroot" ? .notify : .errno(1)).check(.gateway)
        try Row(call, []).check(.browser)
    }
}
