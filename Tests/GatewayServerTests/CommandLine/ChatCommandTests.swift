import Foundation
import JSON
import Synchronization
import Testing

/// A profile with two agents: `main`, which is the operator, and `echo`, a program of the test's.
private func profile(_ script: String = "echo \"heard: $1\"; pwd") async throws -> (command: BuiltCommand, port: UInt16)
{
    let command = try BuiltCommand()
    let port = try Port.free()
    let setup = try await command.run("--profile", command.profile, "setup", "--port", "\(port)")
    try #require(setup.code == 0, "\(setup.errors)")
    try command.write("#!/bin/sh\n\(script)\n", to: "program")
    try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: "\(command.home)/program")
    let name = ".mazelclaw-\(command.profile)/mazelclaw.json"
    var root = try JSON(parsing: Array(command.read(name).utf8)).object ?? JSONObject()
    var agents = root["agents"]?.object ?? JSONObject()
    var defaults = agents["defaults"]?.object ?? JSONObject()
    defaults["cliBackends"] = ["tool": ["command": .string("\(command.home)/program"), "output": "text"]]
    agents["defaults"] = .object(defaults)
    agents["list"] = [["id": "main", "default": true], ["id": "echo", "name": "Echo", "model": "tool/any"]]
    root["agents"] = .object(agents)
    try command.write(JSON.object(root).text(pretty: true), to: name)
    return (command, port)
}

@Test func `two clients talk with two agents of one gateway, one of them a program`() async throws {
    let (command, port) = try await profile()
    let end = try await command.gateway("--profile", command.profile, "gateway") { _ in
        async let first = Task.detached { try await command.run("--profile", command.profile, "chat", "how are you?") }
            .value
        async let second = Task.detached {
            try await command.run("--profile", command.profile, "chat", "--agent", "echo", "hello", "there")
        }.value
        let (operatorSaid, echoSaid) = try await (first, second)
        #expect(operatorSaid.code == 0)
        #expect(operatorSaid.output.contains("No model is configured for the agent \"main\""))
        #expect(echoSaid.code == 0)
        let workspace = "\(command.home)/.mazelclaw-\(command.profile)/workspace-\(command.profile)/agents/echo"
        #expect(echoSaid.output == "heard: hello there\n\(workspace)\n")

        let ports = try await command.run("--profile", command.profile, "chat", "/ports")
        #expect(ports.output.contains("\(port): listened on"))
        let doctor = try await command.run("--profile", command.profile, "chat", "/doctor")
        #expect(doctor.output.contains("the agent echo has a provider for each of its models"))
        #expect(!doctor.output.contains("BAD"), "\(doctor.output)")
        let config = try await command.run("--profile", command.profile, "chat", "/config gateway.auth")
        #expect(config.output.contains("\"token\": \"<secret>\""))
        let sessions = try await command.run("--profile", command.profile, "chat", "/sessions hello")
        #expect(sessions.output.contains("agent:echo:main: [hello] there"))
        let unknown = try await command.run("--profile", command.profile, "chat", "/statsu")
        #expect(unknown.output.contains("Did you mean /status?"))
    }
    #expect(end.code == 0)
}

@Test func `a turn that is under way when the gateway is told to stop is told so, and its program ends`() async throws {
    let (command, _) = try await profile("echo $$ >\"$0.pid\"; exec sleep 600")
    var turn: Task<BuiltCommand.Result, any Error>?
    let end = try await command.gateway("--profile", command.profile, "gateway") { _ in
        turn = Task { try await command.run("--profile", command.profile, "chat", "--agent", "echo", "hello") }
        let isUnderWay = try await eventually { (try? command.read("program.pid").hasSuffix("\n")) == true }
        try #require(isUnderWay)
    }
    #expect(end.code == 0, "\(end.errors)")
    let result = try await #require(turn).value
    #expect(result.code == 130)
    #expect(result.errors.contains("stopped"), "\(result.errors)")
    let pid = try #require(pid_t(try command.read("program.pid").trimmingCharacters(in: .newlines)))
    #expect(try await eventually { kill(pid, 0) == -1 && errno == ESRCH })
}

@Test func `what comes from a pipe is said, and a failure is an exit code`() async throws {
    let (command, _) = try await profile("[ \"$1\" = fail ] && { echo no luck >&2; exit 9; }; echo \"heard: $1\"")
    _ = try await command.gateway("--profile", command.profile, "gateway") { _ in
        let chat = ["--profile", command.profile, "chat", "--agent", "echo"]
        let piped = try await command.run(chat, input: "two\nlines\n")
        #expect(piped.code == 0)
        #expect(piped.output == "heard: two\nlines\n")
        let failed = try await command.run(chat + ["fail"])
        #expect(failed.code == 1)
        #expect(failed.errors.contains("exited with code 9: no luck"))
        let nobody = try await command.run(["--profile", command.profile, "chat", "--agent", "nobody", "hi"])
        #expect(nobody.code == 1)
        #expect(nobody.errors.contains("unknown agent id \"nobody\""))
    }
}

