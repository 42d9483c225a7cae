import CProbe
import Foundation
import Glibc
import JSON
import Testing

/// C and L: hosts that lack something, played by a filter on the launcher or by its own namespaces.
@Suite(.recorded) struct PoorHostTests {
    /// A system call that fails, and what a start makes of it.
    struct Lack: CustomTestStringConvertible {
        let name: String
        let call: Int32
        var errno = EPERM
        /// The launcher's exit code.
        let code: Int32
        /// The step that its message or events name.
        var step: String?
        var testDescription: String { name }

        /// The words that take it away from the command that follows.
        func wrapper(_ host: Host) -> [String] { [host.stage.probe, "--without", "\(call)=\(errno)"] }
    }

    /// What the launcher cannot do without.
    static let lacks = [
        Lack(name: "clone", call: SYS_clone, code: 69, step: "clone"),
        Lack(name: "clone for want of namespaces", call: SYS_clone, errno: ENOSPC, code: 69, step: "clone"),
        Lack(name: "unshare", call: SYS_unshare, code: 69, step: "nest-user-namespace"),
        Lack(name: "landlock_create_ruleset", call: SYS_landlock_create_ruleset, errno: ENOSYS, code: 69),
        Lack(name: "landlock_create_ruleset at boot", call: SYS_landlock_create_ruleset, errno: EOPNOTSUPP, code: 69),
        Lack(name: "landlock_add_rule", call: SYS_landlock_add_rule, code: 69, step: "landlock"),
        Lack(name: "landlock_restrict_self", call: SYS_landlock_restrict_self, code: 69, step: "landlock"),
        Lack(name: "seccomp", call: SYS_seccomp, errno: EINVAL, code: 69),
        Lack(name: "mount_setattr", call: SYS_mount_setattr, code: 69, step: "mount-private"),
        Lack(name: "fsopen", call: SYS_fsopen, code: 69, step: "mount-root"),
        Lack(name: "move_mount", call: SYS_move_mount, errno: ENOSYS, code: 69, step: "mount-root"),
        Lack(name: "pivot_root", call: SYS_pivot_root, errno: EACCES, code: 69, step: "pivot_root"),
        Lack(name: "sethostname", call: SYS_sethostname, code: 69, step: "sethostname"),
        Lack(name: "keyctl", call: SYS_keyctl, code: 69, step: "keyctl"),
        Lack(name: "pidfd_getfd", call: SYS_pidfd_getfd, code: 69, step: "notify"),
    ]

    /// What can fail in every step; none of it is a lack of the host's.
    static let failures = [
        Lack(name: "a failing mount_setattr", call: SYS_mount_setattr, errno: ENOMEM, code: 125),
        Lack(name: "fsconfig", call: SYS_fsconfig, errno: ENOMEM, code: 125),
        Lack(name: "fsmount", call: SYS_fsmount, errno: ENOMEM, code: 125),
        Lack(name: "open_tree", call: SYS_open_tree, code: 125),
        Lack(name: "a failing pivot_root", call: SYS_pivot_root, errno: EINVAL, code: 125, step: "pivot_root"),
        Lack(name: "a failing keyctl", call: SYS_keyctl, errno: EDQUOT, code: 125, step: "keyctl"),
        Lack(name: "prlimit64", call: SYS_prlimit64, code: 125, step: "setrlimit"),
        Lack(name: "capset", call: SYS_capset, code: 125, step: "capabilities"),
        Lack(name: "setsid", call: SYS_setsid, code: 125, step: "setsid"),
        Lack(name: "chdir", call: SYS_chdir, errno: EIO, code: 125),
        Lack(name: "symlinkat", call: SYS_symlinkat, errno: ENOSPC, code: 125, step: "symlink"),
        Lack(name: "mkdirat", call: SYS_mkdirat, errno: ENOSPC, code: 125),
        Lack(name: "rt_sigprocmask", call: SYS_rt_sigprocmask, errno: EIO, code: 125),
        Lack(name: "prctl", call: SYS_prctl, errno: EINVAL, code: 125),
        Lack(name: "a payload's process that is gone", call: SYS_pidfd_getfd, errno: ESRCH, code: 125, step: "notify"),
        Lack(name: "rt_sigtimedwait", call: SYS_rt_sigtimedwait, errno: EIO, code: 125),
        Lack(name: "execve", call: SYS_execve, errno: EIO, code: 126, step: "execve"),
    ]

