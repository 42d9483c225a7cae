import Foundation
import Glibc
import Testing

/// X: two profiles of one user, both running.
@Suite(.recorded) struct NeighbourTests {
    private let server = """
        import http.server, os, sys
        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                body = os.environ["MAZELCLAW_PROFILE"].encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)
            def log_message(self, *arguments):
                print("request", flush=True)
        server = http.server.HTTPServer(("127.0.0.1", int(os.environ["MAZELCLAW_GATEWAY_PORT"])), Handler)
        print("ready", flush=True)
        server.serve_forever()
        """

    private func startPair(_ host: Host) throws -> [Running] {
        let pair = try [("first", host.secondPort), ("second", host.basePort)].map { name, port in
            try host.start(["/usr/bin/python3", "-c", server], Host.Options(profile: name, port: port))
        }
        for running in pair { try running.waitForOutput("ready") }
        return pair
    }

    @Test(arguments: Starting.available)
    func `both gateways answer on the host, each on its own port`(starting: Starting) throws {
        let host = try Host(starting)
        let pair = try startPair(host)
        for (name, port) in [("first", host.secondPort), ("second", host.basePort)] {
            let client = "import urllib.request as r; print(r.urlopen('http://127.0.0.1:\(port)').read().decode())"
            let answer = try Running(
                ["/usr/bin/python3", "-c", client].map { Array($0.utf8) }, files: "\(host.root)/output",
                Running.Setup()
            ).wait().output
            #expect(answer == "\(name)\n")
        }
        for running in pair { running.send(SIGTERM) }
        for running in pair { #expect(try running.wait().code == 128 + SIGTERM) }
    }

    @Test(arguments: Starting.available)
    func `neither sees, reads, signals or reaches the other`(starting: Starting) throws {
        let host = try Host(starting)
        let pair = try startPair(host)
        let secret = UUID().uuidString
        for name in ["first", "second"] {
            try Files.write(secret, to: host.stateDirectory(name) + "/secret", mode: 0o600, owner: Host.payloadUser)
        }
        let alive = pair.map { [$0.processID] + Processes.descendants(of: $0.processID) }
        for (other, port) in [("second", host.basePort), ("first", host.secondPort)] {
            // A third instance stands for either: it has the same user and the same rules.
            let pids = alive.joined().map(String.init).joined(separator: " ")
            let script = """
                cat \(host.stateDirectory(other))/secret; ls \(host.stateDirectory(other))
                for pid in \(pids); do kill -0 $pid; kill -9 $pid; ls -d /proc/$pid; done
                python3 - <<'END'
                import socket
                for address in ("127.0.0.1", "127.0.0.2", "0.0.0.0", "::1", "::ffff:127.0.0.1"):
                    s = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET)
                    print(s.connect_ex((address, \(port))))
                END
                """
            let options = Host.Options(profile: "third", port: host.thirdPort)
            let end = try host.run(["sh", "-c", script], options)
            // 13 is EACCES.
            #expect(end.output == "13\n13\n13\n13\n13\n")
            #expect(!end.errors.contains(secret))
        }
        for (running, processes) in zip(pair, alive) {
            #expect(running.output == "ready\n")
            #expect(processes.allSatisfy(Processes.isAlive))
        }
    }

    @Test(arguments: Starting.available)
    func `start and stop of one leaves the other's files and processes as they are`(starting: Starting) throws {
        let host = try Host(starting)
        let options = Host.Options(profile: "first", port: host.secondPort)
        let first = try host.start(
            ["sh", "-c", "echo text > $MAZELCLAW_STATE_DIR/file; echo ready; exec sleep 100"], options)
        try first.waitForOutput("ready")
        let files = {
            Files.listing(host.stateDirectory("first"))
                + Files.listing(host.configuration).filter { $0.contains("first") }
        }
        let (before, times) = (files(), Processes.descendants(of: first.processID).map(Processes.startTime))
        #expect(try host.run(["sh", "-c", "touch $MAZELCLAW_STATE_DIR/own"]).code == 0)
        let stopped = try host.start(["sh", "-c", "echo ready; exec sleep 100"])
        try stopped.waitForOutput("ready")
        stopped.send(SIGTERM)
        try stopped.wait()
        #expect(files() == before)
        #expect(Processes.descendants(of: first.processID).map(Processes.startTime) == times)
    }

    @Test(arguments: Starting.available)
    func `bases closer than 20 are refused and name the other profile and a free port`(starting: Starting) throws {
        let host = try Host(starting)
        #expect(try host.run(["true"], Host.Options(profile: "first", port: host.basePort + 19)).code == 0)
        let end = try host.run(["true"])
        #expect(end.code == 78)
        #expect(end.sentences.last?.contains("\"first\"") == true)
        #expect(end.sentences.last?.contains("next free base port is") == true)
    }

    @Test(arguments: Starting.available)
    func `bases 20 apart start, and the lower gives up its CDP ports from there`(starting: Starting) throws {
        let host = try Host(starting)
        #expect(try host.run(["true"], Host.Options(profile: "first", port: host.basePort + 20)).code == 0)
        let script = """
            import socket
            for offset in (0, 2, 11, 19, 20, 22, 31, 110):
                s = socket.socket()
                try: s.bind(("127.0.0.1", \(host.basePort) + offset)); print(offset)
                except PermissionError: pass
            """
        let end = try host.run(["/usr/bin/python3", "-c", script])
        #expect(end.output == "0\n2\n11\n19\n")
    }

    /// What a second profile would take of the first's.
    static let shares = [
        "--state-dir FIRST", "--state-dir FIRST/inner", "--workspace FIRST", "--bind FIRST", "--bind-ro FIRST/browser",
    ]

    @Test(arguments: Starting.available, shares)
    func `a directory of another profile's is refused by name and left as it was`(
        starting: Starting, share: String
    ) throws {
        let host = try Host(starting)
        let first = host.stateDirectory("first")
        // More profiles than a start's proof looks at.
        for number in 0..<5 {
            try host.writeProfile(
                "a\(number)", basePort: 2000 + 200 * UInt16(number),
                keys: "\"stateDirectory\": \"\(host.home)/.mazelclaw-a\(number)\"")
        }
        let firstOptions = Host.Options(profile: "first", port: host.secondPort)
        let script = "mkdir -p $MAZELCLAW_STATE_DIR/browser; touch $MAZELCLAW_STATE_DIR/browser/SingletonLock"
        #expect(try host.run(["sh", "-c", script], firstOptions).code == 0)
        let before = Files.listing(first)
        var options = Host.Options()
        options.more = share.replacingOccurrences(of: "FIRST", with: first).split(separator: " ").map(String.init)
        let end = try host.run(["touch", "\(first)/ran"], options)
        #expect(end.code == 78)
        #expect(end.sentences.last?.contains("is the state directory of profile \"first\"") == true, "\(end.errors)")
        #expect(Files.listing(first) == before)
        // The refused start has not become a profile that stands in the first's way.
        #expect(!Files.exists("\(host.configuration)/profiles/p.json"))
        #expect(try host.run(["true"], firstOptions).code == 0)
        #expect(try host.run(["true"]).code == 0)
    }

    /// What an instance that runs was given, and what a second one would take of it.
    static let takes: [(given: String, taken: String)] = [
        ("--state-dir GIVEN", "--state-dir GIVEN"), ("--state-dir GIVEN", "--state-dir GIVEN/inner"),
        ("--state-dir GIVEN", "--workspace GIVEN"), ("--state-dir GIVEN", "--bind-ro GIVEN"),
        ("--bind GIVEN", "--state-dir GIVEN"), ("--workspace GIVEN", "--state-dir GIVEN"),
    ]

    @Test(arguments: Starting.available, takes)
    func `what an instance that runs was given for its state is refused by name, until it ends`(
        starting: Starting, take: (given: String, taken: String)
    ) throws {
        let host = try Host(starting)
        let place = "\(host.home)/given"
        let words = { (text: String) in
            text.replacingOccurrences(of: "GIVEN", with: place).split(separator: " ").map(String.init)
        }
        for path in [place, "\(place)/inner"] { try Files.makeDirectory(path, mode: 0o700, owner: Host.payloadUser) }
        var options = Host.Options(profile: "first", port: host.secondPort)
        // Of the profile's own file, which the other start knows, it is no part.
        #expect(try host.run(["true"], options).code == 0)
        options.more = words(take.given)
        let first = try host.start(["sh", "-c", "echo ready; exec sleep 100"], options)
        try first.waitForOutput("ready")
        let before = Files.listing(place)
        var taking = Host.Options()
        taking.more = words(take.taken)
        let refused = try host.run(["touch", "\(place)/ran"], taking)
        #expect(refused.code == 125)
        #expect(
            refused.sentences.last?.contains("profile \"first\" runs with \(place) (PID \(first.processID)") == true,
            "\(refused.errors)")
        #expect(Files.listing(place) == before)
        #expect(!Files.exists("\(host.configuration)/profiles/p.json"))
        // Beside it others start, and with its directory once it has ended.
        #expect(try host.run(["true"], Host.Options(profile: "third", port: host.thirdPort)).code == 0)
        first.send(SIGTERM)
        try first.wait()
        #expect(try host.run(["true"], taking).code == 0)
    }

    @Test(arguments: Starting.available)
    func `one browser directory outside of all state directories belongs to who has it bound`(starting: Starting) throws
    {
        let host = try Host(starting)
        try Files.makeDirectory("\(host.home)/shared", mode: 0o700, owner: Host.payloadUser)
        var options = Host.Options()
        options.more = ["--bind", "\(host.home)/shared"]
        // What the operator binds is the operator's: it is there, and nothing else of the other's is.
        let end = try host.run(["sh", "-c", "touch \(host.home)/shared/file; ls -A \(host.home)"], options)
        #expect(end.output == ".mazelclaw-p\nshared\n")
    }
}
