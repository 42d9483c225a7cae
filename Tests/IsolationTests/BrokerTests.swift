import CProbe
import Foundation
import Glibc
import JSON
import Testing

/// N: what the broker decides, by transport and address, and how it bears what a payload does to it.
@Suite(.recorded) struct BrokerTests {
    /// What a payload tries on a socket, and how it must end.
    struct Act: CustomTestStringConvertible {
        /// Keys of the profile file beside `basePort`.
        let profile: String
        /// Python, with `b` for the base port and the helpers of `prelude`.
        let code: String
        /// `OK`, or the error's name.
        let outcome: String
        var testDescription: String { "\(code)\(profile.isEmpty ? "" : " with {\(profile)}"): \(outcome)" }
    }

    /// What the codes below are written with.
    static let prelude = """
        import errno, os, socket, sys, threading, time
        from socket import *
        b = int(os.environ["MAZELCLAW_GATEWAY_PORT"])
        def tcp(host, port, family=AF_INET6, kind=SOCK_STREAM):
            s = socket(AF_INET6 if ":" in host else AF_INET, kind)
            # Connections of another test on these ports may linger in TIME_WAIT.
            if kind == SOCK_STREAM: s.setsockopt(SOL_SOCKET, SO_REUSEADDR, 1)
            s.bind((host, port))
            return s
        def udp(host, port): return tcp(host, port, kind=SOCK_DGRAM)
        def listen(s):
            s.listen()
            return s
        def unix(path):
            s = socket(AF_UNIX)
            s.bind(path)
            return listen(s)
        def shared():
            s = socket()
            s.setsockopt(SOL_SOCKET, SO_REUSEPORT, 1)
            s.bind(("127.0.0.1", b))
        def shares(s, value=1):
            s.setsockopt(SOL_SOCKET, SO_REUSEPORT, value)
            return s
        def disconnected():
            listener = listen(tcp("127.0.0.1", b))
            s = socket()
            s.connect(("127.0.0.1", b))
            import ctypes
            if ctypes.CDLL(None, use_errno=True).connect(s.fileno(), bytes(16), 16) != 0: sys.exit("not disconnected")
            listen(s)

        """

    /// How each of `codes`, Python with the helpers of `prelude`, ends in a payload: `OK`, or the error's name.
    static func outcomes(of codes: [String], on host: Host, _ options: Host.Options) throws -> [String] {
        // Each in a process of its own, with an empty /tmp: files and ports of one would be in another's way.
        let script =
            prelude + "import shutil\n"
            + codes.map { code in
                """
                if os.fork() == 0:
                    try:
                        \(code)
                        print("OK", flush=True)
                    except OSError as e: print(errno.errorcode[e.errno], flush=True)
                    except Exception as e: print(type(e).__name__, flush=True)
                    os._exit(0)
                os.wait()
                for name in os.listdir("/tmp"): shutil.rmtree("/tmp/" + name) if os.path.isdir("/tmp/" + name) and not os.path.islink("/tmp/" + name) else os.unlink("/tmp/" + name)

                """
            }.joined()
        let end = try host.run(["/usr/bin/python3", "-c", script], options)
        let outcomes = end.output.split(separator: "\n").map(String.init)
        try #require(outcomes.count == codes.count, "\(end.errors)")
        return outcomes
    }

