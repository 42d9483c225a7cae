import Foundation
import JSON
import Testing

/// Where commands find an instance: on the port it runs on, however it came by it.
@Suite struct PortCommandTests {
    private let command: BuiltCommand

    init() throws { command = try BuiltCommand() }

    private func run(_ arguments: String..., environment: [String: String] = [:]) async throws -> BuiltCommand.Result {
        try await command.run(["--profile", command.profile] + arguments, environment: environment)
    }

    private func status(environment: [String: String]? = nil) async throws -> JSON {
        let profile = environment == nil ? ["--profile", command.profile] : []
        let result = try await command.run(profile + ["status", "--json"], environment: environment ?? [:])
        return try JSON(parsing: Array(result.output.utf8))
    }

    /// Ports far enough apart for whole sets.
    private func bases() throws -> (UInt16, UInt16) {
        let first = try Port.free()
        var second = try Port.free()
        while abs(Int(first) - Int(second)) < 111 { second = try Port.free() }
        return (first, second)
    }

    @Test func `the port of a start is the instance's while it runs, for every command`() async throws {
        let (command, assigned) = try await BuiltCommand.withEcho()
        func run(_ arguments: String...) async throws -> BuiltCommand.Result {
            try await command.run(["--profile", command.profile] + arguments)
        }
        var port = try Port.free()
        while abs(Int(port) - Int(assigned)) < 111 { port = try Port.free() }
        let end = try await command.gateway("--profile", command.profile, "gateway", "--port", "\(port)") { _ in
            let status = try await run("status", "--json")
            let json = try JSON(parsing: Array(status.output.utf8))
            #expect(json["port"]?["value"]?.integer == Int64(port))
            #expect(json["port"]?["source"] == "where it runs now")
            #expect(json["health"]?["up"] == true)
            #expect(status.code == 0)
            try await #expect(run("status").output.contains("\(port) [where it runs now]"))
            let chat = try await run("chat", "hello")
            #expect(chat.output.contains("hello"), "\(chat.errors)")
            try await #expect(run("cron", "list").code == 0)
            let browser = try await run("browser", "status", "--json")
            #expect(browser.code == 0, "\(browser.errors)")
            let ports = try JSON(parsing: Array(browser.output.utf8))
            #expect(ports["controlPort"]?.integer == Int64(port) + 2)
            #expect(ports["cdpPorts"]?.array?.first?.integer == Int64(port) + 11)
            #expect(ports["running"] == false && ports["profile"] == "clawd")
            // What a later start gets is another matter.
            let setup = try await run("setup")
            #expect(setup.output.contains("Port: \(assigned) (basePort in the profile file)"))
            #expect(setup.output.contains("It runs on port \(port) now"))
        }
        #expect(end.code == 0)
        let browser = try await run("browser", "status", "--json")
        #expect(browser.code == 1)
        let kept = try JSON(parsing: Array(browser.output.utf8))
        #expect(kept["running"] == false && kept["controlPort"]?.integer == Int64(assigned) + 2)
        let after = try JSON(parsing: Array(try await run("status", "--json").output.utf8))
        #expect(after["port"]?["value"]?.integer == Int64(assigned))
        #expect(after["health"]?["up"] == false)
    }

    @Test func `setup writes the port down, for a profile and for an instance of variables`() async throws {
        let (first, second) = try bases()
        let new = try await run("setup", "--port", "\(first)")
        #expect(new.output.contains("Port: \(first)"))
        let changed = try await run("setup", "--port", "\(second)")
        #expect(changed.code == 0, "\(changed.errors)")
        #expect(changed.output.contains("(base port \(second), before \(first))"))
        try await #expect(status()["port"]?["value"]?.integer == Int64(second))
        let close = try await command.run("--profile", command.other, "setup", "--port", "\(second + 1)")
        #expect(close.code == 78)
        #expect(close.errors.contains("\"\(command.profile)\""))
        let variables = ["MAZELCLAW_STATE_DIR": "\(command.home)/there"]
        let there = try await command.run(["setup", "--port", "\(first)"], environment: variables)
        #expect(there.code == 0, "\(there.errors)")
        try await #expect(status(environment: variables)["port"]?["value"]?.integer == Int64(first))
        let again = try await command.run(["setup", "--port", "\(second)"], environment: variables)
        #expect(again.code == 0, "\(again.errors)")
        try await #expect(status(environment: variables)["port"]?["value"]?.integer == Int64(second))
    }