    @Test(arguments: lacks + failures, Starting.available)
    func `a call that fails ends the start with its code and no payload`(lack: Lack, starting: Starting) throws {
        let host = try Host(starting)
        #expect(try host.run(["true"]).code == 0)
        let before = Files.listing(host.root, leavingOut: Files.isRecord)
        var options = Host.Options()
        let status = host.status(&options)
        // execve is needed once more, by the wrapper itself.
        guard lack.call != SYS_execve else { return try expectExecFailure(host, lack) }
        options.wrapper = lack.wrapper(host)
        let end = try host.run(["sh", "-c", "touch $MAZELCLAW_STATE_DIR/ran"], options)
        #expect(end.code == lack.code)
        #expect(end.sentences.count == 1)
        #expect(Files.listing(host.root, leavingOut: Files.isRecord) == before)
        let events = try Host.events(status)
        #expect(!events.contains { $0["event"]?.string == "exec" || $0["event"]?.string == "exit" })
        let error = try #require(events.last)
        #expect(error["event"]?.string == "error")
        #expect(error["code"]?.integer == Int64(lack.code))
        guard let step = lack.step else { return }
        #expect(error["step"]?.string == step)
        let name = probe_errno_name(lack.errno).map { String(cString: $0) }
        #expect(error["errno"]?.string == name)
        #expect(end.sentences.last?.contains(name ?? "?") == true)
    }

    /// Compiling a filter asks the kernel too.
    @Test(arguments: Starting.available)
    func `a kernel without seccomp is named as well where no filter is kept`(starting: Starting) throws {
        let host = try Host(starting)
        let lack = try #require(Self.lacks.first { $0.name == "seccomp" })
        var options = Host.Options()
        options.wrapper = lack.wrapper(host)
        options.more = ["--policy", try host.policyToCompile()]
        let end = try host.run(["true"], options)
        #expect(end.code == 69, "\(end.errors)")
        #expect(end.sentences.count == 1 && end.sentences[0].contains("seccomp(2) answers"), "\(end.errors)")
    }

    /// execve is refused by the policy itself: the filter is the last step before it.
    private func expectExecFailure(_ host: Host, _ lack: Lack) throws {
        let end = try host.run(["/usr"])
        #expect(end.code == lack.code)
    }

    /// A sandbox that handles files by Landlock denies every mount below it (landlock(7)), whatever else it permits.
    @Test(arguments: Starting.available, [1, 3])
    func `another sandbox's Landlock domain is named`(starting: Starting, layers: Int) throws {
        let host = try Host(starting)
        // landlock_create_ruleset(2) for execution, a rule that permits it everywhere, landlock_restrict_self(2).
        let script = """
            import ctypes, os, struct, sys
            libc = ctypes.CDLL(None)
            libc.prctl(38, 1, 0, 0, 0)
            for layer in range(\(layers)):
                ruleset = libc.syscall(444, struct.pack("Q", 1), 8, 0)
                root = os.open("/", os.O_PATH)
                if libc.syscall(445, ruleset, 1, struct.pack("<Qi", 1, root), 0): sys.exit("no rule")
                if libc.syscall(446, ruleset, 0): sys.exit("no domain")
            os.execvp(sys.argv[1], sys.argv[1:])
            """
        var options = Host.Options()
        options.wrapper = ["/usr/bin/python3", "-c", script]
        let end = try host.run(["echo", "ran"], options)
        #expect(end.output.isEmpty)
        #expect(end.code == 69, "\(end.errors)")
        let name = layers == 1 ? "a Landlock domain over" : "\(layers) Landlock domains over"
        #expect(end.sentences.last?.contains(name) == true, "\(end.errors)")
        let doctor = try host.command(["doctor"], options)
        #expect(doctor.output.contains(name), "\(doctor.output)")
        // Without one the diagnosis names none.
        #expect(try !host.command(["doctor"]).output.contains("Landlock domain"))
    }

