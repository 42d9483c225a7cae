import CProbe
import Foundation
import Glibc
import JSON
import Testing

/// L: starting, ending, locking.
@Suite(.recorded) struct LifecycleTests {
    // MARK: Exit codes

    @Test(arguments: Starting.available)
    func `the payload's exit code is the launcher's`(starting: Starting) throws {
        let host = try Host(starting)
        for code in 0...255 as ClosedRange<Int32> {
            #expect(try host.run(["sh", "-c", "exit \(code)"]).code == code)
        }
    }

    @Test(arguments: Starting.available)
    func `a payload that a signal ends gives 128 and its number`(starting: Starting) throws {
        let host = try Host(starting)
        for signal in [SIGHUP, SIGINT, SIGQUIT, SIGILL, SIGABRT, SIGKILL, SIGSEGV, SIGTERM, SIGUSR1, 34] {
            #expect(try host.run(["sh", "-c", "kill -\(signal) $$"]).code == 128 + signal)
        }
    }

    @Test(arguments: Starting.available)
    func `a call of a foreign architecture gives 159`(starting: Starting) throws {
        let host = try Host(starting)
        let python = "import ctypes; ctypes.CDLL(None).syscall(0x40000000 | 39)"
        #expect(try host.run(["/usr/bin/python3", "-c", python]).code == 128 + SIGSYS)
    }

    @Test(arguments: Starting.available, ["/nowhere", "nowhere", "/usr/nowhere/x", "/root/x", "/usr/bin/env/x"])
    func `a program that is not there gives 127 and is named`(starting: Starting, program: String) throws {
        let host = try Host(starting)
        let end = try host.run([program])
        #expect(end.code == 127)
        #expect(end.sentences.last?.contains(program) == true)
    }

    @Test(arguments: Starting.available)
    func `a program that cannot be executed gives 126 and is named`(starting: Starting) throws {
        let host = try Host(starting)
        try host.makeState()
        let state = host.stateDirectory()
        try Files.write("text", to: "\(state)/text", mode: 0o700, owner: Host.payloadUser)
        try Files.write("#!/bin/sh\n", to: "\(state)/plain", mode: 0o600, owner: Host.payloadUser)
        // The header of an executable for AArch64.
        let header = [0x7F, 0x45, 0x4C, 0x46, 2, 1, 1] + Array(repeating: 0, count: 9) + [2, 0, 0xB7, 0, 1, 0, 0, 0]
        let foreign = Data((header + Array(repeating: 0, count: 100)).map { UInt8($0) })
        try foreign.write(to: URL(filePath: "\(state)/foreign"))
        try Files.set("\(state)/foreign", mode: 0o700, owner: Host.payloadUser)
        for program in ["\(state)/text", "\(state)/plain", "\(state)/foreign", "/usr", state] {
            let end = try host.run([program])
            #expect(end.code == 126, "\(program)")
            #expect(end.sentences.last?.contains(program) == true)
        }
    }

    @Test(arguments: Starting.available)
    func `a script whose interpreter is missing gives 127`(starting: Starting) throws {
        let host = try Host(starting)
        try host.makeState()
        let script = host.stateDirectory() + "/script"
        try Files.write("#!/nowhere/interpreter\n", to: script, mode: 0o700, owner: Host.payloadUser)
        #expect(try host.run([script]).code == 127)
    }

    // MARK: Signals

    @Test(arguments: Starting.available, [SIGTERM, SIGHUP, SIGUSR1, SIGUSR2, SIGWINCH, SIGQUIT, SIGINT])
    func `a signal to the launcher reaches the payload once`(starting: Starting, signal: Int32) throws {
        let host = try Host(starting)
        let script = """
            import signal, sys, time
            seen = []
            signal.signal(\(signal), lambda number, frame: seen.append(number))
            signal.signal(signal.SIGALRM, lambda number, frame: sys.exit(len(seen) + 40))
            print("ready", flush=True)
            # Not pause: the signal may come before it is called.
            while not seen: time.sleep(0.01)
            signal.setitimer(signal.ITIMER_REAL, 0.2)
            while True: signal.pause()
            """
        let running = try host.start(["/usr/bin/python3", "-c", script])
        try running.waitForOutput("ready")
        running.send(signal)
        #expect(try running.wait().code == 41)
    }

