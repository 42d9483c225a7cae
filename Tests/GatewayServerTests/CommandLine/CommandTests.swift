import Foundation
import JSON
import Testing

/// The value `status --json` gives for `name`.
private func value(_ result: BuiltCommand.Result, _ name: String) throws -> JSON? {
    try JSON(parsing: Array(result.output.utf8))[name]?["value"]
}

@Test func `two commands bring a gateway up, and status follows it`() async throws {
    let command = try BuiltCommand()
    let port = try Port.free()
    let setup = try await command.run("--profile", command.profile, "setup", "--port", "\(port)")
    #expect(setup.code == 0)
    #expect(setup.output.contains("Wrote \(command.home)/.mazelclaw-\(command.profile)/mazelclaw.json"))
    #expect(
        setup.output.contains(
            "Workspace OK: \(command.home)/.mazelclaw-\(command.profile)/workspace-\(command.profile)"))

    let down = try await command.run("--profile", command.profile, "status")
    #expect(down.code == 1)
    #expect(down.output.contains("\(command.profile): down"))

    let end = try await command.gateway("--profile", command.profile, "gateway") { process in
        let status = try await command.run("--profile", command.profile, "status")
        #expect(status.code == 0)
        #expect(status.output.contains("\(command.profile): up"))
        #expect(status.output.contains("PID \(process.processIdentifier)"))
        #expect(status.output.contains("\(port) [basePort in the profile file]"))
        #expect(status.output.contains("\(command.profile) [--profile]"))
        // Another profile is not taken for it, whatever its own port is.
        #expect(try await command.run("--profile", command.other, "status").code == 1)
    }
    #expect(end.code == 0)
    #expect(try await command.run("--profile", command.profile, "status").code == 1)
}

@Test func `a gateway without a configuration makes one, and says so in one line`() async throws {
    let command = try BuiltCommand()
    let port = try Port.free()
    let end = try await command.gateway("--profile", command.profile, "gateway", "--port", "\(port)") { _ in
        try await #expect(HTTPAnswer.get(port, "/health").json?["profile"]?.string == command.profile)
    }
    #expect(end.code == 0)
    #expect(end.output.split(separator: "\n").count { $0.hasPrefix("Wrote ") } == 1)
    #expect(try await command.run("--profile", command.profile, "setup").output.contains("Config OK"))
}

@Test func `no name service of the host is loaded into the gateway`() async throws {
    let command = try BuiltCommand()
    try command.write("passwd: compat\ngroup: compat\nhosts: compat\n", to: "nsswitch.conf")
    let hosts = "mount --bind \"$0\" /etc/nsswitch.conf && exec \"$@\""
    let wrapper = ["/usr/bin/unshare", "-Urm", "/bin/sh", "-c", hosts, "\(command.home)/nsswitch.conf"]
    let port = try Port.free()
    // The second start finds a database, and looks at its files.
    for _ in 1...2 {
        let end = try await command.gateway(
            "--profile", command.profile, "gateway", "--port", "\(port)", wrapper: wrapper
        ) { process in
            let maps = try String(contentsOfFile: "/proc/\(process.processIdentifier)/maps", encoding: .utf8)
            #expect(maps.contains("/mazelclaw\n"))
            #expect(!maps.contains(".so"))
        }
        #expect(end.code == 0)
    }
}

@Test(arguments: [SIGTERM, SIGINT, SIGHUP])
func `a signal ends the gateway with code 0`(signal: Int32) async throws {
    let command = try BuiltCommand()
    let end = try await command.gateway(
        "--profile", command.profile, "gateway", "--port", "\(Port.free())", signal: signal
    ) { _ in }
    #expect(end.code == 0)
}