    // MARK: The doctor

    @Test(arguments: Starting.available)
    func `the doctor says whether a payload can use up the host's open files`(starting: Starting) throws {
        let host = try Host(starting)
        let most = try #require(Files.read("/proc/sys/fs/file-max").flatMap { UInt64($0.dropLast()) })
        let line = { (output: String) in
            output.split(separator: "\n").first { $0.contains(" open files of the host: ") } ?? ""
        }
        try host.makeState()
        let shipped = try line(host.command(["doctor"]).output)
        #expect(shipped.contains("1024 processes with 16384 files each, of \(most) (fs.file-max)"))
        #expect(shipped.hasPrefix(16384 * 1024 < most ? "ok  " : "note"))
        var options = Host.Options()
        let limits = "\"RLIMIT_NOFILE\", \"soft\": 4096, \"hard\": 16384"
        options.more = [
            "--policy",
            try host.policy("gateway.json", replacing: limits, with: "\"RLIMIT_NOFILE\", \"soft\": 64, \"hard\": 64"),
        ]
        #expect(try line(host.command(["doctor"], options).output).hasPrefix(64 * 1024 < most ? "ok  " : "note"))
    }

    @Test(
        arguments: lacks + failures.filter { !["execve", "symlinkat"].contains($0.name) }, Starting.available)
    func `the doctor's verdict is what a start does`(lack: Lack, starting: Starting) throws {
        let host = try Host(starting)
        #expect(try host.run(["true"]).code == 0)
        var options = Host.Options()
        options.wrapper = lack.wrapper(host)
        let verdict = try host.command(["doctor", "--json"], options)
        let start = try host.run(["true"], options)
        #expect(start.code == lack.code)
        #expect(verdict.code == start.code)
        let report = try JSON(parsing: verdict.outputBytes)
        #expect(report["code"]?.integer == start.code.map(Int64.init))
        // In the very words of the start, but for what it does to the host before there is a plan.
        guard lack.code == 69 || lack.step != nil else { return }
        #expect(report["verdict"]?.string?.hasSuffix(start.reason) == true)
    }

    @Test(arguments: Starting.available)
    func `the doctor finds a good host good`(starting: Starting) throws {
        let host = try Host(starting)
        #expect(try host.run(["true"]).code == 0)
        let plain = try host.command(["doctor"])
        #expect(plain.code == 0)
        #expect(plain.output.hasSuffix("a start works on this host\n"))
        #expect(!plain.output.contains("FAIL"))
        let report = try JSON(parsing: host.command(["doctor", "--json"]).outputBytes)
        for check in report["checks"]?.array ?? [] where check["required"]?.bool == true {
            #expect(check["held"]?.bool == true, "\(check["name"]?.string ?? "")")
        }
    }

    @Test(arguments: Starting.available)
    func `the doctor names what is missing and what to do`(starting: Starting) throws {
        let host = try Host(starting)
        try host.makeState()
        var options = Host.Options()
        options.wrapper = [host.stage.probe, "--without", "\(SYS_landlock_create_ruleset)=\(ENOSYS)"]
        let end = try host.command(["doctor"], options)
        #expect(end.code == 69)
        let line = try #require(end.output.split(separator: "\n").first { $0.hasPrefix("FAIL") })
        #expect(line.contains("Landlock"))
        #expect(line.contains("lsm="))
    }

    @Test(arguments: Starting.available)
    func `the doctor touches nothing on the host`(starting: Starting) throws {
        let host = try Host(starting)
        #expect(try host.run(["true"]).code == 0)
        let before = Files.listing(host.root, leavingOut: Files.isRecord)
        #expect(try host.command(["doctor"]).code == 0)
        #expect(Files.listing(host.root, leavingOut: Files.isRecord) == before)
    }

