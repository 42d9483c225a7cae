import Foundation
import Glibc
import JSON
import Testing

/// L08, L09: what a payload tells the service manager goes through the supervisor (sd_notify(3)).
@Suite(.recorded) struct NotifyTests {
    private static let prelude = """
        import array, errno, os, signal, sys, threading, time
        from socket import *
        s = socket(AF_UNIX, SOCK_DGRAM)
        def tell(message):
            s.sendto(message if isinstance(message, bytes) else message.encode(), os.environ["NOTIFY_SOCKET"])

        """

    private func python(_ code: String) -> [String] { ["/usr/bin/python3", "-c", Self.prelude + code] }

    // MARK: What passes

    @Test(arguments: Starting.available)
    func `what a payload may tell passes, the rest does not`(starting: Starting) throws {
        let host = try Host(starting)
        let receiver = try NotificationReceiver(host)
        let running = try host.start(
            python(
                #"""
                for message in [
                    "READY=1\nSTATUS=up\nMAINPID=1", "STATUS=half\nMAINPID=1\nNOTIFYACCESS=all", "MAINPID=1",
                    "FDSTORE=1\nFDNAME=x", "BUSERROR=x", "X_OTHER=1", "WATCHDOG_USEC=1", "READY=1", "WATCHDOG=1",
                    "STATUS=\x1b[2J\rMAINPID=1", "RELOADING=1\nMONOTONIC_USEC=123", "READY=1", "READY=1",
                    b"READY=1\0STATUS=x", b"STATUS=\xff", "EXTEND_TIMEOUT_USEC=1000000", "ERRNO=5\nEXIT_STATUS=3",
                    b"STATUS=" + b"A" * 65536, "STATUS=" + "B" * 4089, "STATUS=" + "C" * 4090, "", "STOPPING=1",
                ]: tell(message)
                """#), Host.Options(notifying: receiver))
        #expect(
            try receiver.all(until: running) == [
                "READY=1\nSTATUS=payload: up", "STATUS=payload: half", "WATCHDOG=1",
                #"STATUS=payload: \u{1b}[2J\u{d}MAINPID=1"#, "RELOADING=1\nMONOTONIC_USEC=123", "READY=1",
                "STATUS=payload: \u{FFFD}", "EXTEND_TIMEOUT_USEC=1000000", "ERRNO=5\nEXIT_STATUS=3",
                "STATUS=payload: " + String(repeating: "B", count: 1012) + "...", "STOPPING=1",
            ])
        let end = try running.wait()
        #expect(end.code == 0, "\(end.errors)")
    }

    @Test(arguments: Starting.available)
    func `the launcher is the sender, and descriptors are closed on the way`(starting: Starting) throws {
        let host = try Host(starting)
        let receiver = try NotificationReceiver(host)
        let running = try host.start(
            python(
                """
                reader, writer = os.pipe()
                s.sendmsg(
                    [b"READY=1"], [(SOL_SOCKET, SCM_RIGHTS, array.array("i", [writer]))], 0,
                    os.environ["NOTIFY_SOCKET"])
                os.close(writer)
                print("closed" if os.read(reader, 1) == b"" else "?", flush=True)
                """), Host.Options(notifying: receiver))
        let message = try #require(receiver.next())
        #expect(message.text == "READY=1")
        #expect(message.sender == running.processID)
        #expect(!message.hasDescriptors)
        #expect(try running.wait().output == "closed\n")
    }

    @Test(
        .enabled(if: Files.exists("/usr/bin/systemd-notify"), "systemd's own client"), arguments: Starting.available)
    func `systemd's own client is understood, and waits no longer than it must`(starting: Starting) throws {
        let host = try Host(starting)
        let receiver = try NotificationReceiver(host)
        // It sends BARRIER=1 with a descriptor afterwards, and waits until that is closed.
        let running = try host.start(
            ["systemd-notify", "--ready", "--status=here"], Host.Options(notifying: receiver))
        #expect(try receiver.all(until: running) == ["READY=1\nSTATUS=payload: here"])
        #expect(try running.wait().code == 0)
    }

    @Test(arguments: Starting.available)
    func `a reload is told as it goes`(starting: Starting) throws {
        let host = try Host(starting)
        let receiver = try NotificationReceiver(host)
        let running = try host.start(
            python(
                #"""
                def reload(number, frame):
                    tell(f"RELOADING=1\nMONOTONIC_USEC={time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000}")
                    tell("READY=1")
                signal.signal(signal.SIGHUP, reload)
                tell("READY=1")
                while True: signal.pause()
                """#), Host.Options(notifying: receiver))
        #expect(receiver.next()?.text == "READY=1")
        for _ in 0..<2 {
            var time = timespec()
            clock_gettime(CLOCK_MONOTONIC, &time)
            running.send(SIGHUP)
            let reloading = try #require(receiver.next()?.text.split(separator: "\n"))
            #expect(reloading.first == "RELOADING=1")
            let began = try #require(reloading.last.flatMap { Int($0.drop { !$0.isNumber }) })
            #expect(began >= time.tv_sec * 1_000_000 + time.tv_nsec / 1000)
            #expect(receiver.next()?.text == "READY=1")
        }
        running.send(SIGTERM)
        try running.wait()
    }

    @Test(arguments: Starting.available)
    func `an abstract socket of the manager's is reached by the launcher alone`(starting: Starting) throws {
        let host = try Host(starting)
        let receiver = try NotificationReceiver("@mazelclaw-test-\(UInt32.random(in: 0...UInt32.max))")
        let running = try host.start(
            python(
                """
                try: s.sendto(b"READY=1", "\\0" + "\(receiver.address.dropFirst())")
                except OSError as e: print(errno.errorcode[e.errno], os.environ["NOTIFY_SOCKET"])
                tell("STATUS=relayed")
                """), Host.Options(notifying: receiver))
        #expect(try receiver.all(until: running) == ["STATUS=payload: relayed"])
        #expect(try running.wait().output == "EPERM /run/mazelclaw/notify\n")
    }

    // MARK: The watchdog

    @Test(arguments: Starting.available)
    func `the watchdog's variables are true inside`(starting: Starting) throws {
        let host = try Host(starting)
        let receiver = try NotificationReceiver(host)
        var options = Host.Options(notifying: receiver)
        options.setup.environment["WATCHDOG_USEC"] = "3000000"
        let inside = ["sh", "-c", "echo $$ $WATCHDOG_PID $WATCHDOG_USEC"]
        #expect(try host.run(inside, options).output == "2 2 3000000\n")
        options.wrapper = ["sh", "-c", #"WATCHDOG_PID=$$ exec "$@""#, "-"]
        #expect(try host.run(inside, options).output == "2 2 3000000\n")
        // Meant for another process.
        options.setup.environment["WATCHDOG_PID"] = "1"
        options.wrapper = []
        #expect(try host.run(inside, options).output == "2\n")
    }

    @Test(arguments: Starting.available)
    func `nothing pets the watchdog for a payload that does not`(starting: Starting) throws {
        let host = try Host(starting)
        let receiver = try NotificationReceiver(host)
        var options = Host.Options(notifying: receiver)
        options.setup.environment["WATCHDOG_USEC"] = "200000"
        let running = try host.start(
            python(#"tell("READY=1"); tell("WATCHDOG=1"); print("hung", flush=True); time.sleep(60)"#), options)
        #expect(receiver.next()?.text == "READY=1")
        #expect(receiver.next()?.text == "WATCHDOG=1")
        #expect(receiver.next(seconds: 1) == nil)
        // What systemd does then (WatchdogSignal=).
        running.send(SIGABRT)
        #expect(receiver.next()?.text == "STOPPING=1")
        #expect(try running.wait().code == 128 + SIGABRT)
    }

    // MARK: The launcher's own word

    @Test(arguments: Starting.available)
    func `the launcher tells once that it stops the payload`(starting: Starting) throws {
        let host = try Host(starting)
        let receiver = try NotificationReceiver(host)
        let running = try host.start(
            python(
                """
                def end(number, frame):
                    tell("STOPPING=1")
                    tell("STATUS=last words")
                    sys.exit(3)
                signal.signal(signal.SIGTERM, end)
                print("ready", flush=True)
                while True: signal.pause()
                """), Host.Options(notifying: receiver))
        try running.waitForOutput("ready")
        running.send(SIGTERM)
        #expect(try receiver.all(until: running) == ["STOPPING=1", "STATUS=payload: last words"])
        #expect(try running.wait().code == 3)
    }

    @Test(arguments: Starting.available)
    func `a start that is refused tells why`(starting: Starting) throws {
        let host = try Host(starting)
        let receiver = try NotificationReceiver(host)
        let options = Host.Options(notifying: receiver)
        func status(_ end: Running.Ended) throws {
            let text = try #require(receiver.next(seconds: 30)?.text)
            #expect(text.hasPrefix("STATUS="))
            #expect(end.sentences.last.map { $0.dropFirst("mazelclaw-run: ".count) } == text.dropFirst(7))
            #expect(receiver.next(seconds: 0) == nil)
        }
        let missing = try host.run(["/nowhere"], options)
        #expect(missing.code == 127)
        try status(missing)
        var wrong = options
        wrong.more = ["--policy", "nonesuch"]
        let unplanned = try host.run(["true"], wrong)
        #expect(unplanned.code == 78)
        try status(unplanned)
        wrong.more = ["--nonesuch"]
        let misused = try host.run(["true"], wrong)
        #expect(misused.code == 2)
        try status(misused)
        // What only asks, tells nothing.
        #expect(try host.command(["explain"], options).code == 0)
        #expect(receiver.next(seconds: 0) == nil)
    }

    @Test(arguments: Starting.available)
    func `a payload that says nothing has nothing said for it`(starting: Starting) throws {
        let host = try Host(starting)
        let receiver = try NotificationReceiver(host)
        #expect(try host.run(["true"], Host.Options(notifying: receiver)).code == 0)
        #expect(receiver.next(seconds: 0) == nil)
    }

    /// A payload must not decide that a service manager leaves the unit down (RestartPreventExitStatus=).
    @Test(arguments: Starting.available)
    func `a service manager is told that a payload failed, and not what the launcher's refusals mean`(
        starting: Starting
    ) throws {
        let host = try Host(starting)
        let receiver = try NotificationReceiver(host)
        var main = Host.Options()
        main.wrapper = ["sh", "-c", #"SYSTEMD_EXEC_PID=$$ exec "$@""#, "-"]
        for var options in [Host.Options(notifying: receiver), main] {
            for code in [2, 69, 78] as [Int32] {
                let end = try host.run(["sh", "-c", "exit \(code)"], options)
                #expect(end.code == 1)
                #expect(end.sentences.last?.contains("the payload ended with exit status \(code),") == true)
            }
            #expect(try host.run(["sh", "-c", "exit 3"], options).code == 3)
            // The launcher's own.
            options.more = ["--policy", "nonesuch"]
            #expect(try host.run(["true"], options).code == 78)
            options.more = ["--nonesuch"]
            #expect(try host.run(["true"], options).code == 2)
        }
    }

    @Test(arguments: Starting.available)
    func `a gateway that cannot start has its own word on whether to try again`(starting: Starting) throws {
        let host = try Host(starting)
        let receiver = try NotificationReceiver(host)
        try host.makeState()
        try Files.write(
            "{nonsense", to: "\(host.stateDirectory())/mazelclaw.json", mode: 0o600, owner: Host.payloadUser)
        let words =
            ["--profile", "p", "--port", "\(host.basePort)", "--state-dir", host.stateDirectory()] + host.userOption
        let end = try host.plain(words, Host.Options(notifying: receiver))
        #expect(end.code == 78, "\(end.errors)")
    }

    // MARK: The gateway

    @Test(arguments: Starting.available)
    func `the gateway is ready once it accepts, pets the watchdog, and tells that it stops`(starting: Starting) throws {
        let host = try Host(starting)
        let receiver = try NotificationReceiver(host)
        var options = Host.Options(notifying: receiver)
        options.setup.environment["WATCHDOG_USEC"] = "400000"
        let clock = ContinuousClock()
        let begin = clock.now
        let running = try host.start(["mazelclaw", "--profile", "p", "gateway", "--allow-unconfigured"], options)
        let places = "127.0.0.1:\(host.basePort) and [::1]:\(host.basePort)"
        #expect(receiver.next(seconds: 30)?.text == "READY=1\nSTATUS=payload: listening on \(places)")
        #expect(try TCP.accepts("127.0.0.1", host.basePort) && TCP.accepts("::1", host.basePort))
        for _ in 0..<5 { #expect(receiver.next()?.text == "WATCHDOG=1") }
        // The first at once, each other half of the limit later.
        #expect(clock.now - begin > .milliseconds(800))
        running.send(SIGTERM)
        let last = try receiver.all(until: running)
        #expect(last.filter { $0 != "WATCHDOG=1" } == ["STOPPING=1"])
        #expect(try running.wait().code == 0, "\(running.errors)")
    }

    /// Starts a gateway, has `hang` stop a part of it, and sees that it pets the watchdog no more until `hang`'s result was
    /// called.
    private func expectNoPets(of host: Host, hanging hang: (_ gateway: pid_t) throws -> () -> Void) throws {
        let receiver = try NotificationReceiver(host)
        var options = Host.Options(notifying: receiver)
        options.setup.environment["WATCHDOG_USEC"] = "400000"
        let running = try host.start(["mazelclaw", "--profile", "p", "gateway", "--allow-unconfigured"], options)
        #expect(receiver.next(seconds: 30)?.text.hasPrefix("READY=1") == true)
        #expect(receiver.next()?.text == "WATCHDOG=1")
        let gateway = try #require(
            Processes.descendants(of: running.processID).first {
                Files.read("/proc/\($0)/comm") == "mazelclaw\n"
            })
        let goOn = try hang(gateway)
        // What it had said before is on its way yet, but no more than that: one that goes on says five things a second.
        var late: [String] = []
        for _ in 0..<10 { if let message = receiver.next(seconds: 0.2) { late.append(message.text) } }
        #expect(late.count <= 2, "\(late)")
        #expect(receiver.next(seconds: 1) == nil)
        goOn()
        #expect(receiver.next()?.text == "WATCHDOG=1")
        running.send(SIGTERM)
        try running.wait()
    }

    @Test(arguments: Starting.available)
    func `a gateway that hangs pets nobody`(starting: Starting) throws {
        try expectNoPets(of: Host(starting)) { gateway in
            kill(gateway, SIGSTOP)
            try #require(eventually(seconds: 60) { Processes.fields(gateway)?[0] == "T" })
            return { kill(gateway, SIGCONT) }
        }
    }

    /// Stops the event loops of a process by name of their threads, the first or all, until it ends (ptrace(2)).
    private static let stopper = """
        import ctypes, os, sys, time
        ptrace = ctypes.CDLL(None, use_errno=True).ptrace
        ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
        tasks = f"/proc/{sys.argv[1]}/task"
        loops = [t for t in sorted(os.listdir(tasks), key=int) if open(f"{tasks}/{t}/comm").read().startswith("NIO-ELT")]
        assert len(loops) > 1 or os.cpu_count() == 1, loops
        SEIZE, INTERRUPT, WALL = 0x4206, 0x4207, 0x40000000
        for thread in map(int, loops if sys.argv[2] == "all" else loops[-1:]):
            assert ptrace(SEIZE, thread, None, None) == 0, ctypes.get_errno()
            assert ptrace(INTERRUPT, thread, None, None) == 0, ctypes.get_errno()
            os.waitpid(thread, WALL)
        print("stopped", flush=True)
        time.sleep(600)
        """

    @Test(
        .enabled(if: geteuid() == 0, "root, which may stop a thread of another user's process"),
        arguments: ["all", "one"])
    func `a gateway whose event loops hang, or one of them, pets nobody while its other threads live`(
        loops: String
    ) throws {
        let host = try Host(.root)
        try expectNoPets(of: host) { gateway in
            let stopper = try Running(
                ["/usr/bin/python3", "-c", Self.stopper, "\(gateway)", loops].map { Array($0.utf8) },
                files: "\(host.root)/output", Running.Setup())
            try stopper.waitForOutput("stopped")
            #expect(Processes.fields(gateway)?[0] != "T")
            return { stopper.send(SIGKILL) }
        }
    }

    // MARK: Without, and with a wrong one

    @Test(arguments: Starting.available)
    func `without a service manager nothing is made`(starting: Starting) throws {
        let host = try Host(starting)
        let receiver = try NotificationReceiver(host)
        let script = "env | grep -c NOTIFY_SOCKET; ls -d /run/mazelclaw; echo ready; exec sleep 60"
        func start(_ options: Host.Options) throws -> (output: String, descriptors: Int) {
            let running = try host.start(["sh", "-c", script], options)
            try running.waitForOutput("ready")
            // Settled: the start's channel is closed.
            func count() throws -> Int {
                try FileManager.default.contentsOfDirectory(atPath: "/proc/\(running.processID)/fd").count
            }
            var last = try count()
            var unchanged = 0
            while unchanged < 10 {
                usleep(50_000)
                let next = try count()
                unchanged = next == last ? unchanged + 1 : 0
                last = next
            }
            running.send(SIGKILL)
            try running.wait()
            return (running.output, last)
        }
        let without = try start(Host.Options())
        #expect(without.output == "0\nready\n")
        let with = try start(Host.Options(notifying: receiver))
        #expect(with.output == "1\n/run/mazelclaw\nready\n")
        #expect(with.descriptors == without.descriptors + 2)
        #expect(try !host.command(["explain"]).output.contains("sd_notify"))
        #expect(
            try host.command(["explain"], Host.Options(notifying: receiver)).output
                .contains("init: sd_notify path=/run/mazelclaw/notify"))
    }

    @Test(arguments: Starting.available, ["notify", "vsock:2:1", "/nowhere/notify", "/dev/null", "@nobody-listens"])
    func `a socket that cannot be reached is named, and nothing runs`(starting: Starting, address: String) throws {
        let host = try Host(starting)
        try host.makeState()
        var options = Host.Options()
        options.setup.environment["NOTIFY_SOCKET"] = address
        let end = try host.run(["touch", "\(host.stateDirectory())/ran"], options)
        #expect(end.code == 2)
        #expect(end.sentences.last?.contains("NOTIFY_SOCKET=\(address)") == true)
        #expect(end.sentences.last?.contains("unset it") == true)
        #expect(!Files.exists("\(host.stateDirectory())/ran"))
    }

    // MARK: Floods

    @Test(arguments: Starting.available)
    func `a flood is slowed down, loses nothing, and does not hold up the broker`(starting: Starting) throws {
        let host = try Host(starting)
        let receiver = try NotificationReceiver(host)
        let running = try host.start(
            python(
                """
                sent = 0
                def flood():
                    global sent
                    while True:
                        try:
                            tell(b"X" * 65536)
                            tell("STATUS=flood")
                            sent += 1
                        except OSError as e: print(e, flush=True)
                for n in range(4): threading.Thread(target=flood, daemon=True).start()
                time.sleep(0.5)
                b = int(os.environ["MAZELCLAW_GATEWAY_PORT"])
                start = time.monotonic()
                for n in range(200):
                    with socket() as t:
                        t.setsockopt(SOL_SOCKET, SO_REUSEADDR, 1)
                        t.bind(("127.0.0.1", b))
                took = time.monotonic() - start
                tell("READY=1")
                print("bound", took < 15, flush=True)
                time.sleep(60)
                """), Host.Options(notifying: receiver))
        let clock = ContinuousClock()
        let begin = clock.now
        var messages: [String] = []
        while clock.now - begin < .seconds(60), messages.last != "READY=1" {
            if let message = receiver.next(seconds: 0.1) { messages.append(message.text) }
        }
        let seconds = Int((clock.now - begin).components.seconds) + 1
        #expect(messages.last == "READY=1")
        #expect(Set(messages.dropLast()) == ["STATUS=payload: flood"])
        // A burst of 50, then 40 a second.
        #expect(messages.count <= 50 + 40 * seconds)
        try running.waitForOutput("bound")
        #expect(running.output == "bound True\n")
        running.send(SIGTERM)
        #expect(try running.wait().code == 128 + SIGTERM)
    }

    @Test(arguments: Starting.available)
    func `a manager that does not read keeps nobody waiting, and gets it all later`(starting: Starting) throws {
        let host = try Host(starting)
        let receiver = try NotificationReceiver(host)
        let running = try host.start(
            python(
                """
                for n in range(30): tell(f"STATUS={n}")
                tell("READY=1")
                b = int(os.environ["MAZELCLAW_GATEWAY_PORT"])
                with socket() as t: t.bind(("127.0.0.1", b))
                print("bound", flush=True)
                time.sleep(60)
                """), Host.Options(notifying: receiver))
        // What the queues hold (max_dgram_qlen, unix(7)) is less than what is told: the payload may wait, too.
        usleep(500_000)
        var messages: [String] = []
        while messages.last != "READY=1", let message = receiver.next() { messages.append(message.text) }
        #expect(messages == (0..<30).map { "STATUS=payload: \($0)" } + ["READY=1"])
        try running.waitForOutput("bound")
        running.send(SIGTERM)
        #expect(receiver.next()?.text == "STOPPING=1")
        #expect(try running.wait().code == 128 + SIGTERM)
    }

    @Test(arguments: Starting.available)
    func `a payload that goes on telling does not put off its end`(starting: Starting) throws {
        let host = try Host(starting)
        let receiver = try NotificationReceiver(host)
        let running = try host.start(
            python(
                """
                signal.signal(signal.SIGTERM, signal.SIG_IGN)
                tell("READY=1")
                while True:
                    tell("EXTEND_TIMEOUT_USEC=60000000")
                    time.sleep(0.1)
                """), Host.Options(notifying: receiver))
        #expect(receiver.next()?.text == "READY=1")
        let inside = Processes.descendants(of: running.processID)
        let clock = ContinuousClock()
        let begin = clock.now
        running.send(SIGTERM)
        let messages = try receiver.all(until: running)
        #expect(messages.contains("STOPPING=1"))
        #expect(messages.filter { $0.hasPrefix("EXTEND") }.count > 20)
        #expect((9...30).contains((clock.now - begin).components.seconds))
        #expect(try running.wait().code == 128 + SIGKILL)
        #expect(!inside.contains(where: Processes.isAlive))
    }
}
