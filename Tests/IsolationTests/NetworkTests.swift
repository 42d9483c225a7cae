import CProbe
import Foundation
import Glibc
import JSON
import Testing

/// N41: a sandbox with a network of its own.
@Suite(.recorded) struct NetworkTests {
    /// Says how each act ends: `say("act", function)` prints an errno's name, or OK.
    static let prelude = """
        import errno, os, sys, time
        from socket import *
        b = int(os.environ["MAZELCLAW_GATEWAY_PORT"])
        def say(act, body):
            try: body(); end = "OK"
            except OSError as e: end = errno.errorcode.get(e.errno, str(e))
            print(f"{act}: {end}", flush=True)
        def connect(host, port, kind=SOCK_STREAM):
            with socket(AF_INET6 if ":" in host else AF_INET, kind) as s:
                # To wait for an answer that never comes would say nothing.
                s.settimeout(5)
                s.connect((host, port))
        def bound(host, port, kind=SOCK_STREAM):
            s = socket(AF_INET6 if ":" in host else AF_INET, kind)
            s.setsockopt(SOL_SOCKET, SO_REUSEADDR, 1)
            s.bind((host, port))
            return s
        def listening(host, port):
            s = bound(host, port)
            s.listen()
            return s

        """

    static func python(_ code: String) -> [String] { ["/usr/bin/python3", "-c", prelude + code] }