    /// What the launcher is told to be refused by, and the words of its remedy.
    static let remedies: [(lacks: String, unit: Bool, code: Int32, words: String)] = [
        (
            "\(SYS_clone)=\(EPERM)", true, 69,
            "let RestrictNamespaces= of the unit name user, mnt, pid, ipc, uts and cgroup"
        ),
        ("\(SYS_clone)=\(EPERM)", false, 69, "let the seccomp filter over the launcher"),
        ("\(SYS_clone)=\(ENOSPC)", false, 69, "raise user.max_user_namespaces with sysctl"),
        ("\(SYS_mount_setattr)=\(EPERM)", true, 69, "let SystemCallFilter= of the unit hold @mount"),
        ("\(SYS_sethostname)=\(EPERM)", true, 69, "remove ProtectHostname= from the unit"),
        (
            "\(SYS_landlock_create_ruleset)=\(EPERM)", true, 69,
            "let SystemCallFilter= of the unit hold landlock_create_ruleset, landlock_add_rule and landlock_restrict_self, or "
        ),
        ("\(SYS_landlock_create_ruleset)=\(EOPNOTSUPP)", false, 69, "add \"landlock\" to the boot parameter lsm="),
        (
            "\(SYS_pidfd_getfd)=\(EPERM)", true, 69,
            "pidfd_getfd, process_vm_readv and kcmp, or give it up by name with "
        ),
        ("\(SYS_socketpair)=\(EAFNOSUPPORT)", true, 69, "let RestrictAddressFamilies= of the unit hold AF_UNIX"),
    ]

    @Test(arguments: remedies, Starting.available)
    func `a refusal names what refuses and what to do`(
        remedy: (lacks: String, unit: Bool, code: Int32, words: String), starting: Starting
    ) throws {
        let host = try Host(starting)
        try host.makeState()
        var options = Host.Options()
        options.wrapper = [host.stage.probe, "--without", remedy.lacks]
        if remedy.unit { options.setup.environment["INVOCATION_ID"] = "0" }
        let end = try host.run(["true"], options)
        #expect(end.code == remedy.code)
        #expect(end.sentences.last?.contains(remedy.words) == true, "\(end.sentences.last ?? "")")
    }

    @Test(arguments: Starting.available)
    func `the one listener that is taken is refused by name, and given up by name`(starting: Starting) throws {
        let host = try Host(starting)
        try host.makeState()
        var options = Host.Options()
        options.wrapper = [host.stage.probe, "--with-listener"]
        let end = try host.run(["true"], options)
        #expect(end.code == 69)
        #expect(end.sentences.last?.contains("cannot hold the guarantee \"broker\"") == true)
        #expect(end.sentences.last?.contains("EBUSY") == true)
        options.more = ["--allow-degraded=broker"]
        let given = try host.run(
            [host.stage.probe, "F03", "F06", "F13", "S01", "S04", "S10", "N02", "N19", "P01"], options)
        #expect(given.code == 0)
        try expectRestHolds(given)
    }

    /// As root with nothing but these capabilities, in front of the home directory of a user who keeps it shut.
    @Test(
        .enabled(if: geteuid() == 0),
        arguments: [(capabilities: ",+setuid,+setgid", code: 0), (capabilities: "", code: 69)])
    func `of root's rights a start needs to become a user, and no other`(
        bound: (capabilities: String, code: Int32)
    ) throws {
        let host = try Host(.root)
        try Files.makeDirectory("\(host.home)/shut", mode: 0o700, owner: Host.payloadUser)
        for name in ["shut/state", "shut/workspace"] {
            try Files.makeDirectory("\(host.home)/\(name)", mode: 0o700, owner: Host.payloadUser)
        }
        var options = Host.Options()
        options.wrapper = ["setpriv", "--bounding-set=-all\(bound.capabilities)"]
        options.more = ["--state-dir", "\(host.home)/shut/state", "--workspace", "\(host.home)/shut/workspace"]
        let end = try host.run(["sh", "-c", "touch $MAZELCLAW_STATE_DIR/ran $MAZELCLAW_WORKSPACE/ran"], options)
        #expect(end.code == bound.code, "\(end.errors)")
        for name in ["state", "workspace"] {
            #expect(Files.exists("\(host.home)/shut/\(name)/ran") == (bound.code == 0))
        }
        guard bound.code != 0 else { return }
        #expect(end.sentences.last?.contains("cannot become user \(Host.payloadUser): EPERM") == true, "\(end.errors)")
    }

