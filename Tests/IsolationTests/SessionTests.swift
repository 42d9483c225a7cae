import Foundation
import Glibc
import Testing

/// D and T: what a payload inherits.
@Suite(.recorded) struct SessionTests {
    @Test(arguments: Starting.available)
    func `no descriptor of the launcher's caller is open inside`(starting: Starting) throws {
        let host = try Host(starting)
        try Files.write("secret", to: "\(host.root)/secret")
        var options = Host.Options()
        for number in 3...200 as ClosedRange<Int32> { options.setup.descriptors[number] = "\(host.root)/secret" }
        // dash opens none of its own; the last line is the directory that the glob reads.
        let end = try host.run(
            ["sh", "-c", "cat /proc/self/fd/[3-9]* ; for fd in /proc/$$/fd/*; do echo ${fd##*/}; done"], options)
        #expect(!end.output.contains("secret"))
        // The socket for siblings is the one that is added to them.
        let open = Set(end.output.split(separator: "\n"))
        #expect(open.isSuperset(of: ["0", "1", "2", "64"]))
        #expect(open.count <= 5)
    }

    @Test(arguments: Starting.available)
    func `a status descriptor is not open inside`(starting: Starting) throws {
        let host = try Host(starting)
        var options = Host.Options()
        _ = host.status(&options)
        let end = try host.run([host.stage.probe, "D01"], options)
        #expect(end.output.contains("\"value\":\"0 1 2 64\""))
    }

    @Test(arguments: Starting.available)
    func `no io_uring of the caller's is open inside`(starting: Starting) throws {
        let host = try Host(starting)
        var options = Host.Options()
        // Number 425 is io_uring_setup; its descriptor is made to survive exec.
        let script = """
            import ctypes, os, sys
            ring = ctypes.CDLL(None, use_errno=True).syscall(425, 4, (ctypes.c_char * 120)())
            if ring >= 0: [os.dup2(ring, number) for number in range(10, 20)]
            os.execvp(sys.argv[1], sys.argv[1:])
            """
        options.wrapper = ["/usr/bin/python3", "-c", script]
        let end = try host.run(["sh", "-c", "readlink /proc/self/fd/*; echo listed"], options)
        #expect(!end.output.contains("io_uring"))
        #expect(end.output.hasSuffix("listed\n"))
    }

    @Test(arguments: Starting.available, ["0<", "1<", "2<"])
    func `a directory in the place of a standard stream is refused`(starting: Starting, redirection: String) throws {
        let host = try Host(starting)
        var options = Host.Options()
        options.wrapper = ["sh", "-c", "exec \"$@\" \(redirection)\(host.home)", "-"]
        let end = try host.run(["touch", "\(host.stateDirectory())/ran"], options)
        #expect(end.code == 2)
        #expect(!Files.exists(host.stateDirectory()))
        guard redirection != "2<" else { return }
        #expect(end.sentences.first?.contains("redirect it to a file, a pipe or /dev/null") == true)
    }

    @Test(arguments: Starting.available)
    func `an io_uring in the place of a standard stream is refused`(starting: Starting) throws {
        let host = try Host(starting)
        var options = Host.Options()
        let script = """
            import ctypes, os, sys
            ring = ctypes.CDLL(None, use_errno=True).syscall(425, 4, (ctypes.c_char * 120)())
            os.dup2(ring if ring >= 0 else os.open("/", os.O_RDONLY), 0)
            os.execvp(sys.argv[1], sys.argv[1:])
            """
        options.wrapper = ["/usr/bin/python3", "-c", script]
        let end = try host.run(["true"], options)
        #expect(end.code == 2)
        #expect(end.sentences.first?.contains("standard input") == true)
    }