    /// A listener of the host's on `port` of every address; what connects to it is never answered.
    private func listener(_ port: UInt16, type: __socket_type = SOCK_STREAM) throws -> Int32 {
        let socket = Glibc.socket(AF_INET, Int32(type.rawValue) | 0o2000000, 0)
        // Connections of a test that had these ports before may not be forgotten yet (tcp(7), TIME_WAIT).
        var one: Int32 = 1
        setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &one, 4)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        let isBound = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(socket, $0, 16) == 0 }
        }
        guard isBound, type != SOCK_STREAM || listen(socket, 8) == 0 else {
            throw Files.Failure(path: "port \(port)", errno: errno)
        }
        return socket
    }

    @Test(arguments: Starting.available)
    func `without a network nothing outside is reached, and programs inside reach each other`(starting: Starting) throws
    {
        let host = try Host(starting)
        try host.writeProfile(keys: "\"network\": \"none\"")
        let objects = try HostObjects()
        // On ports that Landlock lets through.
        let open = try [host.basePort, host.basePort + 2, host.basePort + 11].map { try listener($0) }
        let datagrams = try listener(host.basePort + 1, type: SOCK_DGRAM)
        defer { for socket in open + [datagrams] { close(socket) } }
        let code = """
            for host in ("1.1.1.1", "169.254.169.254", "192.168.0.1", "2606:4700:4700::1111"):
                for port in (443, 80, b): say(f"{host} {port}", lambda: connect(host, port))
                say(f"{host} udp", lambda: connect(host, 53, SOCK_DGRAM))
            for host in ("127.0.0.1", "127.0.0.2", "::ffff:127.0.0.1"):
                for port in (b, b + 2, b + 11): say(f"{host} {port - b}", lambda: connect(host, port))
            say("udp", lambda: socket(AF_INET, SOCK_DGRAM).sendto(b"x", ("127.0.0.1", b + 1)))
            say("abstract", lambda: socket(AF_UNIX).connect("\\0\(objects.socketName)"))
            print(if_nameindex())
            for offset in (0, 2, 11):
                with listening("127.0.0.1", b + offset) as s: say(f"own {offset}", lambda: connect("127.0.0.1", b + offset))
            with listening("::1", b) as s: say("own ::1", lambda: connect("::1", b))
            say("base + 1", lambda: bound("127.0.0.1", b + 1))
            say("every address", lambda: bound("0.0.0.0", b))
            """
        let end = try host.run(Self.python(code))
        var expected: [String] = []
        for address in ["1.1.1.1", "169.254.169.254", "192.168.0.1", "2606:4700:4700::1111"] {
            expected += ["443", "80", "\(host.basePort)", "udp"].map { "\(address) \($0): ENETUNREACH" }
        }
        for address in ["127.0.0.1", "127.0.0.2", "::ffff:127.0.0.1"] {
            expected += ["0", "2", "11"].map { "\(address) \($0): ECONNREFUSED" }
        }
        // A datagram to nobody is sent all the same (udp(7)).
        expected += ["udp: OK", "abstract: ECONNREFUSED", "[(1, 'lo')]"]
        expected += ["own 0: OK", "own 2: OK", "own 11: OK", "own ::1: OK"]
        expected += ["base + 1: EACCES", "every address: EACCES"]
        #expect(end.output.split(separator: "\n").map(String.init) == expected, "\(end.errors)")
        var byte: UInt8 = 0
        #expect(recv(datagrams, &byte, 1, Int32(MSG_DONTWAIT)) == -1)
        for port in [host.basePort, host.basePort + 2, host.basePort + 11] {
            #expect(try TCP.accepts("127.0.0.1", port))
        }
    }

    @Test(arguments: Starting.available)
    func `what listens in a sandbox without a network is not reached from outside`(starting: Starting) throws {
        let host = try Host(starting)
        try host.writeProfile(keys: "\"network\": \"none\"")
        let code = """
            held = [listening("127.0.0.1", b + offset) for offset in (0, 2, 11)]
            print("ready", flush=True)
            time.sleep(100)
            """
        let first = try host.start(Self.python(code))
        try first.waitForOutput("ready")
        for offset in [0, 2, 11] as [UInt16] { #expect(try !TCP.accepts("127.0.0.1", host.basePort + offset)) }
        let network = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/ns/net")
        let inside = Processes.descendants(of: first.processID)
        #expect(!inside.isEmpty)
        for process in inside {
            let other = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(process)/ns/net")
            #expect(other != network)
        }
        let ports = try host.plain(["ports", "--profile", "p"])
        #expect(ports.output.contains("note: the ports of p are in a network of its own"), "\(ports.output)")
        first.send(SIGTERM)
        #expect(try first.wait().code == 128 + SIGTERM)
    }

    @Test(arguments: Starting.available)
    func `a socket of the host's network is not let into a sandbox that has its own`(starting: Starting) throws {
        let host = try Host(starting)
        try host.writeProfile(keys: "\"network\": \"none\"")
        let give = "import os, socket, sys; s = socket.socket(); "
        for (number, name) in ["input", "output", "error"].enumerated() where number != 2 {
            var options = Host.Options()
            options.wrapper = [
                "/usr/bin/python3", "-c", give + "os.dup2(s.fileno(), \(number)); os.execvp(sys.argv[1], sys.argv[1:])",
            ]
            let end = try host.run(["true"], options)
            #expect(end.code == 2)
            #expect(end.sentences.last?.contains("standard \(name) is a socket of the host's network") == true)
        }
        var options = Host.Options()
        options.wrapper = [
            "/usr/bin/python3", "-c",
            give + "s.bind(('127.0.0.1', \(host.basePort))); s.listen(); "
                + "os.dup2(s.detach(), 100); os.dup2(100, 3); os.close(100); "
                + "os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS='1'); os.execvp(sys.argv[1], sys.argv[1:])",
        ]
        let end = try host.run(["true"], options)
        #expect(end.code == 78)
        #expect(end.sentences.last?.contains("rule network-none") == true, "\(end.errors)")
        // A Unix socket is the way to the journal.
        options.wrapper = [
            "/usr/bin/python3", "-c",
            "import os, socket, sys; a, b = socket.socketpair(); os.dup2(a.fileno(), 0); os.execvp(sys.argv[1], sys.argv[1:])",
        ]
        #expect(try host.run(["true"], options).code == 0)
    }

    @Test(arguments: Starting.available)
    func `why and explain tell of a sandbox's own network`(starting: Starting) throws {
        let host = try Host(starting)
        try host.writeProfile(keys: "\"network\": \"none\"")
        try host.makeState()
        for (destination, isAllowed) in [
            ("1.1.1.1:443", false), ("example.com:443", false), ("169.254.169.254:80", false),
            ("127.0.0.1:\(host.basePort)", true), ("[::1]:\(host.basePort)", true), ("localhost:443", true),
            ("127.0.0.1:8080", false),
        ] {
            let end = try host.command(["why", "connect", destination, "--json"])
            try #require(!end.output.isEmpty, "\(end.errors)")
            let answer = try #require(try JSON(parsing: end.outputBytes).array?.first)
            #expect(answer["allowed"]?.bool == isAllowed, "\(destination)")
            #expect(end.code == (isAllowed ? 0 : 1))
        }
        let explained = try host.command(["explain"]).output
        #expect(explained.contains("and a network with nobody in it"))
        #expect(explained.contains("init: loopback"))
        #expect(try host.command(["doctor"]).output.contains("network namespace"))
        let verified = try host.command(["verify"])
        #expect(verified.code == 0, "\(verified.output)")
    }

    @Test(arguments: Starting.available)
    func `a gateway with a private network is reached from outside, and the other ports are not`(
        starting: Starting
    ) throws {
        let host = try Host(starting)
        try host.writeProfile(keys: "\"network\": \"private\"")
        // What a program does with its listener: options and flags before it binds, its number after.
        let code = """
            import fcntl, selectors
            held = []
            chosen = selectors.DefaultSelector()
            for host in ("127.0.0.1", "::1"):
                s = socket(AF_INET6 if ":" in host else AF_INET)
                s.setsockopt(SOL_SOCKET, SO_REUSEADDR, 1)
                s.setsockopt(SOL_SOCKET, SO_KEEPALIVE, 1)
                s.setsockopt(IPPROTO_TCP, TCP_NODELAY, 1)
                s.setblocking(False)
                os.set_inheritable(s.fileno(), ":" in host)
                number = s.fileno()
                s.bind((host, b))
                s.listen()
                print(s.fileno() == number, s.getsockname()[:2], os.get_inheritable(number),
                      bool(fcntl.fcntl(s, fcntl.F_GETFL) & os.O_NONBLOCK),
                      [s.getsockopt(SOL_SOCKET, o) for o in (SO_REUSEADDR, SO_KEEPALIVE)],
                      s.getsockopt(IPPROTO_TCP, TCP_NODELAY))
                chosen.register(s, selectors.EVENT_READ)
                held.append(s)
            held += [listening("127.0.0.1", b + offset) for offset in (2, 11)]
            say("again", lambda: bound("127.0.0.1", b))
            say("every address", lambda: bound("0.0.0.0", b))
            say("base + 1", lambda: bound("127.0.0.1", b + 1))
            print("ready", flush=True)
            for turn in range(2):
                for key, _ in chosen.select(30):
                    peer, address = key.fileobj.accept()
                    print("from", address[0], peer.getsockname()[1] == b, flush=True)
                    peer.close()
            """
        let running = try host.start(Self.python(code))
        try running.waitForOutput("ready")
        let expected = ["127.0.0.1", "::1"].map { address in
            "True ('\(address)', \(host.basePort)) \(address == "::1" ? "True" : "False") True [1, 1] 1\n"
        }
        #expect(
            running.output == expected.joined() + "again: EADDRINUSE\nevery address: EACCES\nbase + 1: EACCES\nready\n",
            "\(running.errors)")
        for offset in [2, 11] as [UInt16] { #expect(try !TCP.accepts("127.0.0.1", host.basePort + offset)) }
        for address in ["127.0.0.1", "::1"] {
            #expect(try TCP.accepts(address, host.basePort))
            try running.waitForOutput("from \(address) True")
        }
        #expect(try running.wait().code == 0)
    }

    @Test(arguments: Starting.available)
    func `the gateway's socket and its connections lead to no other port and no other host`(starting: Starting) throws {
        let host = try Host(starting)
        try host.writeProfile(keys: "\"network\": \"private\"")
        let open = try listener(host.basePort + 1)
        defer { close(open) }
        let code = """
            import ctypes
            libc = ctypes.CDLL(None, use_errno=True)
            def disconnect(s):
                if libc.connect(s.fileno(), bytes(16), 16) < 0: raise OSError(ctypes.get_errno(), "")
            def shut():
                s = listening("127.0.0.1", b)
                s.shutdown(SHUT_RDWR)
                return s
            def unspecified():
                s = listening("127.0.0.1", b)
                disconnect(s)
                return s
            def child():
                with listening("127.0.0.1", b) as s:
                    print("ready", flush=True)
                    connection = s.accept()[0]
                disconnect(connection)
                return connection
            for make in (shut, unspecified, child):
                s = make()
                s.settimeout(1)
                for host, port in (("127.0.0.1", b + 1), ("127.0.0.1", 443), ("1.1.1.1", 443), ("1.1.1.1", b)):
                    say(f"{host} {port - b if port > 1023 else port}", lambda: s.connect((host, port)))
                    disconnect(s)
                # SO_BINDTODEVICE (socket(7)).
                say("device", lambda: s.setsockopt(SOL_SOCKET, 25, b"\\0"))
                say("bind", lambda: s.bind(("127.0.0.1", b + 2)))
                s.close()
            with listening("127.0.0.1", b) as s:
                s.shutdown(SHUT_RDWR)
                say("listen again", lambda: s.listen())
            with listening("127.0.0.1", b + 2) as s: say("inside", lambda: connect("127.0.0.1", b + 2))
            """
        let running = try host.start(Self.python(code))
        try running.waitForOutput("ready")
        #expect(try TCP.accepts("127.0.0.1", host.basePort))
        let end = try running.wait()
        // What leaves by the loopback interface for another host is lost: there is nobody to answer.
        let acts = [
            "127.0.0.1 1: EACCES", "127.0.0.1 443: EACCES", "1.1.1.1 443: EACCES", "1.1.1.1 0: timed out",
            "device: EPERM", "bind: EACCES",
        ]
        let expected = acts + acts + ["ready"] + acts + ["listen again: OK", "inside: OK"]
        #expect(end.output.split(separator: "\n").map(String.init) == expected, "\(end.errors)")
        #expect(end.errors.contains("rule network-private"))
    }

    @Test(arguments: Starting.available)
    func `what is proved and told of a private network`(starting: Starting) throws {
        let host = try Host(starting)
        try host.writeProfile(keys: "\"network\": \"private\"")
        try host.makeState()
        let verified = try host.command(["verify"])
        #expect(verified.code == 0, "\(verified.output)")
        #expect(try host.command(["ports"]).output.contains("only \(host.basePort) is in the host's network"))
        let answer = try host.command(["why", "connect", "1.1.1.1:443"])
        #expect(answer.code == 1)
        #expect(answer.output.contains("rule egress-unlisted"))
        // The gateway's socket could reach whoever listens on another of the instance's ports.
        for offset in [0, 2, 11] as [UInt16] {
            let other = try listener(host.basePort + offset)
            #expect(try host.run(["true"]).code == 125)
            close(other)
        }
        #expect(try host.run(["true"]).code == 0)
    }
}