    /// A filter that kills, as a unit's SystemCallFilter= does without SystemCallErrorNumber=.
    @Test(arguments: [SYS_mount_setattr, SYS_landlock_restrict_self], Starting.available)
    func `a filter that kills what builds the sandbox is named`(call: Int32, starting: Starting) throws {
        let host = try Host(starting)
        try host.makeState()
        var options = Host.Options()
        options.wrapper = [host.stage.probe, "--without", "\(call)=kill"]
        let status = host.status(&options)
        let end = try host.run(["sh", "-c", "touch $MAZELCLAW_STATE_DIR/ran"], options)
        #expect(end.code == 69)
        #expect(end.sentences.last?.contains("a system call filter over the launcher killed") == true)
        #expect(try Host.events(status).last?["code"]?.integer == 69)
        #expect(!Files.exists(host.stateDirectory() + "/ran"))
        options.more.removeLast(2)
        #expect(try host.command(["doctor"], options).code == 69)
    }

    /// As with PrivateUsers= in a unit of the user's own manager: only the user's ID is there, and what is root's is
    /// nobody's.
    @Test(.enabled(if: geteuid() == 0, "only root can own the profile"))
    func `in a user namespace without root what is root's is trusted still`() throws {
        let host = try Host(.unprivileged)
        try host.makeState()
        let file = "\(host.configuration)/profiles/p.json"
        try Files.makeDirectory(host.configuration, mode: 0o755)
        try Files.makeDirectory("\(host.configuration)/profiles", mode: 0o755)
        try Files.write("{\"basePort\": \(host.basePort)}", to: file, mode: 0o644)
        var options = Host.Options()
        options.wrapper = ["unshare", "--user", "--map-current-user"]
        #expect(try host.run(["true"], options).code == 0)
        #expect(try host.command(["doctor"], options).code == 0)
        // Writable by others it is nobody's to trust.
        try Files.set(file, mode: 0o666)
        #expect(try host.run(["true"], options).code == 78)
    }

    @Test(arguments: Starting.available)
    func `the doctor sees that a start cannot write down that it runs`(starting: Starting) throws {
        let host = try Host(starting)
        #expect(try host.run(["true"]).code == 0)
        var options = Host.Options()
        let script = "mount --bind \(host.root)/state \(host.root)/state && mount -o remount,bind,ro \(host.root)/state"
        options.rootWrapper = ["unshare", "-m", "sh", "-c", "\(script) && exec \"$@\"", "-"]
        let end = try host.run(["true"], options)
        #expect(end.code == 125)
        #expect(end.sentences.last?.contains("StateDirectory=mazelclaw-run") == true)
        let verdict = try host.command(["doctor"], options)
        #expect(verdict.code == 125)
        #expect(verdict.output.hasSuffix("\(end.reason)\n"))
    }

    /// Root of a user namespace that has an ID for root alone.
    @Test(.enabled(if: geteuid() == 0, "only root can be another user")) func `a user without an ID is named`() throws {
        let host = try Host(.root)
        try host.makeState()
        var options = Host.Options()
        options.rootWrapper = ["unshare", "--user", "--map-root-user"]
        let end = try host.run(["true"], options)
        #expect(end.code == 69)
        #expect(end.sentences.last?.contains("in its user namespace it is nobody's ID") == true)
        let verdict = try host.command(["doctor"], options)
        #expect(verdict.code == 69)
        #expect(verdict.output.hasSuffix("\(end.reason)\n"))
    }