    @Test(arguments: Starting.available, ["< /dev/null", "< /etc/passwd", "< /dev/full > /dev/zero", "2>&1 | cat"])
    func `files, devices and pipes are streams`(starting: Starting, redirection: String) throws {
        let host = try Host(starting)
        var options = Host.Options()
        options.wrapper = ["sh", "-c", "\"$@\" \(redirection)", "-"]
        #expect(try host.run(["sh", "-c", "head -c 1 > /dev/null"], options).code == 0)
    }

    @Test(arguments: Starting.available, [[0], [1], [2], [0, 1, 2], [0, 2]] as [Set<Int32>])
    func `standard descriptors that are closed become those of null`(starting: Starting, closed: Set<Int32>) throws {
        let host = try Host(starting)
        try host.makeState()
        var options = Host.Options()
        options.setup.closed = closed
        let script = "for n in 0 1 2; do readlink /proc/$$/fd/$n; done > $MAZELCLAW_STATE_DIR/answer"
        #expect(try host.run(["sh", "-c", script], options).code == 0)
        let answer = (Files.read(host.stateDirectory() + "/answer") ?? "").split(separator: "\n")
        // The redirection is the shell's own, so 1 is the answer's file.
        try #require(answer.count == 3)
        for number in [0, 2] where closed.contains(Int32(number)) { #expect(answer[number] == "/dev/null") }
    }

    @Test(arguments: Starting.available)
    func `only listed variables pass, and the launcher's own are the profile's`(starting: Starting) throws {
        let host = try Host(starting)
        var options = Host.Options(profile: "second", port: host.basePort)
        let canary = "canary-\(UUID().uuidString)"
        let forbidden = [
            "LD_LIBRARY_PATH", "GCONV_PATH", "NODE_OPTIONS", "PYTHONPATH", "PYTHONSTARTUP", "BASH_ENV",
            "ENV", "SSH_AUTH_SOCK", "DBUS_SESSION_BUS_ADDRESS", "XDG_RUNTIME_DIR", "TMPDIR", "OPENAI_TOKEN",
            "ANTHROPIC_API_KEY", "IFS", "PERL5LIB", "OPENCLAW_STATE_DIR", "DISPLAY",
        ]
        for name in forbidden { options.setup.environment[name] = canary }
        let own = ["STATE_DIR", "CONFIG_PATH", "GATEWAY_PORT", "GATEWAY_URL", "GATEWAY_TOKEN", "PROFILE", "WORKSPACE"]
        for name in own { options.setup.environment["MAZELCLAW_" + name] = canary }
        options.setup.environment["LC_TIME"] = "de_DE.UTF-8"
        let end = try host.run(["env"], options)
        #expect(!end.output.contains(canary))
        for line in [
            "MAZELCLAW_PROFILE=second", "MAZELCLAW_GATEWAY_PORT=\(host.basePort)", "MAZELCLAW_SANDBOX=1",
            "MAZELCLAW_STATE_DIR=\(host.stateDirectory("second"))", "LC_TIME=de_DE.UTF-8",
            "MAZELCLAW_CONFIG_PATH=\(host.stateDirectory("second"))/mazelclaw.json",
        ] {
            #expect(end.output.split(separator: "\n").contains(Substring(line)), "\(line)")
        }
        let names = Set(
            end.output.split(separator: "\n").compactMap { $0.split(separator: "=").first.map(String.init) })
        #expect(names.isDisjoint(with: forbidden))
        let sentence = try #require(end.sentences.first { $0.contains("ignoring inherited ") })
        for name in own { #expect(sentence.contains("MAZELCLAW_" + name)) }
        #expect(!end.errors.contains(canary))
    }

    @Test(arguments: Starting.available)
    func `the caller's wishes to the dynamic linker reach neither launcher nor payload`(starting: Starting) throws {
        let host = try Host(starting)
        var options = Host.Options()
        options.wrapper = ["env", "LD_PRELOAD=/nowhere/canary.so", "LD_AUDIT=/nowhere/canary.so"]
        let end = try host.run(["env"], options)
        #expect(end.code == 0)
        #expect(!end.output.contains("LD_"))
        #expect(!end.errors.contains("canary"))
    }

    @Test(arguments: Starting.available)
    func `variables given by name are set, but none of the launcher's`(starting: Starting) throws {
        let host = try Host(starting)
        var options = Host.Options()
        options.more = ["--env", "WORD=a=b", "--env", "EMPTY="]
        let end = try host.run(["sh", "-c", "echo \"$WORD ${EMPTY-unset}\""], options)
        #expect(end.output == "a=b \n")
        options.more = ["--env", "MAZELCLAW_PROFILE=other"]
        #expect(try host.run(["true"], options).code == 2)
    }

    @Test(arguments: Starting.available)
    func `mask, signals and working directory of the caller are left outside`(starting: Starting) throws {
        let host = try Host(starting)
        var options = Host.Options()
        let ignoring = "trap '' CHLD PIPE HUP TERM INT USR1; umask 0; exec \"$@\""
        options.wrapper = ["env", "-C", "/usr/lib", "sh", "-c", ignoring, "-"]
        let script = """
            umask; pwd; echo $PWD; grep SigBlk /proc/self/status; (exit 3) & wait $!; echo $?; yes | head -1
            while read name value; do [ $name = SigIgn: ] && echo $((0x$value & 0x7fffffff)); done < /proc/self/status
            """
        let end = try host.run(["sh", "-c", script], options)
        let home = host.home
        #expect(
            end.output == """
                0077
                \(home)
                \(home)
                SigBlk:\t0000000000000000
                3
                y
                0

                """)
    }

    @Test(arguments: Starting.available)
    func `arguments pass unchanged, whatever bytes they hold`(starting: Starting) throws {
        let host = try Host(starting)
        let arguments: [[UInt8]] = [
            // The longest that the kernel takes: 128 KiB with the NUL (execve(2)).
            [], Array(repeating: UInt8(ascii: "x"), count: (128 << 10) - 1), [0xFF, 0xFE, 0x80, 0x0A, 0x1B],
            Array("--profile".utf8), Array("--".utf8), Array("ünïcode 😀".utf8), [],
        ]
        let command = ["sh", "-c", "cat /proc/$$/cmdline", "name"].map { Array($0.utf8) }
        let end = try host.start(command + arguments).wait()
        let expected: [UInt8] = (command + arguments).reduce(into: []) { $0 += $1 + [0] }
        #expect(end.outputBytes == expected)
    }

    @Test(arguments: Starting.available)
    func `standard input and output pass through`(starting: Starting) throws {
        let host = try Host(starting)
        try Files.write("line\n", to: "\(host.root)/input")
        var options = Host.Options()
        options.setup.descriptors[0] = "\(host.root)/input"
        let end = try host.run(["sh", "-c", "cat; echo error >&2"], options)
        #expect(end.output == "line\n")
        #expect(end.errors.split(separator: "\n").contains("error"))
    }

    @Test(arguments: Starting.available)
    func `processors, priority and badness of the caller are the payload's, its timers are not`(
        starting: Starting
    ) throws {
        let host = try Host(starting)
        var options = Host.Options()
        // A timer that outlasts the test: what counts is whether it is there (ITIMER_REAL, execve(2)).
        let script = """
            import os, signal, sys
            os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
            os.nice(7)
            open("/proc/self/oom_score_adj", "w").write("321")
            signal.setitimer(signal.ITIMER_REAL, 1000)
            os.execvp(sys.argv[1], sys.argv[1:])
            """
        options.wrapper = ["/usr/bin/python3", "-c", script]
        let inside = """
            import os, signal
            print(len(os.sched_getaffinity(0)), os.getpriority(os.PRIO_PROCESS, 0), signal.getitimer(signal.ITIMER_REAL))
            print(open("/proc/self/oom_score_adj").read(), end="")
            """
        let end = try host.run(["/usr/bin/python3", "-c", inside], options)
        #expect(end.output == "1 7 (0.0, 0.0)\n321\n", "\(end.errors)")
    }

    @Test(arguments: Starting.available)
    func `the caller's alarm reaches the payload like any signal`(starting: Starting) throws {
        let host = try Host(starting)
        var options = Host.Options()
        let script = "import os, signal, sys; signal.alarm(1); os.execvp(sys.argv[1], sys.argv[1:])"
        options.wrapper = ["/usr/bin/python3", "-c", script]
        #expect(try host.run(["sleep", "100"], options).code == 128 + SIGALRM)
    }

    @Test(arguments: Starting.available)
    func `the auxiliary vector names the program as it is called inside`(starting: Starting) throws {
        let host = try Host(starting)
        var options = Host.Options()
        options.more = ["--env", "LD_SHOW_AUXV=1"]
        let end = try host.run(["true"], options)
        let lines = end.output.split(separator: "\n").map { $0.split(separator: " ").map(String.init) }
        #expect(lines.contains(["AT_EXECFN:", "/usr/bin/true"]))
        #expect(lines.contains(["AT_SECURE:", "0"]))
    }

    @Test(arguments: Starting.available)
    func `Ctrl-C in the caller's terminal is one signal to the payload`(starting: Starting) throws {
        let host = try Host(starting)
        var options = Host.Options()
        options.wrapper = TypistScript.wrapper(#"t = Terminal(); t.expect(b"ready"); t.type(b"\x03")"#)
        let counting = """
            import signal, sys, time
            seen = []
            signal.signal(signal.SIGINT, lambda *_: seen.append(1))
            print("ready", flush=True)
            while not seen: time.sleep(0.01)
            time.sleep(0.3)
            print("seen", len(seen), flush=True)
            sys.exit(7)
            """
        let counted = try host.run(["/usr/bin/python3", "-c", counting], options)
        #expect(counted.output.contains("seen 1\r\n"), "\(counted.output)")
        #expect(counted.code == 7)
        // And who does not handle it ends by it, which the launcher's exit code says.
        let ended = try host.run(["sh", "-c", "echo ready; exec sleep 100"], options)
        #expect(ended.code == 128 + SIGINT)
    }

    @Test(arguments: Starting.available)
    func `a start in the background, without a terminal, works`(starting: Starting) throws {
        let host = try Host(starting)
        var options = Host.Options()
        options.wrapper = ["setsid", "--fork", "nohup"]
        try host.makeState()
        let script = "exec > $MAZELCLAW_STATE_DIR/answer; tty; readlink /proc/self/fd/0; cat; echo done"
        #expect(try host.run(["sh", "-c", script], options).code == 0)
        let answer = { Files.read(host.stateDirectory() + "/answer") ?? "" }
        #expect(eventually(seconds: 30) { answer().hasSuffix("done\n") })
        #expect(answer() == "not a tty\n/dev/null\ndone\n")
    }

    @Test(arguments: Starting.available)
    func `a caller's terminal cannot be reached or typed into`(starting: Starting) throws {
        let host = try Host(starting)
        var options = Host.Options()
        options.wrapper = TypistScript.wrapper("t = Terminal()")
        let end = try host.run([host.stage.probe, "T01", "S05"], options)
        #expect(end.code == 0)
        #expect(end.output.contains("\"open the controlling terminal\",\"errno\":\"ENXIO\""))
        #expect(end.output.contains("\"TIOCSTI on standard input\",\"errno\":\"EPERM\""))
        #expect(end.output.contains("\"TIOCSTI on standard error\",\"errno\":\"EPERM\""))
        let python = """
            import errno, fcntl, termios
            for n in range(3):
                try: fcntl.ioctl(n, termios.TIOCSCTTY, 0)
                except OSError as e: print(errno.errorcode[e.errno])
            """
        let taken = try host.run(["/usr/bin/python3", "-c", python], options)
        #expect(taken.code == 0)
        #expect(taken.output.hasSuffix("ENOTTY\r\nENOTTY\r\nENOTTY\r\n"))
    }
}
