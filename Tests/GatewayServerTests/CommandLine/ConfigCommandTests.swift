import Foundation
import Fuzzing
import JSON
import Testing

/// `mazelclaw config` and `doctor`, as people and scripts run them.
@Suite(.serialized) struct ConfigCommandTests {
    private static let text = """
        // My gateway.
        {
          gateway: {
            mode: 'local', // here
            auth: { token: 'a-secret-of-mine' },
          },
        }

        """

    private let command: BuiltCommand
    private let file: String

    init() throws {
        command = try BuiltCommand()
        file = ".mazelclaw-\(command.profile)/mazelclaw.json"
        try command.write(Self.text, to: file)
    }

    private func run(_ arguments: String..., input: String? = nil) async throws -> BuiltCommand.Result {
        try await command.run(["--profile", command.profile] + arguments, input: input)
    }

    @Test func `get prints text bare, everything else as JSON, and what counts by default`() async throws {
        #expect(try await run("config", "get", "gateway.mode").output == "local\n")
        #expect(try await run("config", "get", "gateway.mode", "--json").output == "\"local\"\n")
        #expect(try await run("config", "get", "gateway.reload.debounceMs").output == "300\n")
        #expect(
            try await run("config", "get", "gateway.reload").output
                == "{\n  \"mode\": \"hybrid\",\n  \"debounceMs\": 300\n}\n")
        let absent = try await run("config", "get", "gateway.port")
        #expect(absent.code == 1)
        #expect(absent.errors == "Config path not found: gateway.port\n")
        let wrong = try await run("config", "get", "gateway[")
        #expect(wrong.code == 1)
        #expect(wrong.errors == "Invalid path (missing \"]\"): gateway[\n")
    }

    @Test func `a secret is shown only when asked for`() async throws {
        let hidden = try await run("config", "get", "gateway.auth.token")
        #expect(hidden.code == 0)
        #expect(hidden.output == "<secret>\n")
        #expect(hidden.errors.contains("--reveal"))
        #expect(!(try await run("config", "get").output.contains("a-secret-of-mine")))
        #expect(try await run("config", "get", "gateway.auth.token", "--reveal").output == "a-secret-of-mine\n")
        #expect(!(try await run("doctor").output.contains("a-secret-of-mine")))
    }

    @Test func `set and unset change one thing, and nothing else in the file`() async throws {
        let set = try await run("config", "set", "gateway.port", "20000")
        #expect(set.code == 0)
        #expect(set.output == "Updated gateway.port. Restart the gateway to apply.\n")
        #expect(
            try command.read(file)
                == Self.text.replacingOccurrences(
                    of: "mine' },\n  },", with: "mine' },\n    port: 20000,\n  },"))
        let unset = try await run("config", "unset", "gateway.port")
        #expect(unset.output == "Removed gateway.port. Restart the gateway to apply.\n")
        #expect(try command.read(file) == Self.text)
        #expect(
            try await run("config", "set", "session.scope", "global").output
                == "Updated session.scope. A running gateway takes it over.\n")
        #expect(
            try await run("config", "set", "gateway.trustedProxies", "['10.0.0.1']").output
                == "Updated gateway.trustedProxies. A running gateway restarts to apply it.\n")
        _ = try await run("config", "set", "gateway.reload.mode", "off")
        #expect(
            try await run("config", "set", "session.scope", "per-sender").output
                == "Updated session.scope. Restart the gateway to apply.\n")
        let absent = try await run("config", "unset", "gateway.bind")
        #expect(absent.code == 1)
        #expect(absent.errors == "Config path not found: gateway.bind\n")
    }

    @Test func `a change made for another version of the file is refused`() async throws {
        let report = try await JSON(parsing: Array(run("config", "validate", "--json").output.utf8))
        let hash = try #require(report["hash"]?.string)
        #expect(try await run("config", "set", "--base-hash", hash, "gateway.port", "20000").code == 0)
        for change in [["set", "gateway.port", "20001"], ["unset", "gateway.port"]] {
            let stale = try await command.run(
                ["--profile", command.profile, "config", change[0], "--base-hash", hash] + change.dropFirst())
            #expect(stale.code == 1)
            #expect(stale.errors == "config changed since last load; re-run config.get and retry\n")
        }
        #expect(try await run("config", "get", "gateway.port").output == "20000\n")
    }

    @Test func `a value is JSON5, or text`() async throws {
        _ = try await run("config", "set", "agents.list[0]", "{id: 'a', default: true}")
        #expect(try await run("config", "get", "agents.list[0].id").output == "a\n")
        // A token of digits stays a token.
        #expect(try await run("config", "set", "gateway.auth.token", "123456").code == 0)
        #expect(try await run("config", "get", "gateway.auth.token", "--reveal", "--json").output == "\"123456\"\n")
        #expect(try await run("config", "set", "gateway.auth.token", "-", input: "from input\n").code == 0)
        #expect(try await run("config", "get", "gateway.auth.token", "--reveal").output == "from input\n")
        let strict = try await run("config", "set", "gateway.mode", "remote", "--json")
        #expect(strict.code == 1)
        #expect(strict.errors.contains("JSON5"))
        #expect(try await run("config", "set", "gateway.mode", "'remote'", "--json").code == 0)
        #expect(try await run("config", "set", "gateway.port", "--", "-1").errors.contains(">=1"))
    }

    @Test func `what is invalid is refused with its place, and the file stays`() async throws {
        let before = try command.read(file)
        let unknown = try await run("config", "set", "gateway.prot", "1")
        #expect(unknown.code == 1)
        #expect(
            unknown.errors.contains("mazelclaw.json:6:5: gateway: Unrecognized key: \"prot\"; did you mean \"port\"?"))
        #expect(try command.read(file) == before)
        #expect(try await run("config", "validate").output.hasPrefix("Config OK: "))
        try command.write("{\n  gateway: { prot: 1, port: 'x' },\n}\n", to: file)
        let invalid = try await run("config", "validate")
        #expect(invalid.code == 1)
        #expect(invalid.output.isEmpty)
        #expect(invalid.errors.split(separator: "\n").count == 2)
        let json = try await run("config", "validate", "--json")
        #expect(json.code == 1)
        let issue = try JSON(parsing: Array(json.output.utf8))["issues"]?.array?.first
        #expect(issue?["line"] == 2)
        #expect(issue?["column"] == 14)
        #expect(try await run("config", "get", "gateway.port").code == 1)
        // It can be mended with the command itself.
        #expect(try await run("config", "unset", "gateway.prot").code == 1)
        #expect(try await run("config", "set", "gateway", "{}").code == 0)
        #expect(try await run("config", "validate").code == 0)
    }

    @Test func `a variable this shell lacks does not hinder reading the rest`() async throws {
        try command.write("{gateway: {port: 20000, auth: {token: '${SOME_TOKEN}'}}}", to: file)
        let get = try await run("config", "get", "gateway.port")
        #expect(get.code == 0)
        #expect(get.output == "20000\n")
        #expect(get.errors.contains("Missing env var \"SOME_TOKEN\""))
        #expect(try await run("config", "set", "gateway.port", "20001").code == 0)
        #expect(try await run("config", "validate").code == 1)
    }

    @Test func `what an included file says is not changed from outside`() async throws {
        try command.write("{port: 20000}", to: ".mazelclaw-\(command.profile)/base.json5")
        try command.write("{gateway: {$include: './base.json5', mode: 'local'}}", to: file)
        #expect(try await run("config", "get", "gateway.port").output == "20000\n")
        let unset = try await run("config", "unset", "gateway.port")
        #expect(unset.code == 1)
        #expect(unset.errors.contains("included file"))
        #expect(try await run("config", "set", "gateway.port", "20001").code == 0)
        #expect(try await run("config", "get", "gateway.port").output == "20001\n")
        #expect(try command.read(".mazelclaw-\(command.profile)/base.json5") == "{port: 20000}")
    }

    @Test func `the schema is printed for programs and for people`() async throws {
        let schema = try await JSON(parsing: Array(run("config", "schema").output.utf8))
        #expect(schema["properties"]?["gateway"]?["properties"]?["port"]?["type"] == "integer")
        let keys = try await run("config", "schema", "--keys").output.split(separator: "\n")
        let debounce = "gateway.reload.debounceMs: integer {minimum=0, maximum=86400000} = 300: "
        #expect(keys.contains { $0.hasPrefix(debounce) })
        #expect(keys.contains { $0.hasPrefix("plugins: object (not acted on): ") })
    }

    @Test func `doctor names what is set in vain, and what stands in the way of a start`() async throws {
        try command.write(
            Self.text.replacingOccurrences(
                of: "gateway: {", with: "plugins: {}, gateway: { tailscale: { resetOnExit: true },"),
            to: file)
        let doctor = try await run("doctor")
        #expect(doctor.code == 0)
        #expect(doctor.output.contains("mazelclaw.json: valid"))
        #expect(doctor.output.hasSuffix("  plugins\n  gateway.tailscale.resetOnExit\n"))
        #expect(!doctor.output.contains("Note:"))
        try command.write(
            #"{gateway: {mode: "local", auth: {password: "sesame"}, trustedProxies: ["::1"]}}"#, to: file)
        let noted = try await run("doctor")
        #expect(noted.code == 0)
        #expect(noted.output.contains("Note: the password has 6 characters"))
        #expect(noted.output.contains("Note: gateway.trustedProxies holds an address of this host"))
        try command.write("{}", to: file)
        let blocked = try await run("doctor")
        #expect(blocked.code == 1)
        #expect(blocked.output.contains("Start: Gateway start blocked: set gateway.mode=local"))
        try command.write("{ gatway: {} }", to: file)
        let invalid = try await run("doctor", "--json")
        #expect(invalid.code == 1)
        let report = try JSON(parsing: Array(invalid.output.utf8))
        #expect(report["valid"] == false)
        #expect(report["faults"]?.array?.first?.string?.contains("did you mean \"gateway\"?") == true)
    }

    @Test func `writers that are killed leave the old file or the new one, whole`() async throws {
        var random = KillSeed.numbers(for: "configuration")
        for number in 0..<20 {
            let value = String(repeating: "\(number % 10)", count: 20_000)
            let process = try command.start(
                "--profile", command.profile, "config", "set", "env.vars.V", value)
            usleep(UInt32(random.below(25_000)))
            kill(process.processIdentifier, SIGKILL)
            _ = await process.end()
            let text = try command.read(file)
            #expect(text.hasPrefix("// My gateway.\n"), "round \(number), seed \(KillSeed.value)")
            #expect(try await run("config", "validate").code == 0, "round \(number), seed \(KillSeed.value)")
        }
        _ = try await run("config", "set", "env.vars.V", "end")
        let names = try FileManager.default.contentsOfDirectory(atPath: "\(command.home)/.mazelclaw-\(command.profile)")
        #expect(!names.contains { $0.hasSuffix(".tmp") })
    }

    @Test func `writers in many processes lose nothing`() async throws {
        var processes: [ChildProcess] = []
        for number in 0..<16 {
            processes.append(
                try command.start("--profile", command.profile, "config", "set", "env.vars.V\(number)", "x"))
        }
        for process in processes {
            await #expect(process.end() == 0)
        }
        let variables = try await JSON(parsing: Array(run("config", "get", "env.vars").output.utf8))
        #expect(variables.object?.members.count == 16)
    }

    /// Whether this user may mount a small file system in a namespace of their own.
    static func canMount() async throws -> Bool {
        try await BuiltCommand().shell(["unshare", "-Urm", "mount", "-t", "tmpfs", "none", "/mnt"]).code == 0
    }

    @Test(.enabled { try await ConfigCommandTests.canMount() })
    func `a full disk is a clear error, and the file as it was`() async throws {
        let state = "\(command.home)/.mazelclaw-\(command.profile)"
        let script = """
            mount -t tmpfs -o size=64k none "$1" && printf '{}' > "$1/mazelclaw.json" || exit 90
            "$2" --profile "$3" config set env.vars.A \(String(repeating: "x", count: 100_000)); code=$?
            cat "$1/mazelclaw.json"; ls -A "$1"
            exit $code
            """
        let result = try await command.shell(
            ["unshare", "-Urm", "sh", "-c", script, "sh", state, command.executable.path, command.profile])
        #expect(result.code == 1)
        #expect(result.errors.contains("No space left on device"))
        #expect(result.output == "{}mazelclaw.json\nmazelclaw.json.lock\n")
    }

    @Test(.enabled { try await ConfigCommandTests.canMount() })
    func `a directory that cannot be written is a clear error, and reading works`() async throws {
        let state = "\(command.home)/.mazelclaw-\(command.profile)"
        let script = """
            mount --bind "$1" "$1" && mount -o remount,bind,ro "$1" || exit 90
            "$2" --profile "$3" config get gateway.mode || exit 91
            "$2" --profile "$3" config set gateway.port 20000
            """
        let result = try await command.shell(
            ["unshare", "-Urm", "sh", "-c", script, "sh", state, command.executable.path, command.profile])
        #expect(result.code == 1)
        #expect(result.output == "local\n")
        #expect(result.errors.contains("Read-only file system"))
        #expect(try command.read(file) == Self.text)
    }
}