    // MARK: Giving up by name

    @Test(arguments: Starting.available)
    func `without Landlock, given up by name, the rest holds`(starting: Starting) throws {
        let host = try Host(starting)
        var options = Host.Options()
        options.wrapper = [host.stage.probe, "--without", "\(SYS_landlock_create_ruleset)=\(ENOSYS)"]
        options.more = ["--allow-degraded=landlock"]
        let end = try host.run([host.stage.probe, "F03", "F06", "F13", "S01", "S04", "S10", "N19", "P01"], options)
        #expect(end.code == 0)
        try expectRestHolds(end)
        #expect(end.errors.contains("degraded, as asked: landlock"))
        #expect(try host.command(["explain"], options).output.contains("\ndegraded, as asked: landlock\n"))
        #expect(try host.command(["doctor"], options).code == 0)
        let shown = try host.run(["sh", "-c", "echo $MAZELCLAW_DEGRADED"], options)
        #expect(shown.output == "landlock\n")
    }

    @Test(arguments: Starting.available)
    func `another name than the missing one does not start`(starting: Starting) throws {
        let host = try Host(starting)
        var options = Host.Options()
        options.wrapper = [host.stage.probe, "--without", "\(SYS_landlock_create_ruleset)=\(ENOSYS)"]
        options.more = ["--allow-degraded=landlock-net,landlock-scope,proc"]
        let end = try host.run(["true"], options)
        #expect(end.code == 69)
        #expect(end.sentences.last?.contains("landlock") == true)
    }

    @Test(arguments: Starting.available)
    func `without openat2 links are still refused`(starting: Starting) throws {
        let host = try Host(starting)
        var options = Host.Options()
        options.wrapper = [host.stage.probe, "--without", "\(SYS_openat2)=\(ENOSYS)"]
        #expect(try host.run(["true"], options).code == 0)
        try Files.makeLink("\(host.home)/link", to: "/etc", owner: Host.payloadUser)
        options.more = ["--bind-ro", "\(host.home)/link:/data"]
        #expect(try host.run(["true"], options).code == 125)
    }

    @Test(arguments: Starting.available)
    func `with no user namespaces left a start is unavailable, and says what to do`(starting: Starting) throws {
        let host = try Host(starting)
        try host.makeState()
        var options = Host.Options()
        options.wrapper = [host.stage.probe, "--without", "\(SYS_clone)=\(ENOSPC)"]
        let end = try host.run(["true"], options)
        #expect(end.code == 69)
        #expect(end.sentences.last?.contains("raise user.max_user_namespaces with sysctl") == true)
        #expect(try host.command(["doctor"], options).output.contains("user.max_user_namespaces"))
    }

    /// A host whose /proc is covered in places, as in a container.
    private func coverProc(_ options: inout Host.Options) {
        let script = "mount -t tmpfs none /proc/scsi 2>/dev/null || mount --bind /dev/null /proc/uptime; exec \"$@\""
        options.rootWrapper = ["unshare", "-m", "sh", "-c", script, "-"]
    }

    @Test(.enabled(if: geteuid() == 0, "only root can cover /proc"), arguments: Starting.available)
    func `with a covered proc a start is unavailable, and says what to do`(starting: Starting) throws {
        let host = try Host(starting)
        try host.makeState()
        var options = Host.Options()
        coverProc(&options)
        let end = try host.run(["true"], options)
        #expect(end.code == 69)
        #expect(end.sentences.last?.contains("/proc") == true)
        let verdict = try host.command(["doctor"], options)
        #expect(verdict.code == 69)
        #expect(verdict.output.contains("--allow-degraded=proc"))
    }