    @Test(arguments: Starting.available, [SIGTERM, SIGINT, SIGHUP])
    func `a payload that does not handle a signal ends by it`(starting: Starting, signal: Int32) throws {
        let host = try Host(starting)
        let running = try host.start([
            "/usr/bin/python3", "-c",
            "import signal; signal.signal(2, signal.SIG_DFL); print('ready', flush=True); signal.pause()",
        ])
        try running.waitForOutput("ready")
        running.send(signal)
        #expect(try running.wait().code == 128 + signal)
    }

    @Test(arguments: Starting.available)
    func `a payload that ignores SIGTERM is ended when its time is up`(starting: Starting) throws {
        let host = try Host(starting)
        let running = try host.start(["sh", "-c", "trap '' TERM; echo ready; while :; do sleep 1000 & wait; done"])
        try running.waitForOutput("ready")
        let inside = Processes.descendants(of: running.processID)
        let clock = ContinuousClock()
        let begin = clock.now
        running.send(SIGTERM)
        let end = try running.wait()
        #expect(end.code == 128 + SIGKILL)
        #expect(end.sentences.last?.contains("did not end within 10 s") == true)
        #expect((9...30).contains((clock.now - begin).components.seconds))
        #expect(!inside.contains(where: Processes.isAlive))
    }

    @Test(arguments: Starting.available)
    func `SIGKILL of the launcher ends everything and frees the lock`(starting: Starting) throws {
        let host = try Host(starting)
        let script = "sleep 1000 & (setsid sleep 1000 &) ; trap '' TERM HUP; echo ready; wait"
        let running = try host.start(["sh", "-c", script])
        try running.waitForOutput("ready")
        let inside = Processes.descendants(of: running.processID)
        #expect(inside.count >= 4)
        running.send(SIGKILL)
        #expect(eventually(seconds: 60) { !inside.contains(where: Processes.isAlive) })
        try running.wait()
        let again = try host.run(["sh", "-c", "echo $$"])
        #expect(again.code == 0)
        #expect(again.output == "2\n")
    }