    @Test func `the guide's lines with variables run two instances side by side`() async throws {
        let (first, second) = try bases()
        func variables(_ name: String) -> [String: String] {
            [
                "MAZELCLAW_CONFIG_PATH": "\(command.home)/.mazelclaw/\(name).json",
                "MAZELCLAW_STATE_DIR": "\(command.home)/.mazelclaw-\(name)",
            ]
        }
        let (main, rescue) = (variables("main"), variables("rescue"))
        _ = try await command.gateway("gateway", "--port", "\(first)", environment: main) { _ in
            _ = try await command.gateway("gateway", "--port", "\(second)", environment: rescue) { _ in
                for (environment, port) in [(main, first), (rescue, second)] {
                    let json = try await status(environment: environment)
                    #expect(json["port"]?["value"]?.integer == Int64(port))
                    #expect(json["health"]?["up"] == true, "\(json)")
                    let state = try #require(environment["MAZELCLAW_STATE_DIR"])
                    #expect(json["workspace"]?["value"]?.string?.hasPrefix(state) == true)
                }
                let browser = try await command.run(["browser", "status"], environment: rescue)
                #expect(browser.code == 0, "\(browser.errors)")
                #expect(browser.output.contains("\(second + 2), on loopback"), "\(browser.output)")
            }
        }
    }

    /// What two instances share, and what the second is told.
    private static let shared = ["state directory", "configuration", "workspace", "port", "derived port"]

    @Test(arguments: shared)
    func `what an instance runs with is no other's, and both are named`(what: String) async throws {
        let (first, second) = try bases()
        let state = "\(command.home)/own"
        try command.write(
            #"{"gateway": {"mode": "local", "auth": {"token": "t-t-t-t-t-t-t-t"}}, "agents": {"defaults": {"workspace": "\#(command.home)/w"}}}"#,
            to: "own.json")
        let own = ["MAZELCLAW_STATE_DIR": state, "MAZELCLAW_CONFIG_PATH": "\(command.home)/own.json"]
        var other = ["MAZELCLAW_PROFILE": command.other, "MAZELCLAW_STATE_DIR": "\(command.home)/other"]
        var port = second
        switch what {
        case "state directory": other["MAZELCLAW_STATE_DIR"] = "\(state)/inner"
        case "configuration":
            other["MAZELCLAW_PROFILE"] = "default"
            other["MAZELCLAW_CONFIG_PATH"] = "\(command.home)/own.json"
            other["MAZELCLAW_WORKSPACE"] = "\(command.home)/w2"
        case "workspace": other["MAZELCLAW_WORKSPACE"] = "\(command.home)/w"
        case "port": port = first
        default: port = first + 30
        }
        _ = try await command.gateway("gateway", "--port", "\(first)", environment: own) { process in
            let refused = try await command.run(["gateway", "--port", "\(port)"], environment: other)
            #expect(refused.code == 1)
            #expect(refused.errors.contains("profile \"default\", which runs (PID \(process.processIdentifier)"))
            #expect(refused.errors.contains("state directory \(state))"))
            let name = other["MAZELCLAW_PROFILE"] ?? ""
            #expect(refused.errors.contains("profile \"\(name)\""), "\(refused.errors)")
            // A registered profile meets it too.
            guard what.contains("port") else { return }
            let profile = try await run("gateway", "--port", "\(port)")
            #expect(profile.code == 1)
            #expect(profile.errors.contains("of profile \"\(command.profile)\" is also one of profile \"default\""))
            let state = "\(command.home)/.mazelclaw-\(command.profile)"
            #expect(!FileManager.default.fileExists(atPath: state), "a refused start leaves nothing behind")
        }
    }

    @Test func `a port that only an invalid configuration could tell is not known`() async throws {
        let variables = ["MAZELCLAW_STATE_DIR": "\(command.home)/there"]
        try command.write(#"{"gateway": {"mode": "local", "port": "19001"}}"#, to: "there/mazelclaw.json")
        let result = try await command.run(["status"], environment: variables)
        #expect(result.code == 1)
        #expect(result.output.contains("Port       not known while the configuration is invalid"))
        #expect(result.output.contains("gateway.port: Invalid input: expected number, received string"))
        #expect(!result.output.contains("18789"))
        let json = try await status(environment: variables)
        #expect(json["port"]?["value"] == .null)
        #expect(json["health"]?["url"] == .null)
        #expect(json["health"]?["state"] == "down")
    }
}