    @Test(.enabled(if: geteuid() == 0, "only root can mount a /proc"), arguments: Starting.available)
    func `where the launcher sees only processes in proc the rest of it is covered all the same`(
        starting: Starting
    ) throws {
        let host = try Host(starting)
        var options = Host.Options()
        let script = "mount -t proc -o subset=pid proc /proc && exec \"$@\""
        options.rootWrapper = ["unshare", "-m", "sh", "-c", script, "-"]
        let end = try host.run([host.stage.probe, "F03", "F06", "F11", "F12", "F13", "S01", "N02"], options)
        #expect(end.code == 0)
        try expectRestHolds(end)
        #expect(try host.command(["doctor"], options).code == 0)
    }

    @Test(.enabled(if: geteuid() == 0, "only root can cover /proc"), arguments: Starting.available)
    func `without proc, given up by name, the rest holds`(starting: Starting) throws {
        let host = try Host(starting)
        try host.makeState()
        var options = Host.Options()
        coverProc(&options)
        options.more = ["--allow-degraded=proc"]
        // A payload in Python: Swift's runtime does not start without /proc.
        let script = """
            import ctypes, errno, os, socket
            def show(act):
                try: print(act() or "OK")
                except OSError as error: print(errno.errorcode[error.errno])
            libc = ctypes.CDLL(None, use_errno=True)
            def call(*arguments):
                if libc.syscall(*arguments) == -1: raise OSError(ctypes.get_errno(), "")
            def bind(port): socket.socket().bind(("127.0.0.1", port))
            show(lambda: open("/usr/x", "w"))
            show(lambda: open("\(host.stateDirectory())/x", "w").close())
            show(lambda: bind(\(host.basePort + 1)))
            show(lambda: bind(\(host.basePort)))
            show(lambda: call(\(SYS_unshare), 0x10000000))
            show(lambda: call(\(SYS_mount), b"none", b"/tmp", b"tmpfs", 0, 0))
            show(lambda: os.kill(1, 9))
            show(lambda: socket.socket(type=socket.SOCK_RAW))
            show(lambda: str(os.listdir("/proc")) if os.path.exists("/proc") else "no proc")
            """
        let end = try host.run(["/usr/bin/python3", "-c", script], options)
        let lines = end.output.split(separator: "\n")
        #expect(lines.prefix(8) == ["EROFS", "OK", "EACCES", "OK", "EPERM", "EPERM", "EPERM", "EPERM"])
        #expect(lines.last == "[]" || lines.last == "no proc")
        #expect(try host.command(["doctor"], options).code == 0)
    }

    // MARK: Containers

    /// What container engines forbid without CAP_SYS_ADMIN: mounts, keys, and namespaces by clone's flags; clone3, whose
    /// flags no filter can see, is answered as if there were none.
    private static let engineFilter =
        ([
            SYS_mount, SYS_umount2, SYS_pivot_root, SYS_unshare, SYS_setns, SYS_fsopen, SYS_fsmount, SYS_fsconfig,
            SYS_open_tree, SYS_move_mount, SYS_mount_setattr, SYS_bpf, SYS_keyctl, SYS_add_key, SYS_request_key,
        ].map { "\($0)=\(EPERM)" } + ["\(SYS_clone)&0x7e020000=\(EPERM)", "\(SYS_clone3)=\(ENOSYS)"])
        .joined(separator: ",")