    static let acts = [
        Act(profile: "", code: "tcp('127.0.0.1', b)", outcome: "OK"),
        Act(profile: "", code: "tcp('0.0.0.0', b)", outcome: "EACCES"),
        Act(profile: "", code: "tcp('::', b)", outcome: "EACCES"),
        Act(profile: "", code: "tcp('::ffff:0.0.0.0', b)", outcome: "EACCES"),
        Act(profile: "", code: "tcp('0.0.0.0', b + 2)", outcome: "EACCES"),
        Act(profile: "", code: "tcp('::', b + 2)", outcome: "EACCES"),
        Act(profile: "", code: "tcp('0.0.0.0', b + 11)", outcome: "EACCES"),
        Act(profile: "", code: "tcp('127.0.0.1', b + 110)", outcome: "OK"),
        Act(profile: "\"bind\": \"lan\"", code: "tcp('0.0.0.0', b)", outcome: "OK"),
        Act(profile: "\"bind\": \"lan\"", code: "tcp('::', b)", outcome: "OK"),
        Act(profile: "\"bind\": \"lan\"", code: "tcp('0.0.0.0', b + 2)", outcome: "EACCES"),
        Act(profile: "\"bind\": \"lan\"", code: "tcp('::', b + 60)", outcome: "EACCES"),
        Act(profile: "\"bind\": \"lan\"", code: "tcp('0.0.0.0', b + 1)", outcome: "EACCES"),
        // The rule permits it, and the host has no such address.
        Act(profile: "\"bind\": \"192.0.2.7\"", code: "tcp('192.0.2.7', b)", outcome: "EADDRNOTAVAIL"),
        Act(profile: "\"bind\": \"192.0.2.7\"", code: "tcp('192.0.2.8', b)", outcome: "EACCES"),
        Act(profile: "\"bind\": \"192.0.2.7\"", code: "tcp('0.0.0.0', b)", outcome: "EACCES"),
        Act(profile: "\"bind\": \"192.0.2.7\"", code: "tcp('127.0.0.1', b)", outcome: "OK"),
        Act(profile: "", code: "tcp('127.0.0.1', 0)", outcome: "EACCES"),
        Act(profile: "\"loopbackProbe\": true", code: "listen(tcp('127.0.0.1', 0))", outcome: "OK"),
        Act(profile: "\"loopbackProbe\": true", code: "listen(tcp('::1', 0))", outcome: "OK"),
        Act(profile: "\"loopbackProbe\": true", code: "tcp('::ffff:127.0.0.1', 0)", outcome: "OK"),
        Act(profile: "\"loopbackProbe\": true", code: "tcp('0.0.0.0', 0)", outcome: "EACCES"),
        Act(profile: "\"loopbackProbe\": true", code: "tcp('::', 0)", outcome: "EACCES"),
        Act(profile: "\"loopbackProbe\": true", code: "tcp('127.0.0.1', b + 1)", outcome: "EACCES"),
        Act(profile: "\"loopbackProbe\": true", code: "listen(socket())", outcome: "EACCES"),
        Act(profile: "", code: "listen(socket())", outcome: "EACCES"),
        Act(profile: "", code: "listen(socket(AF_INET6))", outcome: "EACCES"),
        Act(profile: "", code: "disconnected()", outcome: "EACCES"),
        Act(profile: "", code: "listen(tcp('127.0.0.1', b))", outcome: "OK"),
        Act(profile: "", code: "listen(listen(tcp('::1', b + 2)))", outcome: "OK"),
        Act(profile: "", code: "listen(udp('127.0.0.1', 0))", outcome: "ENOTSUP"),
        Act(profile: "", code: "udp('0.0.0.0', 0)", outcome: "OK"),
        Act(profile: "", code: "udp('::', 0)", outcome: "OK"),
        Act(profile: "", code: "udp('127.0.0.1', b)", outcome: "EACCES"),
        Act(profile: "", code: "udp('0.0.0.0', 5353)", outcome: "EACCES"),
        Act(profile: "\"udp\": {\"ports\": [5353]}", code: "udp('127.0.0.1', 5353)", outcome: "OK"),
        Act(profile: "\"udp\": {\"ports\": [5353]}", code: "udp('127.0.0.1', 5354)", outcome: "EACCES"),
        Act(profile: "\"udp\": {\"ports\": [5353]}", code: "tcp('127.0.0.1', 5353)", outcome: "EACCES"),
        Act(profile: "", code: "shared()", outcome: "EACCES"),
        Act(profile: "", code: "listen(shares(tcp('127.0.0.1', b)))", outcome: "EACCES"),
        Act(profile: "", code: "listen(shares(shares(tcp('127.0.0.1', b)), 0))", outcome: "OK"),
        Act(profile: "", code: "listen(shares(listen(tcp('127.0.0.1', b))))", outcome: "EACCES"),
        Act(profile: "", code: "socket(AF_NETLINK, SOCK_RAW, 0).bind((0, 0))", outcome: "OK"),
        Act(profile: "", code: "socket(AF_NETLINK, SOCK_RAW, 0).bind((0, 1))", outcome: "EACCES"),
        Act(profile: "", code: "unix('/tmp/a')", outcome: "OK"),
        Act(profile: "", code: "unix('/tmp/../tmp/./a')", outcome: "OK"),
        Act(
            profile: "", code: "[os.chdir('/tmp'), os.mkdir('d'), os.chdir('d'), unix('../a'), os.stat('/tmp/a')]",
            outcome: "OK"),
        Act(profile: "", code: "[os.chdir('/tmp'), unix('a'), os.stat('/tmp/a')]", outcome: "OK"),
        Act(profile: "", code: "unix('/tmp/' + 'x' * 102)", outcome: "OK"),
        Act(profile: "", code: "[os.chdir('/tmp'), unix('x' * 107)]", outcome: "OK"),
        Act(profile: "", code: "[unix('/tmp/a'), unix('/tmp/a')]", outcome: "EADDRINUSE"),
        Act(profile: "", code: "[os.symlink('/usr', '/tmp/l'), unix('/tmp/l/a')]", outcome: "EROFS"),
        Act(profile: "", code: "[os.symlink('/tmp', '/tmp/l'), unix('/tmp/l/a'), os.stat('/tmp/a')]", outcome: "OK"),
        Act(profile: "", code: "[os.chdir('/tmp'), os.symlink('/usr', 'l'), unix('l/a')]", outcome: "EROFS"),
        Act(
            profile: "", code: "[os.symlink('../tmp/.', '/tmp/l'), unix('/tmp/l/l/../tmp/a'), os.stat('/tmp/a')]",
            outcome: "OK"),
        Act(profile: "", code: "[os.symlink('l', '/tmp/l'), unix('/tmp/l/a')]", outcome: "ELOOP"),
        Act(profile: "", code: "[unix('/../../tmp/a'), os.stat('/tmp/a')]", outcome: "OK"),
        Act(profile: "", code: "unix('/proc/self/cwd/a')", outcome: "ENOENT"),
        Act(profile: "", code: "unix(f'/proc/{os.getpid()}/cwd/a')", outcome: "ELOOP"),
        Act(profile: "", code: "unix('/a')", outcome: "EROFS"),
        Act(profile: "", code: "unix('/none/a')", outcome: "ENOENT"),
        Act(profile: "", code: "unix('/usr/bin/env/a')", outcome: "ENOTDIR"),
        Act(profile: "", code: "unix('/tmp/')", outcome: "EADDRINUSE"),
        Act(profile: "", code: "unix('\\0abstract')", outcome: "EACCES"),
        Act(profile: "", code: "unix('\\0')", outcome: "EACCES"),
        Act(profile: "", code: "socket(AF_UNIX, SOCK_DGRAM).bind('\\0abstract')", outcome: "EACCES"),
        // To no name at all, the kernel chooses one.
        Act(profile: "", code: "unix('')", outcome: "OK"),
        Act(profile: "\"network\": \"none\"", code: "unix('\\0abstract')", outcome: "OK"),
        Act(profile: "\"network\": \"private\"", code: "unix('\\0abstract')", outcome: "OK"),
        Act(profile: "\"network\": \"private\"", code: "unix('')", outcome: "OK"),
        Act(
            profile: "", code: "[os.umask(0o027), unix('/tmp/a'), os.stat('/tmp/a').st_mode & 0o777 == 0o750 or [][0]]",
            outcome: "OK"),
        Act(profile: "", code: "[unix('/tmp/a'), (lambda c: c.connect('/tmp/a'))(socket(AF_UNIX))]", outcome: "OK"),
    ]

