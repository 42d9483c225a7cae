import Foundation
import JSON
import Testing

/// `mazelclaw profiles`, by the built program.
@Suite struct ProfilesCommandTests {
    private let command: BuiltCommand

    init() throws { command = try BuiltCommand() }

    private func profiles(_ words: String...) async throws -> BuiltCommand.Result {
        try await command.run(["profiles"] + words)
    }

    private func json(_ words: String...) async throws -> JSON {
        let result = try await command.run(["profiles"] + words + ["--json"])
        try #require(result.code == 0, "\(result.errors)")
        return try JSON(parsing: Array(result.output.utf8))
    }

    /// The entry of the profile `name` in the list: the host may have others.
    private func entry(_ name: String) async throws -> JSON? {
        try await json("list").array?.first { $0["name"]?.string == name }
    }

    @Test func `a profile is made once, listed, shown and removed, and what it kept stays`() async throws {
        let name = command.profile
        let port = try Port.free()
        let made = try await profiles("create", name, "--port", "\(port)")
        #expect(made.code == 0, "\(made.errors)")
        let again = try await profiles("create", name)
        #expect(again.code == 1)
        #expect(again.errors.contains("there is a profile \"\(name)\" already"))
        let entry = try #require(try await entry(name))
        #expect(entry["basePort"]?.integer == Int64(port))
        #expect(entry["pid"] == .null)
        let shown = try await json("show", name)
        #expect(shown["stateDir"]?.string == "\(command.home)/.mazelclaw-\(name)")
        #expect(shown["controlPort"]?.integer == Int64(port) + 2)
        #expect(shown["profile"]?["policy"] == "gateway")
        try await #expect(command.run("--profile", name, "profiles", "show").output.contains("\"basePort\": \(port)"))
        try await #expect(profiles().output.contains("\(name)  \(port)  does not run"))
        let missing = try await profiles("show", command.other)
        #expect(missing.code == 1)
        #expect(missing.errors.contains("there is no profile \"\(command.other)\""))
        let removed = try await profiles("remove", name)
        #expect(removed.code == 0, "\(removed.errors)")
        try await #expect(self.entry(name) == nil)
        #expect(try command.read(".mazelclaw-\(name)/mazelclaw.json").contains("token"))
        try await #expect(profiles("remove", name).code == 1)
        try await #expect(profiles("remove", "../x").code == 2)
    }

    @Test func `a profile that runs is not removed`() async throws {
        let (command, _) = try await BuiltCommand.withEcho()
        let name = command.profile
        _ = try await command.gateway("--profile", name, "gateway") { process in
            let refused = try await command.run("profiles", "remove", name)
            #expect(refused.code == 1)
            #expect(refused.errors.contains("runs (PID \(process.processIdentifier)"))
            try await #expect(command.run("profiles").output.contains("runs (PID \(process.processIdentifier)"))
        }
        try await #expect(command.run("profiles", "remove", name).code == 0)
    }

    @Test func `a clone is allowed and says the same, with ports, places and secrets of its own`() async throws {
        let (command, port) = try await BuiltCommand.withEcho(
            agents: #"[{"id": "main", "model": "tool", "workspace": "/srv/shared"}]"#)
        let (name, other) = (command.profile, command.other)
        let file = "config/mazelclaw/profiles/\(name).json"
        try command.write(
            """
            {"basePort": \(port), "policy": "gateway", "cdpPorts": [9222], "stateDirectory": "\(command.home)/.mazelclaw-\(name)",
             "limits": {"tasks": 99}, "connect": {"ports": [5432]}}
            """, to: file)
        let cloned = try await command.run("profiles", "clone", name, other)
        #expect(cloned.code == 0, "\(cloned.errors)")
        let profile = try JSON(parsing: Array(command.read("config/mazelclaw/profiles/\(other).json").utf8))
        #expect(profile["limits"]?["tasks"]?.integer == 99)
        #expect(profile["connect"]?["ports"]?.array == [5432])
        #expect(profile["cdpPorts"] == nil && profile["stateDirectory"] == nil)
        let base = try #require(profile["basePort"]?.integer)
        #expect(abs(base - Int64(port)) >= 111)
        let text = try command.read(".mazelclaw-\(other)/mazelclaw.json")
        let configuration = try JSON(parsing: Array(text.utf8))
        let agents = try #require(configuration["agents"])
        #expect(agents["defaults"]?["cliBackends"]?["tool"]?["command"] == "/bin/echo")
        #expect(agents["list"]?.array?.first?["model"] == "tool")
        #expect(!text.contains("/srv/shared") && !text.contains(TestInstance.token))
        #expect(configuration["gateway"]?["auth"]?["token"]?.string?.count == 48)
        #expect(
            agents["defaults"]?["workspace"]?.string == "\(command.home)/.mazelclaw-\(other)/workspace-\(other)")
        // It starts and answers.
        _ = try await command.gateway("--profile", other, "gateway") { _ in
            try await #expect(command.run("--profile", other, "chat", "hello").output == "hello\n")
        }
        let again = try await command.run("profiles", "clone", name, other)
        #expect(again.code == 1)
    }
}