    @Test(arguments: Starting.available)
    func `in a container that forbids namespaces a start is unavailable, and says what to do`(
        starting: Starting
    ) throws {
        let host = try Host(starting)
        try host.makeState()
        var options = Host.Options()
        options.wrapper = [host.stage.probe, "--without", Self.engineFilter]
        let end = try host.run(["echo", "ran"], options)
        #expect(end.code == 69)
        #expect(end.output.isEmpty)
        #expect(
            end.sentences.suffix(1) == [
                "mazelclaw-run: step \"clone\" failed: EPERM (Operation not permitted); let the seccomp filter over the "
                    + "launcher (a container engine's?) permit clone and unshare"
            ])
        let doctor = try host.command(["doctor"], options)
        #expect(doctor.code == 69)
        let line = doctor.output.split(separator: "\n").first { $0.hasPrefix("FAIL") && $0.contains("user namespace") }
        #expect(line?.contains("let the seccomp filter over the launcher") == true, "\(doctor.output)")
        // No guarantee that can be given up makes up for it.
        options.more = ["--allow-degraded=landlock,landlock-net,landlock-scope,broker,proc"]
        #expect(try host.run(["echo", "ran"], options).code == 69)
    }

    @Test(arguments: Starting.available)
    func `below another supervisor a start is unavailable, unless the broker is given up by name`(
        starting: Starting
    ) throws {
        let host = try Host(starting)
        try host.makeState()
        var options = Host.Options()
        options.wrapper = [host.stage.probe, "--with-listener"]
        let end = try host.run(["echo", "ran"], options)
        #expect(end.code == 69)
        #expect(end.output.isEmpty)
        #expect(end.sentences.last?.contains("EBUSY") == true)
        #expect(end.sentences.last?.contains("--allow-degraded=broker") == true, "\(end.errors)")
        let doctor = try host.command(["doctor"], options)
        #expect(doctor.output.contains("has the one listener"), "\(doctor.output)")
        #expect(doctor.output.contains("--allow-degraded=broker"))
        options.more = ["--allow-degraded=broker"]
        let degraded = try host.run(["sh", "-c", "echo $MAZELCLAW_DEGRADED"], options)
        #expect(degraded.output == "broker\n", "\(degraded.errors)")
        #expect(degraded.sentences.contains { $0.contains("degraded, as asked: broker") })
    }

    @Test(.enabled(if: geteuid() == 0, "only root can take user namespaces away"), arguments: Starting.available)
    func `where no user namespace may be made a start is unavailable, and says which setting`(starting: Starting) throws
    {
        let host = try Host(starting)
        try host.makeState()
        var options = Host.Options()
        // A limit of its own, in a user namespace around it all: the host's stays as it is (namespaces(7)).
        let around = """
            import ctypes, os, sys
            ready, go = os.pipe(), os.pipe()
            child = os.fork()
            if child == 0:
                if ctypes.CDLL(None).unshare(0x10000000) != 0: sys.exit("no namespace")
                os.write(ready[1], b"x")
                os.read(go[0], 1)
                os.setresgid(0, 0, 0); os.setresuid(0, 0, 0)
                open("/proc/sys/user/max_user_namespaces", "w").write("0")
                os.execvp(sys.argv[1], sys.argv[1:])
            os.read(ready[0], 1)
            for kind in ("uid_map", "gid_map"):
                open(f"/proc/{child}/{kind}", "w").write("0 0 1\\n\(Host.payloadUser) \(Host.payloadUser) 1\\n")
            os.write(go[1], b"x")
            sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
            """
        options.rootWrapper = ["/usr/bin/python3", "-c", around]
        let end = try host.run(["echo", "ran"], options)
        #expect(end.code == 69, "\(end.errors)")
        #expect(end.output.isEmpty)
        #expect(end.sentences.last?.contains("ENOSPC") == true)
        let doctor = try host.command(["doctor"], options)
        #expect(doctor.code == 69)
        #expect(doctor.output.contains("raise user.max_user_namespaces with sysctl"), "\(doctor.output)")
    }

    /// Holds the outcomes of a run against the table.
    private func expectRestHolds(_ end: Running.Ended) throws {
        let outcomes = try ProbeRun.outcomes(end)
        #expect(outcomes.count > 40)
        for row in AttemptRow.table {
            guard let outcome = outcomes[row.key] else { continue }
            #expect(row.expected.contains(outcome), "\(row.key.id) \(row.key.act)")
        }
    }
}

extension Running.Ended {
    /// The launcher's last sentence without its name.
    fileprivate var reason: String {
        String(sentences.last?.dropFirst("mazelclaw-run: ".count) ?? "no sentence")
    }
}