    @Test(arguments: Starting.available)
    func `SIGKILL of init gives 125 with the reason`(starting: Starting) throws {
        let host = try Host(starting)
        var options = Host.Options()
        let status = host.status(&options)
        let running = try host.start(["sh", "-c", "echo ready; exec sleep 1000"], options)
        try running.waitForOutput("ready")
        let inside = Processes.descendants(of: running.processID)
        kill(try #require(inside.first), SIGKILL)
        let end = try running.wait()
        #expect(end.code == 125)
        #expect(end.sentences.last?.contains("init was killed") == true)
        #expect(end.sentences.last?.contains("signal 9") == true)
        #expect(try Host.events(status).last?["class"]?.string == "init-killed")
        #expect(!inside.contains(where: Processes.isAlive))
    }

    @Test(arguments: Starting.available)
    func `the launcher ends with a payload that leaves nothing, and nothing of the instance is held then`(
        starting: Starting
    ) throws {
        let host = try Host(starting)
        for code in [0, 7, 143] as [Int32] {
            #expect(try host.run(["sh", "-c", "exit \(code)"]).code == code)
            #expect(Self.heldLocks(of: host) == [])
        }
    }

    // MARK: One instance

    @Test(arguments: Starting.available)
    func `a second start names the holder and since when`(starting: Starting) throws {
        let host = try Host(starting)
        let first = try host.start(["sh", "-c", "echo ready; exec sleep 1000"])
        try first.waitForOutput("ready")
        let second = try host.run(["true"])
        #expect(second.code == 125)
        let sentence = try #require(second.sentences.last)
        #expect(sentence.contains("PID \(first.processID)"))
        #expect(sentence.contains("since 20"))
        #expect(sentence.contains("UTC"))
        first.send(SIGTERM)
        try first.wait()
        #expect(try host.run(["true"]).code == 0)
    }

    @Test(arguments: Starting.available)
    func `of 50 simultaneous starts exactly one wins`(starting: Starting) throws {
        let host = try Host(starting)
        // The winner ends when the file appears.
        try host.makeState()
        let script = "while ! [ -e $MAZELCLAW_STATE_DIR/end ]; do sleep 0.02; done"
        let all = try (0..<50).map { _ in try host.start(["sh", "-c", script]) }
        #expect(eventually(seconds: 30) { all.filter { Processes.isAlive($0.processID) }.count == 1 })
        let winner = try #require(all.first { Processes.isAlive($0.processID) })
        for loser in all where loser !== winner {
            let end = try loser.wait()
            #expect(end.code == 125, "\(end.errors)")
            #expect(end.sentences.last?.contains("running already") == true)
            #expect(end.sentences.last?.contains("PID \(winner.processID)") == true)
        }
        try Files.write("", to: host.stateDirectory() + "/end", owner: Host.payloadUser)
        #expect(try winner.wait().code == 0)
    }

    @Test(arguments: Starting.available)
    func `first starts of 20 profiles at once get 20 different ports`(starting: Starting) throws {
        let host = try Host(starting)
        // No port given: each is allocated under the registry's lock.
        let all = try (0..<20).map { number in
            var options = Host.Options(profile: "n\(number)")
            options.more = []
            return try host.start(["sh", "-c", "echo $MAZELCLAW_GATEWAY_PORT"], options)
        }
        let ports = try all.map { try $0.wait().output }
        #expect(Set(ports).count == 20)
    }

    @Test(arguments: Starting.available)
    func `500 starts and stops leave nothing`(starting: Starting) throws {
        let host = try Host(starting)
        #expect(try host.run(["true"]).code == 0)
        // One that runs all the while must not collect anything either.
        let witness = try host.start(
            ["sh", "-c", "echo ready; exec sleep 1000"], Host.Options(profile: "witness", port: host.secondPort))
        try witness.waitForOutput("ready")
        let left = { (path: String) in
            // What launchers might leave, and no other tests on this host.
            Files.listing(path).filter { $0.hasPrefix("mazelclaw") && !$0.hasPrefix("mazelclaw-isolation-") }
        }
        func survey() throws -> [[String]] {
            [
                Files.listing(host.root, leavingOut: Files.isRecord),
                (Files.read("/proc/self/mountinfo") ?? "").split(separator: "\n").map(String.init),
                Files.listing("/dev/shm"), left("/tmp"), left("/sys/fs/cgroup"),
                try FileManager.default.contentsOfDirectory(atPath: "/proc/\(witness.processID)/fd").sorted(),
                Self.heldLocks(of: host),
                Processes.all.filter { Processes.fields($0)?[1] == "1" }.filter {
                    Files.read("/proc/\($0)/cmdline")?.contains(host.root) == true
                }.map(String.init),
            ]
        }
        let before = try survey()
        #expect(before[6].count == 1, "the witness's lock")
        for number in 0..<500 {
            #expect(try host.run([number % 2 == 0 ? "true" : "/nowhere"]).code == (number % 2 == 0 ? 0 : 127))
        }
        // Killed ones too: nobody tidies up after them.
        for _ in 0..<10 {
            let running = try host.start(["sh", "-c", "echo ready; exec sleep 1000"])
            try running.waitForOutput("ready")
            let inside = Processes.descendants(of: running.processID)
            running.send(SIGKILL)
            try running.wait()
            #expect(eventually(seconds: 60) { !inside.contains(where: Processes.isAlive) })
        }
        for (kind, (now, then)) in zip(
            ["files", "mounts", "shared memory", "/tmp", "control groups", "descriptors", "locks", "processes"],
            zip(try survey(), before))
        {
            #expect(now == then, "\(kind)")
        }
        witness.send(SIGTERM)
        #expect(try witness.wait().code == 128 + SIGTERM)
    }

    /// The inodes of the instance locks.
    /// The lock files somebody holds: asked one by one, for /proc/locks passes over some while others come and go.
    private static func heldLocks(of host: Host) -> [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: host.locks)) ?? []).sorted().filter { name in
            let file = open("\(host.locks)/\(name)", O_RDWR | O_CLOEXEC)
            defer { close(file) }
            var lock = flock()
            lock.l_type = Int16(F_WRLCK)
            // F_OFD_GETLK is 36 (fcntl(2)).
            return fcntl(file, 36, &lock) == 0 && lock.l_type != Int16(F_UNLCK)
        }
    }

    @Test(arguments: Starting.available)
    func `a payload outlives the thread that started the launcher`(starting: Starting) throws {
        let host = try Host(starting)
        var options = Host.Options()
        // PR_SET_PDEATHSIG counts the thread that forked as the parent; here that thread ends at once.
        let script = """
            import os, subprocess, sys, threading
            launchers = []
            def launch(): launchers.append(subprocess.Popen(sys.argv[1:], stdout=subprocess.PIPE))
            thread = threading.Thread(target=launch)
            thread.start()
            thread.join()
            print(launchers[0].stdout.readline().decode(), end="", flush=True)
            print(launchers[0].stdout.readline().decode(), end="", flush=True)
            sys.exit(launchers[0].wait())
            """
        options.wrapper = ["/usr/bin/python3", "-c", script]
        let end = try host.run(["sh", "-c", "echo started; sleep 1; echo still here; exit 5"], options)
        #expect(end.output == "started\nstill here\n")
        #expect(end.code == 5)
    }

    @Test(arguments: Starting.available)
    func `too few descriptors end the start cleanly, or are enough`(starting: Starting) throws {
        let host = try Host(starting)
        #expect(try host.run(["true"]).code == 0)
        let before = Files.listing(host.root, leavingOut: Files.isRecord)
        var codes: [Int32] = []
        // With 3 no program starts at all.
        for limit in 4...24 {
            var options = Host.Options()
            options.wrapper = ["prlimit", "--nofile=\(limit):\(limit)"]
            let end = try host.run(["sh", "-c", "echo ran"], options)
            let code = try #require(end.code)
            codes.append(code)
            #expect(code == 0 || code == 125, "\(limit): \(end.errors)")
            #expect(end.output == (code == 0 ? "ran\n" : ""), "\(limit)")
            if code == 125 {
                #expect(end.sentences.count == 1)
                #expect(end.sentences.last?.contains("EMFILE") == true, "\(end.errors)")
            }
        }
        #expect(Files.listing(host.root, leavingOut: Files.isRecord) == before)
        #expect(Set(codes) == [0, 125])
        // Once it is enough, more is too.
        #expect(codes == codes.sorted(by: >))
    }

    @Test(arguments: Starting.available)
    func `too little memory ends a first start with a code of the launcher's, or is enough`(
        starting: Starting
    ) throws {
        func options(_ kibibytes: Int) -> Host.Options {
            var options = Host.Options()
            options.wrapper = ["prlimit", "--as=\(kibibytes << 10)"]
            return options
        }
        // With less the C library and Swift's runtime do not get as far as the launcher.
        let host = try Host(starting)
        let step = 32
        let least = try #require(
            try stride(from: 6 << 10, through: 32 << 10, by: step).first {
                try host.plain(["--version"], options($0)).code == 0
            })
        var codes: [Int32] = []
        for limit in stride(from: least, through: least + 2048, by: step) {
            let host = try Host(starting)
            let end = try host.run(["true"], options(limit))
            codes.append(try #require(end.code, "\(limit) KiB: signal \(end.signal ?? 0)"))
            #expect([0, 125].contains(codes.last), "\(limit) KiB: \(end.errors)")
            if codes.last == 125 { #expect(end.sentences.count == 1, "\(limit) KiB: \(end.errors)") }
        }
        #expect(codes.contains(125))
        #expect(codes.last == 0)
    }

    // MARK: Ports in use

    @Test(arguments: Starting.available, [0, 2] as [UInt16])
    func `a port in use is refused and names who holds it`(starting: Starting, offset: UInt16) throws {
        let host = try Host(starting)
        let script =
            "import os,socket,time; s = socket.create_server(('127.0.0.1', \(host.basePort + offset))); print('ready', flush=True); time.sleep(1000)"
        let identity = starting == .unprivileged && geteuid() == 0 ? Host.becomingUser : []
        let command = identity + ["/usr/bin/python3", "-c", script]
        let holder = try Running(command.map { Array($0.utf8) }, files: "\(host.root)/output", Running.Setup())
        try holder.waitForOutput("ready")
        let end = try host.run(["touch", "\(host.home)/ran"])
        #expect(end.code == 125)
        let sentence = try #require(end.sentences.last)
        #expect(sentence.contains("port \(host.basePort + offset)"))
        #expect(sentence.contains("PID \(holder.processID) (python3)"))
        holder.send(SIGKILL)
        try holder.wait()
    }

    // MARK: Events

    @Test(arguments: Starting.available)
    func `events tell of plan, exec and exit`(starting: Starting) throws {
        let host = try Host(starting)
        var options = Host.Options()
        let status = host.status(&options)
        #expect(try host.run(["sh", "-c", "exit 7"], options).code == 7)
        let events = try Host.events(status)
        #expect(events.map { $0["event"]?.string } == ["plan", "proof", "exec", "exit"])
        #expect(events.first?["profile"]?.string == "p")
        #expect(events.last?["code"]?.integer == 7)
    }

    @Test(arguments: Starting.available)
    func `an error is told with its code, class, step, errno and hint`(starting: Starting) throws {
        let host = try Host(starting)
        var options = Host.Options()
        let status = host.status(&options)
        options.wrapper = [host.stage.probe, "--without", "\(SYS_sethostname)=\(EIO)"]
        let end = try host.run(["true"], options)
        #expect(end.code == 125)
        let events = try Host.events(status)
        let error = try #require(events.last)
        #expect(error["event"]?.string == "error")
        #expect(error["code"]?.integer == 125)
        #expect(error["class"]?.string == "isolation")
        #expect(error["step"]?.string == "sethostname")
        #expect(error["errno"]?.string == "EIO")
        #expect(error["hint"]?.string?.contains("sethostname") == true)
        #expect(!events.contains { $0["event"]?.string == "exec" || $0["event"]?.string == "exit" })
    }

    @Test(arguments: Starting.available)
    func `no exec is told of a program that is not there`(starting: Starting) throws {
        let host = try Host(starting)
        var options = Host.Options()
        let status = host.status(&options)
        #expect(try host.run(["/nowhere"], options).code == 127)
        let events = try Host.events(status)
        #expect(events.map { $0["event"]?.string } == ["plan", "proof", "error"])
        #expect(events.last?["errno"]?.string == "ENOENT")
        #expect(events.last?["code"]?.integer == 127)
    }

    // MARK: A host that is in the way

    @Test(arguments: Starting.available, ["config", "state"])
    func `a directory of the host's that cannot be written is named`(starting: Starting, name: String) throws {
        let host = try Host(starting)
        try FileManager.default.removeItem(atPath: "\(host.root)/\(name)")
        // A file where a directory is wanted stops root too.
        try Files.write("", to: "\(host.root)/\(name)")
        let end = try host.run(["true"])
        #expect(end.code == 125 || end.code == 78)
        #expect(end.sentences.last?.contains("\(host.root)/\(name)") == true)
    }

    @Test(arguments: Starting.available)
    func `a state directory that cannot be made is named`(starting: Starting) throws {
        let host = try Host(starting)
        try Files.makeDirectory("\(host.root)/locked", mode: 0o755)
        if geteuid() != 0 { try Files.set("\(host.root)/locked", mode: 0o555) }
        var options = Host.Options()
        options.more = ["--state-dir", "\(host.root)/locked/state"]
        let end = try host.run(["true"], options)
        #expect(end.code == 125)
        #expect(end.sentences.last?.contains("\(host.root)/locked/state") == true)
        #expect(end.sentences.last?.contains("EACCES") == true)
    }

    @Test(
        .enabled(if: geteuid() == 0, "only root can mount a small disk"), arguments: Starting.available,
        ["config", "state"])
    func `a full disk is named`(starting: Starting, name: String) throws {
        let host = try Host(starting)
        let user = starting == .root ? 0 : Host.payloadUser
        let script =
            "mount -t tmpfs -o size=4k,nr_inodes=1,mode=700,uid=\(user) none \(host.root)/\(name) && exec \"$@\""
        var options = Host.Options()
        options.rootWrapper = ["unshare", "-m", "sh", "-c", script, "-"]
        let end = try host.run(["true"], options)
        #expect(end.code == 125)
        #expect(end.sentences.last?.contains("ENOSPC") == true)
        #expect(
            end.sentences.last?.contains("free some space") == true || end.sentences.last?.contains(host.root) == true)
    }
}
