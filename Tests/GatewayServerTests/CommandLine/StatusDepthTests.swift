import Foundation
import JSON
import Testing

@Test func `status and probe sign in, and tell who is connected`() async throws {
    let (command, _) = try await BuiltCommand.withEcho()
    func run(_ words: String...) async throws -> BuiltCommand.Result {
        try await command.run(["--profile", command.profile] + words)
    }
    let down = try await run("gateway", "probe", "--json")
    #expect(down.code == 1)
    let unreached = try JSON(parsing: Array(down.output.utf8))
    #expect(unreached["ok"] == false)
    #expect(unreached["targets"]?.array?.first?["reached"] == false)
    #expect(unreached["targets"]?.array?.first?["connect"]?["error"]?.string?.contains("nothing listens") == true)
    _ = try await command.gateway("--profile", command.profile, "gateway") { _ in
        let probe = try await run("gateway", "probe", "--json")
        #expect(probe.code == 0, "\(probe.output)\(probe.errors)")
        let json = try JSON(parsing: Array(probe.output.utf8))
        let target = json["targets"]?.array?.first
        #expect(json["primaryTargetId"] == "localLoopback")
        #expect(target?["connect"]?["ok"] == true)
        #expect(target?["self"]?["mode"] == "gateway")
        #expect(target?["health"]?["ok"] == true)
        #expect(target?["summary"]?["gateway"]?["profile"]?.string == command.profile)
        #expect(target?["config"]?["summary"]?["valid"] == true)
        #expect(!probe.output.contains(TestInstance.token))

        let deep = try await run("status", "--deep")
        #expect(deep.code == 0)
        #expect(deep.output.contains("\nAdmission  signed in within "), "\(deep.output)")
        #expect(deep.output.contains("\nClients    none\n"))
        #expect(deep.output.hasSuffix("\(command.profile): up\n"))
        let all = try await run("status", "--all")
        #expect(all.output.contains("\nConfig: "), "\(all.output)")
        // In a pipe there is neither a colour nor a progress.
        #expect(!(deep.output + all.output + deep.errors).contains("\u{1B}"))
    }
}

@Test func `a gateway that does not let its clients in is not healthy`() async throws {
    let (command, _) = try await BuiltCommand.withEcho()
    let set = try await command.run(
        "--profile", command.profile, "config", "set", "--json", "gateway.auth",
        #"{mode: "password", password: "pw-1234567"}"#)
    try #require(set.code == 0, "\(set.errors)")
    _ = try await command.gateway("--profile", command.profile, "gateway") { _ in
        #expect(try await command.run("--profile", command.profile, "status").code == 0)
        let deep = try await command.run("--profile", command.profile, "status", "--deep")
        #expect(deep.code == 1)
        #expect(deep.output.contains("\nHealth     http://127.0.0.1"), "\(deep.output)")
        #expect(deep.output.hasSuffix("\(command.profile): closed\n"), "\(deep.output)")
        #expect(!deep.output.contains("pw-1234567"))
        let probe = try await command.run("--profile", command.profile, "gateway", "probe")
        #expect(probe.code == 1)
        #expect(probe.output.contains("\nReady      yes\n"), "\(probe.output)")
    }
}

@Test func `a gateway that lives and takes no clients is not healthy`() async throws {
    let (command, port) = try await BuiltCommand.withEcho()
    let identity = try JSON(parsing: Array(command.read(".mazelclaw-\(command.profile)/identity/instance.json").utf8))
    let id = try #require(identity["instanceId"]?.string)
    @Sendable func answer(_ code: String, _ body: String) -> String {
        "HTTP/1.1 \(code)\r\nContent-Type: application/json\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)"
    }
    let listener = try Listener(port: port)
    defer { listener.close() }
    Thread.detachNewThread { [profile = command.profile] in
        let health = #"{"ok": true, "profile": "\#(profile)", "instanceId": "\#(id)", "version": "1", "uptimeMs": 5}"#
        for _ in 0..<2 {
            listener.answerOnce(answer("200 OK", health))
            listener.answerOnce(answer("503 Service Unavailable", #"{"ok": false, "ready": false}"#))
        }
    }
    let status = try await command.run("--profile", command.profile, "status")
    #expect(status.code == 1)
    #expect(status.output.hasSuffix("\(command.profile): unready\n"), "\(status.output)")
    let json = try await JSON(
        parsing: Array(command.run("--profile", command.profile, "status", "--json").output.utf8))["health"]
    #expect(json?["ready"] == false)
    #expect(json?["up"] == false)
}

@Test func `what is listed fits the terminal, and is coloured on one alone`() async throws {
    let (command, _) = try await BuiltCommand.withEcho()
    let typist = try Typist(command, ["--profile", command.profile, "status"])
    #expect(try await typist.end() == 1)
    #expect(typist.shown.contains("\(command.profile): down"))
    let script = "stty cols 40; \(command.executable.path) --profile \(command.profile) status"
    for (variables, isColored) in [([], true), (["NO_COLOR=1"], false), (["TERM=dumb"], false)] {
        let words = ["TERM=xterm"] + variables + ["/usr/bin/script", "-qec", script, "/dev/null"]
        let shown = try await command.shell(words).output
        #expect(shown.contains("\u{1B}[31m\(command.profile): down") == isColored, "\(variables): \(shown)")
        #expect(shown.contains("\(command.profile): down"))
        // Values go on below their beginning.
        #expect(shown.split(separator: "\r\n").contains { $0.hasPrefix("           ") }, "\(shown)")
    }
}