@Test func `without a gateway, or with the wrong token, nobody talks`() async throws {
    let (command, port) = try await profile()
    let down = try await command.run("--profile", command.profile, "chat", "hi")
    #expect(down.code == 1)
    #expect(down.errors.contains("no gateway answers on 127.0.0.1 port \(port) (nothing listens)"))
    _ = try await command.gateway("--profile", command.profile, "gateway", "--token", "another") { _ in
        let refused = try await command.run("--profile", command.profile, "chat", "hi")
        #expect(refused.code == 1)
        #expect(refused.errors.contains("unauthorized: gateway token mismatch"))
    }
    let silent = try await command.run(["--profile", command.profile, "chat"], input: "")
    #expect(silent.code == 2)
}

@Test func `control characters of an answer do not reach the terminal`() async throws {
    let (command, _) = try await profile(#"printf 'a\033[2Jb\a'"#)
    _ = try await command.gateway("--profile", command.profile, "gateway") { _ in
        let said = try await command.run("--profile", command.profile, "chat", "--agent", "echo", "hi")
        #expect(said.output == "a\u{FFFD}[2Jb\u{FFFD}\n")
    }
}

@Test func `an interrupt ends the answer, and the command with 130`() async throws {
    // The program interrupts whoever asks it.
    let (command, _) = try await profile(#"kill -INT "$(cat "$HOME/asking")"; sleep 1000"#)
    _ = try await command.gateway("--profile", command.profile, "gateway") { _ in
        let said = try await command.run(
            ["--profile", command.profile, "chat", "--agent", "echo", "hi"],
            wrapper: ["/bin/sh", "-c", #"echo $$ > "$HOME/asking"; exec "$@""#, "sh"])
        #expect(said.code == 130)
        #expect(said.errors == "stopped\n")
        let list = try await command.run("--profile", command.profile, "sessions", "list", "--json", "--agent", "echo")
        #expect(try JSON(parsing: Array(list.output.utf8))["sessions"]?.array?.first?["abortedLastRun"] == true)
    }
}

/// A service with one model that costs something.
private func modelService(at port: UInt16) -> String {
    """
    "one": {"baseUrl": "http://127.0.0.1:\(port)/v1", "models": [
      {"id": "small", "name": "Small", "cost": {"input": 3, "output": 15, "cacheRead": 0, "cacheWrite": 0}}]}
    """
}

@Test func `thoughts are one line of a terminal, and what an answer took is told on request`() async throws {
    let long = String(repeating: "very ", count: 100) + "long"
    let service = try TestService { request in
        let text = request.json["messages"]?.array?.last?["content"]?.string ?? ""
        return .saying(
            "yes", after: text == "plainly" ? "" : "I think it over\nand it is \(long)", read: 1000, written: 100)
    }
    defer { service.close() }
    let command = try await BuiltCommand.withModels(modelService(at: service.port))
    _ = try await command.gateway("--profile", command.profile, "gateway") { _ in
        let chat = ["--profile", command.profile, "chat"]
        let typist = try Typist(command, chat)
        try await typist.expect("/usage what an answer took, /quit ends.")
        typist.type("/usage\n")
        try await typist.expect("No answer here has told yet what it took.")
        typist.type("hello?\n")
        try await typist.expect("(thought: I think it over and it is very very")
        try await typist.expect("yes")
        typist.type("/usage\n")
        try await typist.expect("(tokens: 1000 read, 100 written; cost: $0.0045)")
        typist.type("/usage tokens\n")
        typist.type("plainly\n")
        try await typist.expect("(tokens: 1000 read, 100 written)")
        typist.type("/usage what\n")
        try await typist.expect("/usage tokens, full or off")
        typist.type("/quit\n")
        #expect(try await typist.end() == 0)
        // The whole of the thought is not shown.
        #expect(!typist.shown.contains(long))

        // The session keeps what is told; a pipe gets no thoughts, and nothing that was not asked for.
        let next = try Typist(command, chat)
        try await next.expect("/quit ends.")
        next.type("plainly\n")
        try await next.expect("(tokens: 1000 read, 100 written)")
        next.type("/usage off\n")
        next.type("/quit\n")
        #expect(try await next.end() == 0)
        #expect(try await command.run(chat + ["hello?"]).output == "yes\n")
        let told = try await command.run(chat + ["--usage", "hello?"])
        #expect(told.output == "yes\n(tokens: 1000 read, 100 written; cost: $0.0045)\n")
    }
}

@Test func `an interrupt in a terminal ends the turn, and not the conversation`() async throws {
    let isAsked = Mutex(false)
    let isOver = Mutex(false)
    let service = try TestService { request in
        guard request.json["messages"]?.array?.last?["content"]?.string == "slowly" else {
            return .saying("here again")
        }
        isAsked.withLock { $0 = true }
        while !isOver.withLock(\.self) { usleep(10_000) }
        return .saying("too late")
    }
    defer {
        isOver.withLock { $0 = true }
        service.close()
    }
    let command = try await BuiltCommand.withModels(modelService(at: service.port))
    _ = try await command.gateway("--profile", command.profile, "gateway") { _ in
        let typist = try Typist(command, ["--profile", command.profile, "chat"])
        try await typist.expect("/quit ends.")
        typist.type("slowly\n")
        #expect(try await eventually { isAsked.withLock(\.self) })
        typist.type("\u{3}")
        try await typist.expect("stopped")
        typist.type("are you there?\n")
        try await typist.expect("here again")
        #expect(!typist.shown.contains("too late"))
        typist.type("/quit\n")
        #expect(try await typist.end() == 0)
    }
}