    /// openat2(2) is missing where a unit has RestrictSUIDSGID= (systemd.exec(5)).
    @Test(arguments: Starting.available, ["", "\(SYS_openat2)=\(ENOSYS)"])
    func `bind and listen end as the rules say`(starting: Starting, lacks: String) throws {
        for (profile, acts) in Dictionary(grouping: Self.acts, by: \.profile) {
            let host = try Host(starting)
            try host.writeProfile(keys: profile)
            var options = Host.Options()
            if !lacks.isEmpty { options.wrapper = [host.stage.probe, "--without", lacks] }
            let outcomes = try Self.outcomes(of: acts.map(\.code), on: host, options)
            for (act, outcome) in zip(acts, outcomes) { #expect(outcome == act.outcome, "\(act.testDescription)") }
        }
    }

    @Test(arguments: Starting.available)
    func `a refusal is told outside, with who, what, which rule and the remedy`(starting: Starting) throws {
        let host = try Host(starting)
        try host.writeProfile()
        var options = Host.Options()
        let status = host.status(&options)
        // A program whose name would move the operator's cursor.
        let name = "\(host.stateDirectory())/\u{1B}[2Jpython"
        let script = """
            cp /usr/bin/python3 "$0"; exec "$0" -c 'import socket
            try: socket.socket().bind(("127.0.0.1", 8080))
            except OSError as e: print(e.errno)'
            """
        let end = try host.run(["sh", "-c", script, name], options)
        #expect(end.output == "\(EACCES)\n")
        let sentence = try #require(end.sentences.first { $0.contains("8080") })
        #expect(sentence.contains("refused bind 127.0.0.1:8080/tcp to "))
        #expect(sentence.contains("\\u{1b}[2Jpython"))
        #expect(sentence.contains("EACCES, rule unassigned-port: use \(host.basePort)"))
        #expect(sentence.contains("add 8080 to \"ports\": {\"bind\"} in "))
        let event = try #require(try Host.events(status).first { $0["event"]?.string == "denied" })
        #expect(event["act"]?.string == "bind 127.0.0.1:8080/tcp")
        #expect(event["rule"]?.string == "unassigned-port")
        #expect(event["pidInside"]?.integer == 2)
        #expect((event["pid"]?.integer ?? 0) > 2)
    }

    @Test(arguments: Starting.available)
    func `a call the policy routes to the broker is refused and told`(starting: Starting) throws {
        let host = try Host(starting)
        let code =
            "import ctypes; l = ctypes.CDLL(None, use_errno=True); l.ptrace(16, 1, 0, 0); print(ctypes.get_errno())"
        let end = try host.run(["/usr/bin/python3", "-c", code])
        #expect(end.output == "\(EPERM)\n")
        #expect(end.sentences.contains { $0.contains("refused ptrace(0x10, 0x1") && $0.contains("rule seccomp") })
    }

    @Test(arguments: Starting.available)
    func `a payload holds no more UDP ports and listeners at once than its policy permits`(starting: Starting) throws {
        let host = try Host(starting)
        let policy = try host.policy(
            "gateway.json", replacing: "\"udpPorts\": 512,\n        \"listeners\": 512",
            with: "\"udpPorts\": 3, \"listeners\": 2")
        var options = Host.Options()
        options.more = ["--policy", policy]
        let code =
            Self.prelude + """
                def name(act):
                    try: return act() and "OK"
                    except OSError as e: return errno.errorcode[e.errno]
                def until_done(act):
                    # The supervisor looks again after a moment.
                    while name(act) == "ENOBUFS": pass
                    return "again"
                held = [udp("127.0.0.1", 0) for i in range(2)] + [udp("::", 0)]
                print(name(lambda: udp("127.0.0.1", 0)))
                print(name(lambda: tcp("127.0.0.1", b)))
                copy = held[0].dup()
                held[0].close()
                print(name(lambda: udp("127.0.0.1", 0)))
                copy.close()
                print(until_done(lambda: held.append(udp("127.0.0.1", 0))))
                # Sockets that come and go are none too many.
                held.pop().close()
                for i in range(1000): until_done(lambda: udp("127.0.0.1", 0).close())
                listeners = [listen(tcp("127.0.0.1", b + 11 + i)) for i in range(2)]
                print(name(lambda: listen(tcp("127.0.0.1", b))), name(lambda: listen(listeners[0])))
                listeners.pop().close()
                print(until_done(lambda: listen(tcp("127.0.0.1", b))))
                """
        let end = try host.run(["/usr/bin/python3", "-c", code], options)
        #expect(end.output == "ENOBUFS\nOK\nENOBUFS\nagain\nENOBUFS OK\nagain\n", "\(end.errors)")
        for (act, rule) in [("bind 127.0.0.1:0/udp", "too-many-udp-ports"), ("/tcp", "too-many-listeners")] {
            let sentence = try #require(end.sentences.first { $0.contains("ENOBUFS, rule \(rule)") })
            #expect(sentence.contains(act))
            #expect(sentence.contains("in \(policy)"))
        }
    }

    @Test(arguments: Starting.available)
    func `no second socket listens on an own port, however often SO_REUSEPORT is set and taken back`(
        starting: Starting
    ) throws {
        let host = try Host(starting)
        let code =
            Self.prelude + """
                import collections
                kept = shares(listen(tcp("127.0.0.1", b)))
                at, is_over = [None], False
                def toggle():
                    while not is_over:
                        try: at[0] and shares(shares(at[0]), 0)
                        except OSError: pass
                threads = [threading.Thread(target=toggle) for n in range(2)]
                sys.setswitchinterval(1e-5)
                for t in threads: t.start()
                ends = collections.Counter()
                for i in range(5000):
                    s = socket()
                    s.setsockopt(SOL_SOCKET, SO_REUSEADDR, 1)
                    at[0] = s
                    try:
                        s.bind(("127.0.0.1", b))
                        s.listen()
                        ends["listens"] += 1
                    except OSError as e: ends[errno.errorcode[e.errno]] += 1
                    at[0] = None
                    s.close()
                is_over = True
                for t in threads: t.join()
                print(ends["listens"], ends["EACCES"] > 0)
                # The first one listens on.
                create_connection(("127.0.0.1", b)).close()
                """
        // Three threads that never rest, on a machine that has others to serve.
        let end = try host.start(["/usr/bin/python3", "-c", code]).wait(seconds: 300)
        #expect(end.code == 0, "\(end.errors)")
        #expect(end.output == "0 True\n")
    }

    @Test(arguments: Starting.available)
    func `a payload that forbids itself to bind still binds its own ports, through the broker`(starting: Starting)
        throws
    {
        let host = try Host(starting)
        // landlock_create_ruleset is 444, landlock_restrict_self 446; LANDLOCK_ACCESS_NET_BIND_TCP is 1 (landlock(7)).
        let code =
            Self.prelude + """
                import ctypes, struct
                libc = ctypes.CDLL(None, use_errno=True)
                ruleset = libc.syscall(444, struct.pack("QQ", 0, 1), 16, 0)
                if ruleset < 0 or libc.syscall(446, ruleset, 0) != 0: sys.exit("not restricted")
                for port in (b, b + 1):
                    try: print(tcp("127.0.0.1", port) and "OK")
                    except OSError as e: print(errno.errorcode[e.errno])
                """
        // What the broker does on the payload's behalf it does outside of the payload's domains.
        #expect(try host.run(["/usr/bin/python3", "-c", code]).output == "OK\nEACCES\n")
        var options = Host.Options()
        options.more = ["--allow-degraded", "broker"]
        #expect(try host.run(["/usr/bin/python3", "-c", code], options).output == "EACCES\nEACCES\n")
    }

    @Test(arguments: Starting.available)
    func `many refusals are counted, not told one by one`(starting: Starting) throws {
        let host = try Host(starting)
        let code =
            Self.prelude + """
                for i in range(5000):
                    try: tcp("127.0.0.1", 8080)
                    except PermissionError: pass
                """
        let end = try host.run(["/usr/bin/python3", "-c", code])
        #expect(end.code == 0)
        let told = end.sentences.filter { $0.contains("8080") }
        #expect((20...40).contains(told.count), "\(told.count)")
        // Every one of them counts.
        let counts = told.map { line in
            line.range(of: #", [0-9]+ times"#, options: .regularExpression)
                .flatMap { Int(line[$0].dropFirst(2).dropLast(6)) } ?? 1
        }
        #expect(counts.reduce(0, +) == 5000)
    }

    @Test(arguments: Starting.available)
    func `what only loopbackProbe permits is told with its port, and counted`(starting: Starting) throws {
        let host = try Host(starting)
        try host.writeProfile(keys: "\"loopbackProbe\": true")
        var options = Host.Options()
        let status = host.status(&options)
        let code =
            Self.prelude + """
                listen(tcp("127.0.0.1", b)).close()
                probe = tcp("127.0.0.1", 0)
                print(probe.getsockname()[1])
                for i in range(500): tcp("::1", 0).close()
                """
        let end = try host.run(["/usr/bin/python3", "-c", code], options)
        let port = end.output.dropLast()
        let events = try Host.events(status).filter { $0["event"]?.string == "permitted" }
        // None of them for the assigned port.
        #expect(events.first?["act"]?.string == "bind 127.0.0.1:\(port)/tcp")
        #expect(events.allSatisfy { $0["rule"]?.string == "loopback-probe" && $0["pidInside"]?.integer == 2 })
        #expect((20...40).contains(events.count), "\(events.count)")
        #expect(events.compactMap { $0["count"]?.integer }.reduce(0, +) == 501)
        let audit = try #require(Files.read("\(host.root)/state/mazelclaw/audit/p.jsonl"))
        #expect(audit.split(separator: "\n").filter { $0.contains(#""event":"permitted""#) }.count == events.count)
        // No refusal, and nothing for people to read.
        #expect(end.sentences.isEmpty)
        #expect(try host.command(["denials"]).output == "no denials\n")
    }

    @Test(arguments: Starting.available)
    func `threads killed in the middle of a bind leave nothing behind in the supervisor`(starting: Starting) throws {
        let host = try Host(starting)
        let code =
            Self.prelude + """
                import signal
                print("ready", flush=True)
                for i in range(300):
                    child = os.fork()
                    if child == 0:
                        def work():
                            while True:
                                try: tcp("127.0.0.1", b + 11).close()
                                except OSError: pass
                        for n in range(4): threading.Thread(target=work, daemon=True).start()
                        time.sleep(60)
                    time.sleep(0.002)
                    os.kill(child, signal.SIGKILL)
                    os.waitpid(child, 0)
                listen(tcp("127.0.0.1", b))
                print("done", flush=True)
                time.sleep(60)
                """
        let running = try host.start(["/usr/bin/python3", "-c", code])
        try running.waitForOutput("ready")
        let launcher = try #require(Self.supervisor(running, host))
        let before = try Self.descriptors(launcher)
        try running.waitForOutput("done")
        // One more at most: the handle of the thread that called last.
        #expect(try Self.descriptors(launcher) <= before + 1)
        running.send(SIGTERM)
        #expect(try running.wait().code == 128 + SIGTERM)
    }

    @Test(arguments: Starting.available)
    func `handlers that interrupt a bind do not have it done twice`(starting: Starting) throws {
        let host = try Host(starting)
        let code =
            Self.prelude + """
                import signal
                count = 0
                def handle(*_):
                    global count
                    count += 1
                signal.signal(signal.SIGALRM, handle)
                signal.setitimer(signal.ITIMER_REAL, 0.0001, 0.0001)
                def until_done(call):
                    # Before the supervisor has received a call a signal may end it with EINTR (seccomp_unotify(2)).
                    while True:
                        try: return call()
                        except InterruptedError: pass
                for i in range(3000):
                    s = socket()
                    s.setsockopt(SOL_SOCKET, SO_REUSEADDR, 1)
                    until_done(lambda: s.bind(("127.0.0.1", b + 11)))
                    until_done(lambda: s.listen())
                    s.close()
                print(count > 10)
                """
        // A bind repeated after its success would fail with EINVAL.
        let end = try host.run(["/usr/bin/python3", "-c", code])
        #expect(end.output == "True\n", "\(end.errors)")
    }

    @Test(arguments: Starting.available)
    func `without its supervisor the payload is gone, and binds nothing before`(starting: Starting) throws {
        let host = try Host(starting)
        let code =
            Self.prelude + """
                def work():
                    while True:
                        try: print("bound" if tcp("127.0.0.1", 8080) else "", flush=True)
                        except PermissionError: pass
                        except OSError as e: print(errno.errorcode[e.errno], flush=True)
                for n in range(4): threading.Thread(target=work, daemon=True).start()
                print("ready", flush=True)
                time.sleep(60)
                """
        let running = try host.start(["/usr/bin/python3", "-c", code])
        try running.waitForOutput("ready")
        let launcher = try #require(Self.supervisor(running, host))
        let members = Processes.descendants(of: launcher)
        #expect(members.count >= 2)
        kill(launcher, SIGKILL)
        #expect(eventually(seconds: 60) { members.allSatisfy { !Processes.isAlive($0) } })
        _ = try? running.wait()
        // What is tried in between fails as if the kernel had no such call.
        let said = Set(running.output.split(separator: "\n").map(String.init))
        #expect(said.isSubset(of: ["ready", "ENOSYS"]), "\(said)")
    }

    @Test(arguments: Starting.available)
    func `a flood of binds does not slow another instance`(starting: Starting) throws {
        let host = try Host(starting)
        let flood =
            Self.prelude + """
                def work():
                    while True:
                        try: tcp("127.0.0.1", 8080)
                        except OSError: pass
                for n in range(50): threading.Thread(target=work, daemon=True).start()
                print("ready", flush=True)
                time.sleep(60)
                """
        let flooding = try host.start(
            ["/usr/bin/python3", "-c", flood], Host.Options(profile: "flood", port: host.secondPort))
        try flooding.waitForOutput("ready")
        // Not a matter of time on a shared machine, but of being answered at all.
        let end = try host.run([
            "/usr/bin/python3", "-c", Self.prelude + "for i in range(1000): tcp('127.0.0.1', b).close()",
        ])
        #expect(end.code == 0, "\(end.errors)")
        // Neither its memory nor what it writes grows with the flood.
        let launcher = try #require(Self.supervisor(flooding, host))
        let status = Files.read("/proc/\(launcher)/status") ?? ""
        let resident = status.split(separator: "\n").first { $0.hasPrefix("VmRSS:") }?.split(separator: " ").dropFirst()
        #expect((resident?.first.flatMap { Int($0) } ?? .max) < 64 << 10, "KiB")
        #expect(flooding.errors.utf8.count < 1 << 20)
        flooding.send(SIGTERM)
        #expect(try flooding.wait().code == 128 + SIGTERM)
    }

    @Test(arguments: Starting.available)
    func `in a nested network namespace the rules are the same`(starting: Starting) throws {
        let host = try Host(starting)
        var options = Host.Options()
        options.more = ["--policy", "browser"]
        let code =
            Self.prelude + """
                import ctypes, fcntl, struct
                user, network = 0x10000000, 0x40000000
                if ctypes.CDLL(None, use_errno=True).unshare(user | network) != 0: sys.exit("no namespace")
                # SIOCSIFFLAGS, IFF_UP: the namespace's own loopback is down at first.
                fcntl.ioctl(socket(AF_INET, SOCK_DGRAM), 0x8914, struct.pack("16sh14x", b"lo", 1))
                for act in [
                    "tcp('127.0.0.1', b)", "tcp('127.0.0.1', b + 1)", "tcp('0.0.0.0', b)", "tcp('0.0.0.0', b + 2)",
                    "tcp('127.0.0.1', 0)", "listen(socket())", "udp('127.0.0.1', 5353)", "udp('127.0.0.1', 0)",
                ]:
                    try:
                        eval(act)
                        print("OK")
                    except OSError as e: print(errno.errorcode[e.errno])
                """
        let end = try host.run(["/usr/bin/python3", "-c", code], options)
        let outcomes = end.output.split(separator: "\n")
        #expect(
            outcomes == ["OK", "EACCES", "EACCES", "EACCES", "EACCES", "EACCES", "EACCES", "OK"], "\(end.errors)")
    }

    @Test func `the race for the address can be won against a supervisor that lets calls continue`() throws {
        let host = try Host(Starting.available[0])
        // Outside of any sandbox: what the probe's races without wins are worth.
        let words = [host.stage.probe, "--naive", "\(host.basePort)"]
        let end = try Running(words.map { Array($0.utf8) }, files: "\(host.root)/output", Running.Setup()).wait()
        #expect(end.output == "won\n")
    }

    @Test(arguments: Starting.available)
    func `given up by name, the broker is gone and Landlock still holds the ports`(starting: Starting) throws {
        let host = try Host(starting)
        let code =
            Self.prelude + """
                for act in ["tcp('0.0.0.0', b)", "tcp('127.0.0.1', b + 1)", "listen(socket())"]:
                    try:
                        eval(act)
                        print("OK")
                    except OSError as e: print(errno.errorcode[e.errno])
                print(os.environ["MAZELCLAW_DEGRADED"])
                """
        var options = Host.Options()
        options.more = ["--allow-degraded", "broker"]
        let end = try host.run(["/usr/bin/python3", "-c", code], options)
        #expect(end.output == "OK\nEACCES\nOK\nbroker\n", "\(end.errors)")
        #expect(end.sentences.contains { $0.contains("degraded, as asked: broker") })
    }

    /// The launcher's own process: `setpriv` becomes it.
    private static func supervisor(_ running: Running, _ host: Host) -> pid_t? {
        let program = Files.read("/proc/\(running.processID)/comm")
        return program == "mazelclaw-run\n" ? running.processID : nil
    }

    private static func descriptors(_ process: pid_t) throws -> Int {
        try FileManager.default.contentsOfDirectory(atPath: "/proc/\(process)/fd").count
    }
}
