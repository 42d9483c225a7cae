import Foundation
import Glibc
import JSON
import Testing

/// L10, N43: listeners that a service manager passes (sd_listen_fds(3)).
@Suite(.recorded) struct ActivationTests {
    /// Plays the service manager: makes the sockets its first argument names, from descriptor 3 on, sets the
    /// variables and becomes the launcher. `PID` in a variable stands for its own process ID.
    private static let manager = """
        import fcntl, os, sys, time
        from socket import *
        def make(word):
            kind, _, place = word.partition("=")
            if kind == "file": return os.open("/dev/null", os.O_RDONLY)
            if kind == "unix":
                s = socket(AF_UNIX)
                s.bind("\\0mazelclaw-passed-%d" % os.getpid())
                s.listen()
                return s.detach()
            host, _, port = place.rpartition(":")
            family = AF_INET6 if ":" in host else AF_INET
            s = socket(family, SOCK_DGRAM if kind == "udp" else SOCK_STREAM, 262 if kind == "mptcp" else 0)
            if kind == "shared": s.setsockopt(SOL_SOCKET, SO_REUSEPORT, 1)
            if kind == "only6": s.setsockopt(IPPROTO_IPV6, IPV6_V6ONLY, 1)
            s.setsockopt(SOL_SOCKET, SO_REUSEADDR, 1)
            # Another run of these tests may have the port for a moment.
            for attempt in range(100):
                try: s.bind((host, int(port))); break
                except OSError as e: time.sleep(0.05)
            if kind not in ("udp", "bound"): s.listen()
            return s.detach()
        made = [fcntl.fcntl(make(word), fcntl.F_DUPFD, 100) for word in sys.argv[1].split()]
        for n, fd in enumerate(made): os.dup2(fd, 3 + n, inheritable=True)
        for fd in made: os.close(fd)
        for word in sys.argv[2].split():
            name, _, value = word.partition("=")
            os.environ[name] = value.replace("PID", str(os.getpid()))
        os.execvp(sys.argv[3], sys.argv[3:])
        """

    /// A start by a service manager that passes `sockets`.
    private func options(
        _ host: Host, _ sockets: [String], _ variables: [String]? = nil, profile: String = "p"
    ) -> Host.Options {
        var options = Host.Options(profile: profile)
        let variables = variables ?? ["LISTEN_PID=PID", "LISTEN_FDS=\(sockets.count)"]
        options.wrapper = [
            "/usr/bin/python3", "-c", Self.manager, sockets.joined(separator: " "), variables.joined(separator: " "),
        ]
        return options
    }

    private func python(_ code: String) -> [String] {
        ["/usr/bin/python3", "-c", "import os, sys, time\nfrom socket import *\n" + code]
    }

    /// Answers each connection to descriptor `fd` with where it listens.
    private static let answering = """
        def answer(fd):
            s = socket(fileno=fd)
            print("ready", flush=True)
            while True:
                c, peer = s.accept()
                c.sendall(f"{s.getsockname()[1]} from {peer[0]}".encode())
                c.close()

        """

    /// What is answered at `address` and `port`; the error's name when nobody is there.
    private func ask(_ host: Host, _ address: String, _ port: UInt16) throws -> String {
        let code = """
            import errno, sys
            from socket import *
            try: print(create_connection((sys.argv[1], int(sys.argv[2])), 5).recv(99).decode())
            except OSError as e: print(errno.errorcode.get(e.errno, e))
            """
        let words = ["/usr/bin/python3", "-c", code, address, "\(port)"]
        return try Running(words.map { Array($0.utf8) }, files: "\(host.root)/output", Running.Setup()).wait().output
    }

    // MARK: Passed

    static let places: [(address: String, offset: UInt16)] = [("127.0.0.1", 0), ("::1", 0), ("127.0.0.1", 11)]

    @Test(arguments: Starting.available, places)
    func `a connection from outside reaches the payload by a passed listener`(
        starting: Starting, place: (address: String, offset: UInt16)
    ) throws {
        let host = try Host(starting)
        let port = host.basePort + place.offset
        let running = try host.start(
            python(Self.answering + "answer(3)"), options(host, ["tcp=\(place.address):\(port)"]))
        try running.waitForOutput("ready")
        // The assigned port, and the peer's own address.
        #expect(try ask(host, place.address, port) == "\(port) from \(place.address)\n")
        running.send(SIGTERM)
        #expect(try running.wait().code == 128 + SIGTERM)
    }

