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
}
