import Foundation
import JSON
import Policy
import Testing

@testable import Gateway

@Test func `conversations are listed and searched while no gateway runs`() async throws {
    let command = try BuiltCommand()
    let state = try #require(AbsolutePath("\(command.home)/.mazelclaw-\(command.profile)"))
    func sessions(_ words: String...) throws -> BuiltCommand.Result {
        try command.run(["--profile", command.profile, "sessions"] + words)
    }
    let nothing = try sessions()
    #expect(nothing.code == 1)
    #expect(nothing.errors.contains("cannot open \(state)/mazelclaw.sqlite"))

    let setup = try command.run("--profile", command.profile, "setup", "--port", "\(Port.free())")
    try #require(setup.code == 0, "\(setup.errors)")
    let database = try InstanceDatabase(stateDirectory: state)
    #expect(try sessions().output == "No conversations.\n")
    let now = WallClock.system.milliseconds
    for (agent, text, age) in [("main", "the\u{1B}[2J milk", 10), ("ops", "a full disk", 200)]
        as [(String, String, Int64)]
    {
        try await database.write { transaction in
            var entry = SessionEntry(beginning: SessionKey(agent: agent, rest: "main"), at: now - age * 60_000)
            entry.fields["label"] = .string("of \(agent)")
            try transaction.sessions.save(entry)
            let message = ChatMessage(role: .user, text: text, timestamp: entry.updatedAt)
            try transaction.transcripts.append(message.json, to: entry, at: entry.updatedAt)
        }
    }
    // Also beside a process that has it open.
    let list = try sessions("list")
    #expect(
        list.output == """
            agent:main:main  last used 10 min ago  of main
            agent:ops:main   last used 200 min ago  of ops

            """)
    #expect(try sessions("list", "--agent", "ops").output.hasPrefix("agent:ops:main"))
    let json = try JSON(parsing: Array(sessions("list", "--json", "--active", "60").output.utf8))
    #expect(json["count"] == 1)
    #expect(json["sessions"]?.array?.first?["key"] == "agent:main:main")
    #expect(json["sessions"]?.array?.first?["ageMs"]?.integer ?? 0 >= 600_000)

    #expect(try sessions("search", "DISK").output == "agent:ops:main  user: a full [disk]\n")
    // What was said cannot move the cursor.
    #expect(try sessions("search", "milk").output == "agent:main:main  user: the\u{FFFD}[2J [milk]\n")
    let hits = try JSON(parsing: Array(sessions("search", "--json", "milk").output.utf8))
    #expect(hits["hits"]?.array?.first?["role"] == "user")
    let none = try sessions("search", "--agent", "main", "disk")
    #expect(none.code == 1)
    #expect(none.output.isEmpty)
    #expect(try sessions("search").code == 2)
    try database.close()
}