    @Test(arguments: Starting.available)
    func `the variables are true inside, and nothing but the listeners and the socket for siblings is open`(
        starting: Starting
    ) throws {
        let host = try Host(starting)
        let sockets = ["tcp=127.0.0.1:\(host.basePort)", "tcp=::1:\(host.basePort)"]
        var passing = options(host, sockets, ["LISTEN_PID=PID", "LISTEN_FDS=2", "LISTEN_FDNAMES=http4:http6"])
        let script = "echo $$ $LISTEN_PID $LISTEN_FDS $LISTEN_FDNAMES; exec \(host.stage.probe) D01"
        let end = try host.run(["sh", "-c", script], passing)
        #expect(end.output.hasPrefix("2 2 2 http4:http6\n"), "\(end.errors)")
        #expect(end.output.contains(#""value":"0 1 2 3 4 66""#))
        // Beside a status descriptor behind them.
        let file = "\(host.root)/output/status"
        passing.wrapper = ["sh", "-c", #"exec "$@" 9>>\#(file)"#, "-"] + passing.wrapper
        passing.more = ["--status-fd", "9"]
        let again = try host.run(["sh", "-c", script], passing)
        #expect(again.output.contains(#""value":"0 1 2 3 4 66""#), "\(again.errors)")
        let events = try Host.events(file)
        #expect(events.map { $0["event"]?.string } == ["plan", "proof", "exec", "exit"])
        let results = events[1]["results"]?.array ?? []
        let kept = results.first { $0["guarantee"]?.string?.hasSuffix("survives exec") == true }
        #expect(kept?["guarantee"]?.string == "no descriptor of the launcher's but 3, 4, 66 survives exec")
        #expect(kept?["holds"]?.bool == true)
    }

    @Test(arguments: Starting.available)
    func `of those around the payload the launcher alone keeps a listener that it closes`(starting: Starting) throws {
        let host = try Host(starting)
        let code = "os.close(3); print('ready', flush=True); time.sleep(60)"
        let running = try host.start(python(code), options(host, ["tcp=127.0.0.1:\(host.basePort)"]))
        try running.waitForOutput("ready")
        func files(of process: pid_t) -> [String] {
            let directory = "/proc/\(process)/fd"
            return ((try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? []).compactMap {
                try? FileManager.default.destinationOfSymbolicLink(atPath: "\(directory)/\($0)")
            }
        }
        let listener = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(running.processID)/fd/3")
        #expect(listener.hasPrefix("socket:["))
        #expect(files(of: running.processID).count { $0 == listener } == 1)
        let inside = Processes.descendants(of: running.processID)
        #expect(inside.count >= 2)
        for process in inside { #expect(!files(of: process).contains(listener)) }
        running.send(SIGTERM)
        try running.wait()
        #expect(try ask(host, "127.0.0.1", host.basePort) == "ECONNREFUSED\n")
    }

    /// Plays a service manager that keeps its sockets: makes one listener on port `argv[1]`, breaks it as `argv[2]` says,
    /// and has the launcher run twice with it. Says after each run how it ended and whether a connection arrives.
    private static let keeper = """
        import os, sys
        from socket import *
        port, fault = int(sys.argv[1]), sys.argv[2]
        s = create_server(("127.0.0.1", port))
        s.settimeout(5)
        if fault == "shut": s.shutdown(SHUT_RDWR)
        if fault == "taken":
            # A connection of the port, which its listener has left to another socket.
            client = create_connection(("127.0.0.1", port))
            listener, (s, peer) = s, s.accept()
            listener.close()
            other = socket()
            other.setsockopt(SOL_SOCKET, SO_REUSEADDR, 1)
            other.bind(("127.0.0.1", port))
            other.setsockopt(SOL_SOCKET, SO_REUSEADDR, 0)
        def reachable():
            try:
                client = create_connection(("127.0.0.1", port), 5)
                s.accept()[0].close()
                return True
            except OSError as e: return False
        for run in range(1 if fault == "taken" else 2):
            child = os.fork()
            if child == 0:
                fd = os.dup(s.fileno())
                os.set_blocking(fd, True)
                os.dup2(fd, 3, inheritable=True)
                os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS="1")
                os.execvp(sys.argv[3], sys.argv[3:])
            code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
            print("code", code, "reachable", fault != "taken" and reachable(), flush=True)
        """

    private func kept(_ host: Host, fault: String = "none", _ code: String) throws -> Running.Ended {
        var options = Host.Options()
        options.wrapper = ["/usr/bin/python3", "-c", Self.keeper, "\(host.basePort)", fault]
        // SO_ACCEPTCONN is 30 (asm-generic/socket.h).
        let prelude = """
            import ctypes
            s = socket(fileno=3)
            print("listens", s.getsockopt(SOL_SOCKET, 30), flush=True)
            def connect(address):
                if ctypes.CDLL(None).connect(3, address, len(address)) != 0: sys.exit("no connection")

            """
        return try host.run(python(prelude + code), options)
    }

    /// What a payload may do to a listener that was passed to it.
    static let abuses = [
        "s.shutdown(SHUT_RDWR)", "s.shutdown(SHUT_RD)", "connect(bytes(16))",
        "s.setsockopt(SOL_SOCKET, SO_REUSEPORT, 1)",
        "connect(bytes(16)); ctypes.CDLL(None).shutdown(3, SHUT_RDWR)",
        "connect(bytes(16)); s.listen(1); s.shutdown(SHUT_RDWR)",
        """
        o = socket(); o.setsockopt(SOL_SOCKET, SO_REUSEADDR, 1)
        o.bind(("127.0.0.1", int(os.environ["MAZELCLAW_GATEWAY_PORT"]) + 2)); o.listen()
        connect(bytes(16)); s.connect(o.getsockname())
        """,
        "", "os.kill(os.getpid(), 9)",
    ]

    @Test(arguments: Starting.available, abuses)
    func `a listener that the payload breaks listens again when it has ended, for the next one`(
        starting: Starting, abuse: String
    ) throws {
        let host = try Host(starting)
        let end = try kept(host, abuse)
        let code = abuse.contains("kill") ? 128 + SIGKILL : 0
        #expect(
            end.output == String(repeating: "listens 1\ncode \(code) reachable True\n", count: 2), "\(end.errors)")
    }

    @Test(arguments: Starting.available)
    func `a listener that arrives broken listens again before the payload has it`(starting: Starting) throws {
        let host = try Host(starting)
        let end = try kept(host, fault: "shut", "s.shutdown(SHUT_RDWR)")
        #expect(end.output == String(repeating: "listens 1\ncode 0 reachable True\n", count: 2), "\(end.errors)")
    }

    @Test(arguments: Starting.available)
    func `a listener that cannot be had back ends the start, so that a unit tries again`(starting: Starting) throws {
        let host = try Host(starting)
        let end = try kept(host, fault: "taken", "print('ran')")
        #expect(end.output == "code 125 reachable False\n", "\(end.errors)")
        #expect(
            end.sentences.first?.contains(
                "descriptor 3 of LISTEN_FDS (127.0.0.1:\(host.basePort)/tcp that does not listen) cannot be made to listen"
            )
                == true, "\(end.errors)")
        #expect(end.sentences.first?.contains("restart the socket unit") == true)
    }

    @Test(arguments: Starting.available)
    func `a passed listener may be listened on again, and another port not bound`(starting: Starting) throws {
        let host = try Host(starting)
        let code = """
            import errno
            s = socket(fileno=3)
            s.listen(7)
            try: socket().bind(("127.0.0.1", \(host.basePort + 1)))
            except OSError as e: print(errno.errorcode[e.errno])
            socket().bind(("127.0.0.1", \(host.basePort + 2)))
            """
        let end = try host.run(python(code), options(host, ["tcp=127.0.0.1:\(host.basePort)"]))
        #expect(end.code == 0, "\(end.errors)")
        #expect(end.output == "EACCES\n")
    }

    @Test(arguments: Starting.available)
    func `explain shows what is passed`(starting: Starting) throws {
        let host = try Host(starting)
        try host.makeState()
        let variables = ["LISTEN_PID=PID", "LISTEN_FDS=1", "LISTEN_FDNAMES=http"]
        let passing = options(host, ["tcp=127.0.0.1:\(host.basePort)"], variables)
        let kept =
            #"keep=[{"descriptor":3,"name":"http","socket":"127.0.0.1:\#(host.basePort)/tcp"},"#
            + #"{"descriptor":65,"socket":"for siblings"}]"#
        #expect(try host.command(["explain"], passing).output.contains("payload: close_range \(kept)"))
        let plan = try JSON(parsing: host.command(["explain", "--json"], passing).outputBytes)
        let step = plan["steps"]?.array?.first { $0["step"]?.string == "close_range" }
        #expect(step?["keep"]?.array?.count == 2)
        let variablesInside = plan["steps"]?.array?.last?["environment"]?.array?.compactMap(\.string) ?? []
        #expect(variablesInside.contains("LISTEN_FDNAMES"))
    }

    // MARK: The gateway

    /// What is passed for the base port in place of `#`, and where the gateway then accepts.
    static let gateways: [(sockets: [String], places: String)] = [
        (["tcp=127.0.0.1:#"], "127.0.0.1:# and [::1]:#"), (["tcp=::1:#"], "[::1]:# and 127.0.0.1:#"),
        (["tcp=127.0.0.1:#", "tcp=::1:#"], "127.0.0.1:# and [::1]:#"),
    ]

    @Test(arguments: Starting.available, gateways)
    func `the gateway takes what is passed for its port and binds the rest`(
        starting: Starting, gateway: (sockets: [String], places: String)
    ) throws {
        let host = try Host(starting)
        func numbered(_ text: String) -> String { text.replacingOccurrences(of: "#", with: "\(host.basePort)") }
        // One for another of its ports: of no use to the gateway.
        let passing = options(host, gateway.sockets.map(numbered) + ["tcp=127.0.0.1:\(host.basePort + 11)"])
        let running = try host.start(["mazelclaw", "--profile", "p", "gateway", "--allow-unconfigured"], passing)
        try running.waitForOutput("listening on \(numbered(gateway.places))\n")
        for address in ["127.0.0.1", "[::1]"] {
            #expect(try health(host, address)?["profile"]?.string == "p", "\(address)")
        }
        #expect(running.errors.contains("is no TCP listener for the gateway, and is not used"))
        // Nobody accepts there: the launcher keeps it for the service manager.
        #expect(try ask(host, "127.0.0.1", host.basePort + 11) == "timed out\n")
        running.send(SIGTERM)
        #expect(try running.wait().code == 0)
        #expect(try ask(host, "127.0.0.1", host.basePort) == "ECONNREFUSED\n")
    }

    @Test(arguments: Starting.available, [true, false])
    func `one listener on every address is enough for the gateway, unless IPv4 is left out`(
        starting: Starting, isIPv6Only: Bool
    ) throws {
        let host = try Host(starting)
        try makeProfile(host, #""bind": "lan""#)
        let running = try host.start(
            ["mazelclaw", "--profile", "p", "gateway", "--allow-unconfigured"],
            options(host, ["\(isIPv6Only ? "only6" : "tcp")=:::\(host.basePort)"]))
        let rest = isIPv6Only ? " and 127.0.0.1:\(host.basePort)" : ""
        try running.waitForOutput("listening on [::]:\(host.basePort)\(rest)\n")
        for address in ["127.0.0.1", "[::1]"] {
            #expect(try health(host, address)?["profile"]?.string == "p", "\(address)")
        }
        running.send(SIGTERM)
        #expect(try running.wait().code == 0)
    }

    /// As a socket unit's second ListenStream= has it, 443 perhaps, which no gateway may bind.
    @Test(arguments: Starting.available)
    func `the gateway serves a listener on a port beside its own, where the policy lists it`(starting: Starting) throws
    {
        let host = try Host(starting)
        let port = host.thirdPort + 5
        let sockets = ["tcp=127.0.0.1:\(host.basePort)", "tcp=127.0.0.1:\(port)"]
        let gateway = ["mazelclaw", "--profile", "p", "gateway", "--allow-unconfigured"]
        let refused = try host.run(gateway, options(host, sockets))
        #expect(refused.code == 78)
        #expect(refused.sentences.last?.contains("add \(port) to \"ports\": {\"bind\"}") == true)
        var passing = options(host, sockets)
        passing.more += [
            "--policy", try host.policy("gateway.json", replacing: "\"bind\": [", with: "\"bind\": [\(port), "),
        ]
        let running = try host.start(gateway, passing)
        try running.waitForOutput("listening on ")
        #expect(running.output.contains("127.0.0.1:\(port)"))
        #expect(running.output.contains("[::1]:\(host.basePort)"))
        for port in [host.basePort, port] {
            #expect(try health(host, "127.0.0.1", port)?["profile"]?.string == "p")
        }
        running.send(SIGTERM)
        #expect(try running.wait().code == 0)
    }

    private func health(_ host: Host, _ address: String, _ port: UInt16? = nil) throws -> JSON? {
        let code = "import sys, urllib.request as r; print(r.urlopen(sys.argv[1], timeout=5).read().decode())"
        let words = ["/usr/bin/python3", "-c", code, "http://\(address):\(port ?? host.basePort)/health"]
        let end = try Running(words.map { Array($0.utf8) }, files: "\(host.root)/output", Running.Setup()).wait()
        return try JSON(parsing: end.outputBytes)
    }

    private func makeProfile(_ host: Host, _ members: String) throws {
        let launching = host.starting == .root ? nil : Host.payloadUser
        try Files.makeDirectory(host.configuration, owner: launching)
        try Files.makeDirectory("\(host.configuration)/profiles", owner: launching)
        try Files.write(
            "{\"basePort\": \(host.basePort), \(members)}", to: "\(host.configuration)/profiles/p.json", mode: 0o600,
            owner: launching)
    }

    // MARK: Not passed

    @Test(arguments: Starting.available)
    func `what is passed to another process is closed, and said`(starting: Starting) throws {
        let host = try Host(starting)
        let passing = options(
            host, ["tcp=127.0.0.1:\(host.basePort + 1)"], ["LISTEN_PID=1", "LISTEN_FDS=1", "LISTEN_FDNAMES=x"])
        let end = try host.run(["sh", "-c", "env | grep -c LISTEN_; exec \(host.stage.probe) D01"], passing)
        #expect(end.output.hasPrefix("0\n"), "\(end.errors)")
        #expect(end.output.contains(#""value":"0 1 2 64""#))
        #expect(end.sentences.contains { $0.contains("ignoring LISTEN_FDS: LISTEN_PID=1 is not this process") })
    }

    static let contradictions: [(variables: [String], named: String)] = [
        (["LISTEN_PID=PID", "LISTEN_FDS=2"], "descriptor 4 is not open"),
        (["LISTEN_PID=PID", "LISTEN_FDS=1000"], "descriptor 4 is not open"),
        (["LISTEN_PID=PID", "LISTEN_FDS=x"], "LISTEN_FDS=x"), (["LISTEN_PID=PID", "LISTEN_FDS=-1"], "LISTEN_FDS=-1"),
        (["LISTEN_PID=PID", "LISTEN_FDS=2147483647"], "LISTEN_FDS=2147483647"),
        (["LISTEN_PID=self", "LISTEN_FDS=1"], "LISTEN_PID=self"),
        (["LISTEN_PID=PID", "LISTEN_FDS=1", "LISTEN_FDNAMES=a:b"], "LISTEN_FDNAMES=a:b"),
    ]

    @Test(arguments: Starting.available, contradictions)
    func `variables that contradict themselves or what is open are refused`(
        starting: Starting, contradiction: (variables: [String], named: String)
    ) throws {
        let host = try Host(starting)
        try host.makeState()
        let passing = options(host, ["unix"], contradiction.variables)
        let end = try host.run(["touch", "\(host.stateDirectory())/ran"], passing)
        #expect(end.code == 2)
        #expect(end.sentences.last?.contains(contradiction.named) == true, "\(end.errors)")
        #expect(!Files.exists("\(host.stateDirectory())/ran"))
    }

    @Test(arguments: Starting.available)
    func `a status descriptor among those passed is refused`(starting: Starting) throws {
        let host = try Host(starting)
        var passing = options(host, ["tcp=127.0.0.1:\(host.basePort)"])
        passing.more = ["--status-fd", "3"]
        let end = try host.run(["true"], passing)
        #expect(end.code == 2)
        #expect(end.sentences.last?.contains("--status-fd 3") == true)
        #expect(end.sentences.last?.contains("from 4 on") == true)
    }

    /// What is passed as descriptor 4 behind a good one, with offsets of the base port for ports below 1024; how it is
    /// named, and by which rule it is refused.
    static let strangers: [(socket: String, port: Int, named: String, rule: String)] = [
        ("tcp=127.0.0.1:", 1, "127.0.0.1:#/tcp", "unassigned-port"),
        ("tcp=127.0.0.1:", 128, "127.0.0.1:#/tcp", "unassigned-port"),
        ("tcp=0.0.0.0:", 11, "0.0.0.0:#/tcp", "loopback-only"), ("tcp=:::", 2, "[::]:#/tcp", "loopback-only"),
        ("only6=:::", 0, "[::]:#/tcp", "outside-bind-scope"),
        ("tcp=::ffff:0.0.0.0:", 12, "[::ffff:0.0.0.0]:#/tcp", "loopback-only"),
        ("shared=127.0.0.1:", 11, "127.0.0.1:#/tcp", "shared-port"),
        ("bound=127.0.0.1:", 1, "127.0.0.1:#/tcp that does not listen", "unassigned-port"),
        ("udp=127.0.0.1:", 11, "127.0.0.1:# of another protocol than TCP", "listening-tcp-only"),
        ("mptcp=127.0.0.1:", 11, "127.0.0.1:# of another protocol than TCP", "listening-tcp-only"),
        ("unix", -1, "a Unix socket", "listening-tcp-only"), ("file", -1, "no socket", "listening-tcp-only"),
    ]

    @Test(arguments: Starting.available, strangers)
    func `what is no listener on an own port is refused by rule`(
        starting: Starting, stranger: (socket: String, port: Int, named: String, rule: String)
    ) throws {
        let host = try Host(starting)
        try host.makeState()
        let port = Int(host.basePort) + stranger.port
        let socket = stranger.port < 0 ? stranger.socket : stranger.socket + "\(port)"
        var passing = options(
            host, ["tcp=127.0.0.1:\(host.basePort)", socket],
            ["LISTEN_PID=PID", "LISTEN_FDS=2", "LISTEN_FDNAMES=good:bad"])
        for degradation in [[], ["--allow-degraded", "broker"]] {
            passing.more = degradation
            let end = try host.run(["touch", "\(host.stateDirectory())/ran"], passing)
            #expect(end.code == 78)
            let sentence = String(end.sentences.last ?? "")
            #expect(sentence.contains("descriptor 4 of LISTEN_FDS"), "\(end.errors)")
            #expect(sentence.contains(stranger.named.replacingOccurrences(of: "#", with: "\(port)")))
            #expect(sentence.contains("\"bad\""))
            #expect(sentence.contains("rule \(stranger.rule)"), "\(end.errors)")
            #expect(!Files.exists("\(host.stateDirectory())/ran"))
        }
    }

    @Test(arguments: Starting.available)
    func `a listener on every address needs a profile that says so`(starting: Starting) throws {
        let host = try Host(starting)
        let passing = options(host, ["tcp=:::\(host.basePort)"])
        let code = Self.answering + "answer(3)"
        let refused = try host.run(python(code), passing)
        #expect(refused.code == 78)
        #expect(refused.sentences.last?.contains("\"bind\": \"lan\"") == true)
        try makeProfile(host, #""bind": "lan""#)
        let running = try host.start(python(code), passing)
        try running.waitForOutput("ready")
        // One socket for both families, as ListenStream=PORT makes it.
        #expect(try ask(host, "127.0.0.1", host.basePort) == "\(host.basePort) from ::ffff:127.0.0.1\n")
        #expect(try ask(host, "::1", host.basePort) == "\(host.basePort) from ::1\n")
        running.send(SIGTERM)
        try running.wait()
    }

    @Test(arguments: Starting.available)
    func `somebody else on the other family of a passed port is still found`(starting: Starting) throws {
        let host = try Host(starting)
        let script =
            "s = create_server(('::1', \(host.basePort)), family=AF_INET6); print('up', flush=True); time.sleep(60)"
        let holder = try Running(
            python(script).map { Array($0.utf8) }, files: "\(host.root)/output", Running.Setup())
        try holder.waitForOutput("up")
        let end = try host.run(["true"], options(host, ["tcp=127.0.0.1:\(host.basePort)"]))
        #expect(end.code == 125)
        #expect(end.sentences.last?.contains("port \(host.basePort) is in use") == true, "\(end.errors)")
        holder.send(SIGKILL)
        try holder.wait()
        #expect(try host.run(["true"], options(host, ["tcp=127.0.0.1:\(host.basePort)"])).code == 0)
    }
}
