import Foundation
import JSON
import Policy
import Testing

@testable import Gateway
@testable import Storage
@testable import Time

@Test func `conversations are listed and searched while no gateway runs`() async throws {
    let command = try BuiltCommand()
    let state = try #require(AbsolutePath("\(command.home)/.mazelclaw-\(command.profile)"))
    func sessions(_ words: String...) async throws -> BuiltCommand.Result {
        try await command.run(["--profile", command.profile, "sessions"] + words)
    }
    let nothing = try await sessions()
    #expect(nothing.code == 1)
    #expect(nothing.errors.contains("cannot open \(state)/mazelclaw.sqlite"))

    let setup = try await command.run("--profile", command.profile, "setup", "--port", "\(Port.free())")
    try #require(setup.code == 0, "\(setup.errors)")
    let database = try InstanceDatabase(stateDirectory: state)
    #expect(try await sessions().output == "No conversations.\n")
    let now = WallClock.system.milliseconds
    for (agent, text, age) in [("main", "the\u{1B}[2J milk", 10), ("ops", "a full disk", 200)]
        as [(String, String, Int64)]
    {
        try await database.write { transaction in
            var entry = SessionEntry(beginning: SessionKey(agent: agent, rest: "main"), at: (now - age * 60_000).time)
            entry.label = "of \(agent)"
            try transaction.sessions.save(entry)
            let message = ChatMessage(role: .user, text: text, timestamp: entry.updatedAt)
            try transaction.transcripts.append(message.json, to: entry, at: entry.updatedAt)
        }
    }
    // Also beside a process that has it open.
    let list = try await sessions("list")
    #expect(
        list.output == """
            agent:main:main  last used 10 min ago   of main
            agent:ops:main   last used 200 min ago  of ops

            """)
    #expect(try await sessions("list", "--agent", "ops").output.hasPrefix("agent:ops:main"))
    let json = try await JSON(parsing: Array(sessions("list", "--json", "--active", "60").output.utf8))
    #expect(json["count"] == 1)
    #expect(json["sessions"]?.array?.first?["key"] == "agent:main:main")
    #expect(json["sessions"]?.array?.first?["ageMs"]?.integer ?? 0 >= 600_000)

    #expect(try await sessions("search", "DISK").output == "agent:ops:main  user: a full [disk]\n")
    // What was said cannot move the cursor.
    #expect(try await sessions("search", "milk").output == "agent:main:main  user: the\u{FFFD}[2J [milk]\n")
    let hits = try await JSON(parsing: Array(sessions("search", "--json", "milk").output.utf8))
    #expect(hits["hits"]?.array?.first?["role"] == "user")
    let none = try await sessions("search", "--agent", "main", "disk")
    #expect(none.code == 1)
    #expect(none.output.isEmpty)
    #expect(try await sessions("search").code == 2)
    try database.close()
}

@Test func `conversations go out as files, and come into another gateway that is running`() async throws {
    let (source, target) = (try BuiltCommand(), try BuiltCommand())
    for command in [source, target] {
        let setup = try await command.run("--profile", command.profile, "setup", "--port", "\(Port.free())")
        try #require(setup.code == 0, "\(setup.errors)")
    }
    let out = "\(source.home)/out"
    func sessions(_ command: BuiltCommand, _ words: String...) async throws -> BuiltCommand.Result {
        try await command.run(["--profile", command.profile, "sessions"] + words)
    }
    _ = try await source.gateway("--profile", source.profile, "gateway") { _ in
        #expect(try await source.run("--profile", source.profile, "chat", "a wombat").code == 0)
        let nobody = try await sessions(source, "export", out, "--agent", "nobody")
        #expect(nobody.code == 1)
        #expect(nobody.errors.contains("the agent \"nobody\" has no conversations"))
        #expect(!FileManager.default.fileExists(atPath: out))
        let export = try await sessions(source, "export", out)
        #expect(export.code == 0, "\(export.errors)")
        // The beginning, what was said, and the answer.
        #expect(export.output == "Wrote \(out) (sessions: 1, transcripts: 1, lines: 3)\n")
        let again = try await sessions(source, "export", out)
        #expect(again.code == 1)
        #expect(again.errors.contains("File exists"))
    }
    let index = try JSON(parsing: Array(source.read("out/agents/main/sessions/sessions.json").utf8))
    let id = try #require(index["agent:main:main"]?["sessionId"]?.string)
    #expect(try source.read("out/agents/main/sessions/\(id).jsonl").contains("a wombat"))

    _ = try await target.gateway("--profile", target.profile, "gateway") { _ in
        let read = try await sessions(target, "import", out)
        #expect(read.code == 0, "\(read.errors)")
        #expect(read.output == "Read \(out) (new sessions: 1, transcripts: 1, messages: 2)\n")
        let found = try await target.run("--profile", target.profile, "chat", "--session", "s", "/sessions wombat")
        #expect(found.output.contains("agent:main:main: a [wombat]"), "\(found.output)")
        // The conversation goes on, and doing it again takes nothing back.
        #expect(try await target.run("--profile", target.profile, "chat", "another wombat").code == 0)
        let again = try await sessions(target, "import", out)
        #expect(again.code == 0, "\(again.errors)")
        #expect(again.output == "Read \(out) (new sessions: 0, transcripts: 0, messages: 0)\n")
        #expect(try await sessions(target, "search", "wombat").output.split(separator: "\n").count >= 2)
        try source.write("{\"x\": {}}", to: "out/agents/main/sessions/sessions.json")
        let partly = try await sessions(target, "import", out)
        #expect(partly.code == 1)
        #expect(partly.errors.contains("left out \(out)/agents/main/sessions/sessions.json: x: it has no sessionId"))
    }
    let nowhere = try await sessions(target, "import", "\(out)/nowhere")
    #expect(nowhere.code == 78)
    #expect(nowhere.errors.contains("cannot import \(out)/nowhere: it holds neither"))
    #expect(try await sessions(target, "import", "../x").code == 2)
}