@Test func `inherited variables do not decide what a named profile is`() async throws {
    let command = try BuiltCommand()
    let environment = [
        "MAZELCLAW_PROFILE": "main", "MAZELCLAW_STATE_DIR": "/main", "MAZELCLAW_CONFIG_PATH": "/main/c.json",
        "MAZELCLAW_GATEWAY_PORT": "18789", "MAZELCLAW_GATEWAY_TOKEN": "t",
    ]
    let result = try await command.run("--profile", command.profile, "status", "--json", environment: environment)
    #expect(try value(result, "profile")?.string == command.profile)
    #expect(try value(result, "stateDir")?.string == "\(command.home)/.mazelclaw-\(command.profile)")
    #expect(try value(result, "configPath")?.string == "\(command.home)/.mazelclaw-\(command.profile)/mazelclaw.json")
    for name in environment.keys { #expect(result.errors.contains(name)) }
}

@Test func `a variable and a flag name the same profile`() async throws {
    let command = try BuiltCommand()
    let flag = try await command.run("--profile", command.profile, "status", "--json")
    let variable = try await command.run("status", "--json", environment: ["MAZELCLAW_PROFILE": command.profile])
    for name in ["profile", "stateDir", "configPath", "workspace", "port"] {
        #expect(try value(flag, name) == value(variable, name))
    }
}

@Test func `inside the sandbox the launcher's word counts, and a disagreement is named`() async throws {
    let command = try BuiltCommand()
    let port = try Port.free()
    try command.write(
        #"{"gateway": {"port": 18789, "mode": "local", "auth": {"token": "t"}}}"#, to: "state dir/mazelclaw.json")
    let environment = [
        "MAZELCLAW_SANDBOX": "1", "MAZELCLAW_PROFILE": "main", "MAZELCLAW_STATE_DIR": "\(command.home)/state dir",
        "MAZELCLAW_CONFIG_PATH": "\(command.home)/state dir/mazelclaw.json", "MAZELCLAW_GATEWAY_PORT": "\(port)",
        "MAZELCLAW_WORKSPACE": "\(command.home)/elsewhere",
    ]
    let end = try await command.gateway("--profile", "main", "gateway", environment: environment) { _ in
        let status = try await command.run("--profile", "main", "status", environment: environment)
        #expect(status.code == 0)
        #expect(status.output.contains("gateway.port is 18789"))
        #expect(status.output.contains("inside the sandbox"))
    }
    #expect(end.errors.contains("gateway.port is 18789"))
    let other = try await command.run("--profile", "main", "gateway", "--port", "20000", environment: environment)
    #expect(other.code == 2)
    #expect(other.errors.contains("\(port)"))
}

@Test func `a foreign server on the port is not taken for the gateway`() async throws {
    let command = try BuiltCommand()
    let port = try Port.free()
    _ = try await command.run("--profile", command.profile, "setup", "--port", "\(port)")
    let listener = try Listener(port: port)
    defer { listener.close() }
    for answer in ["HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", "220 mail ESMTP\r\n", ""] {
        let thread = Thread { listener.answerOnce(answer) }
        thread.start()
        let status = try await command.run("--profile", command.profile, "status")
        #expect(status.code == 1)
        #expect(status.output.contains("\(command.profile): foreign"))
    }
    let gateway = try await command.run("--profile", command.profile, "gateway")
    #expect(gateway.code == 1)
    #expect(gateway.errors.contains("port \(port) is already in use on 127.0.0.1 by PID \(getpid()) ("))
}

@Test func `another instance on the port is not taken for this one`() async throws {
    let command = try BuiltCommand()
    let port = try Port.free()
    _ = try await command.run("--profile", command.profile, "setup", "--port", "\(port)")
    let imposters = [
        ["MAZELCLAW_PROFILE": command.other, "MAZELCLAW_STATE_DIR": "\(command.home)/q"],
        ["MAZELCLAW_PROFILE": command.profile, "MAZELCLAW_STATE_DIR": "\(command.home)/p2"],
    ]
    for environment in imposters {
        _ = try await command.gateway("gateway", "--port", "\(port)", environment: environment) { _ in
            let status = try await command.run("--profile", command.profile, "status")
            #expect(status.code == 1)
            #expect(status.output.contains("\(command.profile): other"))
        }
    }
}

@Test(arguments: [64, 256]) func `silent connections leave the gateway descriptors, and cost no time`(limit: Int)
    async throws
{
    let (command, port) = try await BuiltCommand.withEcho()
    let end = try await command.gateway(
        "--profile", command.profile, "gateway", wrapper: ["/usr/bin/prlimit", "--nofile=\(limit):\(limit)"]
    ) { process in
        let client = try await WebSocketClient(port: port)
        try await client.enter(ConnectRequest())
        let strangers = try (0..<2 * limit).map { _ in try Wire(port: port) }
        // All but the last had to make room: one peer has three quarters of what there may be, and the client is one.
        let share = max(limit - 128, limit / 4) / 4 * 3
        try await #expect(strangers[2 * limit - share].readToEnd() == [])
        // Who is in is answered, and a program is started for it.
        let answer = try await client.call(
            "agent", ["message": "hello", "sessionKey": "main", "idempotencyKey": "1"], id: "run")
        #expect(answer?["ok"] == true)
        let wait = try await client.call("agent.wait", ["runId": "1", "timeoutMs": 10_000])
        #expect(wait?["payload"]?["status"] == "ok", "\(wait ?? .null)")
        func time() throws -> Int {
            let text = try String(contentsOfFile: "/proc/\(process.processIdentifier)/stat", encoding: .utf8)
            let fields = text.drop { $0 != ")" }.split(separator: " ")
            return try #require(Int(fields[12])) + #require(Int(fields[13]))
        }
        // In hundredths of a second (proc_pid_stat(5), utime and stime): an event loop that tries to accept takes all.
        let before = try time()
        try await Task.sleep(for: .seconds(1))
        #expect(try time() - before < 50)
        withExtendedLifetime(strangers) {}
    }
    #expect(end.code == 0)
    #expect(end.errors.split(separator: "\n").count { $0.contains("too many connections") } == 1, "\(end.errors)")
}

@Test func `one instance runs once`() async throws {
    let command = try BuiltCommand()
    _ = try await command.gateway("--profile", command.profile, "gateway", "--port", "\(Port.free())") { process in
        let second = try await command.run("--profile", command.profile, "gateway", "--port", "\(Port.free())")
        #expect(second.code == 1)
        #expect(second.errors.contains("already runs (PID \(process.processIdentifier)"))
    }
}

@Test func `a device let in is known after the gateway was killed`() async throws {
    let command = try BuiltCommand()
    let port = try Port.free()
    try command.write(
        #"{"gateway": {"mode": "local", "auth": {"token": "\#(TestInstance.token)"}}}"#,
        to: ".mazelclaw-\(command.profile)/mazelclaw.json")
    let device = try TestDevice()
    var token: String? = TestInstance.token
    for _ in 1...2 {
        let end = try await command.gateway(
            "--profile", command.profile, "gateway", "--port", "\(port)", signal: SIGKILL
        ) {
            _ in
            let client = try await WebSocketClient(port: port)
            let nonce = try await client.nonce()
            var request = ConnectRequest()
            request.token = token
            request.device = try device.proof(
                nonce: nonce, signedAt: Int64(Date().timeIntervalSince1970 * 1000), token: token)
            try client.send(request.json)
            let answer = try await client.frame()
            #expect(answer?["ok"] == true)
            // The second time it comes with its own token only.
            token = answer?["payload"]?["auth"]?["deviceToken"]?.string
        }
        #expect(end.code == -SIGKILL)
    }
}

@Test(arguments: [
    (["--profile", "a b", "status"], 2, "[mazelclaw] Invalid --profile"),
    (["--profile"], 2, "[mazelclaw] --profile requires a value"),
    (["--dev", "--profile", "x", "status"], 2, "[mazelclaw] Cannot combine --dev with --profile"),
    (["status", "--nonsense"], 2, "--nonsense"), (["nonsense"], 2, "nonsense"),
    (["gateway", "--port", "80"], 2, "--port is \"80\""), (["gateway", "--port", "99999"], 2, "--port is \"99999\""),
    (["setup", "--port", "65426"], 2, "65426"),
])
func `a wrong command line is told what is wrong`(arguments: [String], code: Int32, message: String) async throws {
    let command = try BuiltCommand()
    let result = try await command.run(arguments)
    #expect(result.code == code)
    #expect(result.errors.contains(message))
}

@Test(arguments: [
    (#"{"gateway": {"port": "x"}}"#, "mazelclaw.json:1:22: gateway.port"),
    ("{ // hi\n  a b\n}", "mazelclaw.json:2:5: expected a colon"), ("{ // hi\n}", "(current: unset)"),
    (#"{"gateway": {"mode": "remote"}}"#, "Gateway start blocked"),
])
func `a configuration that cannot work ends the start for good`(text: String, message: String) async throws {
    let command = try BuiltCommand()
    try command.write(text, to: ".mazelclaw-\(command.profile)/mazelclaw.json")
    let result = try await command.run("--profile", command.profile, "gateway")
    #expect(result.code == 78)
    #expect(result.errors.contains(message))
    #expect(try command.read(".mazelclaw-\(command.profile)/mazelclaw.json") == text)
}

@Test func `setup warns of a base port that the kernel gives to outgoing connections`() async throws {
    let command = try BuiltCommand()
    let range = try String(contentsOfFile: "/proc/sys/net/ipv4/ip_local_port_range", encoding: .utf8)
    let first = try #require(range.split(separator: "\t").first.flatMap { Int($0) })
    let inside = try await command.run("--profile", command.profile, "setup", "--port", "\(first)")
    #expect(inside.code == 0)
    #expect(inside.errors.contains("port \(first) of \(command.profile) is in the kernel's ephemeral range"))
    let below = try await command.run("--profile", command.other, "setup", "--port", "\(first - 200)")
    #expect(below.errors == "")
}

@Test func `help and version end well`() async throws {
    let command = try BuiltCommand()
    #expect(try await command.run("--version").output == "0.1.0\n")
    for (arguments, usage) in [
        (["--help"], "["), (["--profile", "x", "--help"], "["), ([], "["), (["gateway", "--help"], "gateway <"),
        (["gateway", "run", "--help"], "gateway run ["),
        (["cron", "add", "--help"], "cron add "), (["help", "cron", "add"], "cron add "),
    ] {
        let help = try await command.run(arguments)
        #expect(help.code == 0)
        #expect(help.output.contains("USAGE: mazelclaw \(usage)"), "\(help.output)")
    }
}

@Test(arguments: ["/nowhere/notify", "notify"])
func `a service manager that cannot be told ends the start with code 2`(address: String) async throws {
    let command = try BuiltCommand()
    let result = try await command.run(
        "--profile", command.profile, "gateway", "--port", "\(Port.free())", environment: ["NOTIFY_SOCKET": address])
    #expect(result.code == 2)
    #expect(result.errors.contains("NOTIFY_SOCKET=\(address)"))
}
