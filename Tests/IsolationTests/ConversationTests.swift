import Glibc
import JSON
import Testing

/// A conversation with the built programs: two agents, two clients, and kill -9 in between.
@Suite(.recorded) struct ConversationTests {
    /// Where the gateway runs.
    enum Place: String, CaseIterable {
        case sandbox, host
    }

    /// A sandboxed gateway, started in each way there is, and one without a sandbox.
    static let places = Starting.available.map { ($0, Place.sandbox) } + [(Starting.unprivileged, Place.host)]

    /// One client after another in the session of one agent.
    private struct Talker {
        let agent: String
        var said = 0
        /// The messages that were answered.
        var answered: [Int] = []
        var current: Running?
    }

    @Test(arguments: places)
    func `two agents answer two clients, and kill -9 takes back nothing that was answered`(
        starting: Starting, place: Place
    ) throws {
        let host = try Host(starting)
        try host.writeProfile()
        try host.makeState()
        try Files.write(
            Self.configuration(), to: "\(host.stateDirectory())/mazelclaw.json", mode: 0o600, owner: Host.payloadUser)
        var talkers = [Talker(agent: "main"), Talker(agent: "echo")]
        for round in 0..<3 {
            let gateway = try start(host, place)
            for _ in 0..<4 { try exchange(host, &talkers, killing: nil) }
            let doctor = try run(host, ["chat", "/doctor"])
            #expect(doctor.output.contains(place == .sandbox ? "in its sandbox" : "no sandbox"))
            // While they speak.
            let victim = try #require(payload(of: gateway, place))
            try exchange(host, &talkers, killing: (victim, after: UInt32(round) * 20_000))
            let end = try gateway.wait()
            #expect(place == .sandbox ? end.code == 137 : end.signal == SIGKILL)
        }
        for talker in talkers {
            #expect(talker.answered.count >= 12)
            // The gateway does not run, and what was said is found all the same.
            let found = try run(
                host, ["sessions", "search", "--json", "--agent", talker.agent, "--limit", "1000", "number"])
            let hits = try JSON(parsing: Array(found.output.utf8))["hits"]?.array ?? []
            let said = hits.filter { $0["role"] == "user" }
                .sorted { $0["sequence"]?.integer ?? 0 < $1["sequence"]?.integer ?? 0 }
                .compactMap { hit in hit["snippet"]?.string?.split(separator: " ").last.flatMap { Int($0) } }
            #expect(said == said.sorted() && Set(said).count == said.count, "\(said)")
            #expect(Set(said).isSuperset(of: talker.answered), "\(said)")
        }
    }

    @Test(arguments: places)
    func `a gateway that is to speak TLS makes its certificate, which others check and commands know`(
        starting: Starting, place: Place
    ) throws {
        let host = try Host(starting)
        try host.writeProfile()
        try host.makeState()
        try Files.write(
            Self.configuration(#""tls": {"enabled": true}, "#), to: "\(host.stateDirectory())/mazelclaw.json",
            mode: 0o600, owner: Host.payloadUser)
        let certificate = "\(host.stateDirectory())/gateway/tls/gateway-cert.pem"
        let key = "\(host.stateDirectory())/gateway/tls/gateway-key.pem"
        var first: String?
        for _ in 0..<2 {
            let gateway = try start(host, place)
            #expect(try health(host, certificate)?["profile"] == "p")
            let chat = try run(host, ["chat", "--agent", "echo", "by TLS"])
            #expect(chat.output.hasPrefix("heard: by TLS\n"), "\(chat.errors)")
            #expect(try run(host, ["status"]).output.contains("TLS        on, certificate SHA-256 "))
            let text = Files.read(certificate)
            #expect(text != nil && (first == nil || first == text))
            first = text
            #expect(Files.mode(of: key) == 0o600)
            #expect(Files.owner(of: key) == Host.payloadUser)
            gateway.send(SIGTERM)
            #expect(try gateway.wait().code == 0)
        }
    }

    /// What the gateway answers to a client that trusts `certificate` and nothing else.
    private func health(_ host: Host, _ certificate: String) throws -> JSON? {
        let code = """
            import ssl, sys, urllib.request as r
            trust = ssl.create_default_context(cafile=sys.argv[1])
            print(r.urlopen(sys.argv[2], timeout=5, context=trust).read().decode())
            """
        let words = [
            "/usr/bin/python3", "-c", code, certificate, "https://127.0.0.1:\(host.basePort)/health",
        ]
        let end = try Running(words.map { Array($0.utf8) }, files: "\(host.root)/output", Running.Setup()).wait()
        return try JSON(parsing: end.outputBytes)
    }

    /// `gateway` are members of that section, each with a comma behind it.
    private static func configuration(_ gateway: String = "") -> String {
        """
        {"gateway": {\(gateway)"mode": "local", "auth": {"token": "the-token"}},
         "agents": {"list": [{"id": "main"}, {"id": "echo", "model": "tool"}],
                    "defaults": {"cliBackends": {"tool": {"command": "/bin/sh", "output": "text",
                                                          "args": ["-c", "echo \\"heard: $1\\"; pwd", "sh"]}}}}}
        """
    }

    /// Both say something at once; at the same time the process `killing` is killed, when one is given.
    private func exchange(_ host: Host, _ talkers: inout [Talker], killing: (pid_t, after: UInt32)?) throws {
        for index in talkers.indices {
            talkers[index].said += 1
            let message = "number \(talkers[index].said)"
            talkers[index].current = try launch(host, ["chat", "--agent", talkers[index].agent, message])
        }
        if let (process, delay) = killing {
            usleep(delay)
            kill(process, SIGKILL)
        }
        for index in talkers.indices {
            guard let end = try talkers[index].current?.wait() else { continue }
            guard end.code == 0 else {
                #expect(killing != nil, "\(end.errors)")
                continue
            }
            let (agent, number) = (talkers[index].agent, talkers[index].said)
            if agent == "echo" {
                #expect(end.output.hasPrefix("heard: number \(number)\n\(host.stateDirectory())/"))
                #expect(end.output.hasSuffix("/agents/echo\n"))
            } else {
                #expect(end.output.contains("No model is configured for the agent \"main\""))
            }
            talkers[index].answered.append(number)
        }
    }

    private func start(_ host: Host, _ place: Place) throws -> Running {
        let words = ["--profile", "p", "gateway"]
        let running =
            switch place {
            case .sandbox: try host.start(["mazelclaw"] + words)
            case .host: try launch(host, ["gateway"])
            }
        try running.waitForOutput("listening on ")
        return running
    }

    /// The gateway's own process.
    private func payload(of running: Running, _ place: Place) -> pid_t? {
        guard place == .sandbox else { return running.processID }
        return Processes.descendants(of: running.processID).first { process in
            let program = Files.read("/proc/\(process)/cmdline")?.split(separator: "\0").first
            return program?.split(separator: "/").last == "mazelclaw"
        }
    }

    private func run(_ host: Host, _ words: [String]) throws -> Running.Ended { try launch(host, words).wait() }

    /// `mazelclaw` outside of any sandbox, as the one who started the gateway.
    private func launch(_ host: Host, _ words: [String]) throws -> Running {
        var setup = Running.Setup()
        setup.environment = host.environment
        let identity = host.starting == .unprivileged && geteuid() == 0 ? Host.becomingUser : []
        let command = identity + [host.stage.gateway, "--profile", "p"] + words
        return try Running(command.map { Array($0.utf8) }, files: "\(host.root)/output", setup)
    }
}
