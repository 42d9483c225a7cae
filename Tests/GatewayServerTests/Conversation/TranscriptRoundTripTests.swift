import Foundation
import JSON
import Policy
import Testing

@testable import Configuration
@testable import Files
@testable import Gateway
@testable import ModelServices
@testable import Storage

/// Transcripts of the original, which come in, go on, and come out again.
@Suite struct TranscriptRoundTripTests {
    /// The lines of a transcript with an entry of each type there is, and one of a type that nobody knows yet.
    private static let lines = [
        #"{"type":"session","version":3,"id":"aaaa","timestamp":"2026-01-31T12:00:00.000Z","cwd":"/home/u/clawd","parentSession":"/home/u/old.jsonl"}"#,
        #"{"type":"session_info","id":"00000001","parentId":null,"timestamp":"2026-01-31T12:00:00.001Z","name":"Wombats"}"#,
        #"{"type":"model_change","id":"00000002","parentId":"00000001","timestamp":"2026-01-31T12:00:00.002Z","provider":"one","modelId":"small"}"#,
        #"{"type":"thinking_level_change","id":"00000003","parentId":"00000002","timestamp":"2026-01-31T12:00:00.003Z","thinkingLevel":"high"}"#,
        #"{"type":"message","id":"00000004","parentId":"00000003","timestamp":"2026-01-31T12:00:01.000Z","message":{"role":"user","content":"forgotten","timestamp":1769860801000}}"#,
        #"{"type":"message","id":"00000005","parentId":"00000004","timestamp":"2026-01-31T12:00:02.000Z","message":{"role":"user","content":[{"type":"text","text":"Where is the wombat?"}],"timestamp":1769860802000}}"#,
        #"{"type":"message","id":"00000006","parentId":"00000005","timestamp":"2026-01-31T12:00:03.000Z","message":{"role":"assistant","content":[{"type":"thinking","thinking":"I look.","thinkingSignature":"c2ln"},{"type":"text","text":"One moment.","textSignature":"t1"},{"type":"toolCall","id":"call_1|fc_1","name":"find","arguments":{"animal":"wombat","deep":{"n":1.5,"list":[null,true]}},"thoughtSignature":"dGhvdWdodA=="}],"api":"openai-completions","provider":"one","model":"small","usage":{"input":10,"output":5,"cacheRead":2,"cacheWrite":1,"totalTokens":18,"cost":{"input":0.1,"output":0.2,"cacheRead":0.01,"cacheWrite":0.02,"total":0.33}},"stopReason":"toolUse","timestamp":1769860803000}}"#,
        #"{"type":"message","id":"00000007","parentId":"00000006","timestamp":"2026-01-31T12:00:04.000Z","message":{"role":"toolResult","toolCallId":"call_1|fc_1","toolName":"find","content":[{"type":"text","text":"in its burrow"}],"details":{"depth":3},"isError":false,"timestamp":1769860804000}}"#,
        #"{"type":"message","id":"00000008","parentId":"00000007","timestamp":"2026-01-31T12:00:05.000Z","message":{"role":"assistant","content":[{"type":"text","text":"In its burrow."}],"api":"openai-completions","provider":"one","model":"small","usage":{"input":20,"output":4,"cacheRead":0,"cacheWrite":0,"totalTokens":24,"cost":{"input":0,"output":0,"cacheRead":0,"cacheWrite":0,"total":0}},"stopReason":"stop","timestamp":1769860805000}}"#,
        #"{"type":"custom","id":"00000009","parentId":"00000008","timestamp":"2026-01-31T12:00:06.000Z","customType":"plan","data":{"step":2}}"#,
        #"{"type":"custom_message","id":"0000000a","parentId":"00000009","timestamp":"2026-01-31T12:00:07.000Z","customType":"note","content":"Remember the burrow.","display":false,"details":{"by":"an extension"}}"#,
        #"{"type":"label","id":"0000000b","parentId":"0000000a","timestamp":"2026-01-31T12:00:08.000Z","targetId":"00000008","label":"found"}"#,
        #"{"type":"branch_summary","id":"0000000c","parentId":"0000000b","timestamp":"2026-01-31T12:00:09.000Z","fromId":"00000005","summary":"Another way was tried."}"#,
        #"{"type":"message","id":"0000000d","parentId":"0000000c","timestamp":"2026-01-31T12:00:10.000Z","message":{"role":"assistant","content":[{"type":"text","text":"half a"}],"api":"openai-completions","provider":"one","model":"small","usage":{"input":0,"output":0,"cacheRead":0,"cacheWrite":0,"totalTokens":0,"cost":{"input":0,"output":0,"cacheRead":0,"cacheWrite":0,"total":0}},"stopReason":"error","errorMessage":"overloaded","timestamp":1769860810000}}"#,
        #"{"type":"compaction","id":"0000000e","parentId":"0000000d","timestamp":"2026-01-31T12:00:11.000Z","summary":"A wombat is sought.","firstKeptEntryId":"00000005","tokensBefore":4321,"details":{"files":["a"]},"fromHook":true}"#,
        #"{"type":"not_known_yet","id":"0000000f","parentId":"0000000e","timestamp":"2026-01-31T12:00:12.000Z","anything":[{"x":null}]}"#,
    ]

    /// The session of it, which was used just now: the next message does not begin anew.
    private static var index: String {
        let now = Int64(Date().timeIntervalSince1970 * 1000)
        let entry: JSON = [
            "sessionId": "aaaa", "updatedAt": .integer(now), "thinkingLevel": "high", "later": ["x": 1],
        ]
        return JSON.object(["agent:main:main": entry]).text()
    }

    private static let place = "agents/main/sessions"

    private func write(_ lines: [String], _ index: String, to directory: AbsolutePath) throws {
        let sessions = directory / Self.place
        try FileManager.default.createDirectory(atPath: sessions.text, withIntermediateDirectories: true)
        try (lines.joined(separator: "\n") + "\n").write(
            toFile: (sessions / "aaaa.jsonl").text, atomically: true, encoding: .utf8)
        try index.write(toFile: (sessions / "sessions.json").text, atomically: true, encoding: .utf8)
    }

    private func read(_ directory: AbsolutePath, _ name: String = "aaaa.jsonl") throws -> [JSON] {
        try String(contentsOfFile: (directory / Self.place / name).text, encoding: .utf8).split(separator: "\n").map {
            try JSON(parsing: Array($0.utf8))
        }
    }

    private func say(_ message: String, to client: any ProtocolClient) async throws {
        _ = try await client.call(
            "chat.send", ["sessionKey": "main", "message": .string(message), "idempotencyKey": .string(message)])
        while let event = try await client.event("chat"), event["state"] == "delta" {}
    }

    @Test func `a transcript with every type of entry comes in, goes on, comes out as it was, and is read again`()
        async throws
    {
        let models = TestModels.echoing()
        let instance = try TestInstance.withModels()
        let (original, out, again) = (
            instance.directory / "original", instance.directory / "out", instance.directory / "again"
        )
        try write(Self.lines, Self.index, to: original)
        let state = instance.configuration.instance.stateDirectory.value
        do {
            let database = try InstanceDatabase(stateDirectory: state)
            let result = try await SessionImport(original, into: database)
            #expect(result.leftOut.isEmpty)
            #expect(result.messages == 6)
            try database.close()
        }
        try await instance.open(.direct, agents: instance.agents(answeredBy: models)) { door in
            try await say("And now?", to: try await door.connected())
        }

        // The service was told what the transcript keeps after the last summary, and nothing that failed.
        let request = try #require(models.asked.first).request
        let asked = ReplayableConversation(
            request.messages, for: ModelDescription(id: "small", format: .chatCompletions),
            of: ServiceDescription(id: "one", address: try ServiceAddress("http://127.0.0.1:9/v1"))
        ).messages
        #expect(asked.count == 5)
        #expect(asked.first?.line.contains("A wombat is sought.") == true)
        #expect(asked.first?.line.hasSuffix("Where is the wombat?") == true)
        #expect(asked.dropFirst().first?.line == "assistant: One moment.")
        guard case .toolResult(let result) = asked[2] else {
            Issue.record("no result")
            return
        }
        #expect(result.content == [.text("in its burrow")])
        #expect(
            asked.suffix(2).map(\.line) == [
                "assistant: In its burrow.", "user: Remember the burrow. Another way was tried. And now?",
            ])
        #expect(!asked.contains { $0.line.contains("forgotten") || $0.line.contains("half a") })
        guard case .assistant(let answer)? = asked.first(where: { $0.line == "assistant: One moment." }) else {
            Issue.record("no answer")
            return
        }
        #expect(answer.content.first == .thinking(Thinking("I look.", signature: "c2ln")))
        #expect(answer.toolCalls.first?.arguments["deep"] == ["n": 1.5, "list": [.null, true]])

        let written = try ConversationReader(stateDirectory: state).export(
            to: out, workspaces: ["main": instance.configuration.workspace.value])
        #expect(written.setAside.isEmpty)
        let lines = try read(out)
        #expect(lines.count == Self.lines.count + 2)
        for (line, before) in zip(lines, Self.lines) {
            #expect(try line.isSame(as: JSON(parsing: Array(before.utf8))), "\(before)")
        }
        // What was said since follows what stood there last.
        let (question, reply) = (lines[lines.count - 2], lines[lines.count - 1])
        #expect(question["parentId"] == "0000000f")
        #expect(reply["parentId"] == question["id"])
        #expect(reply["id"]?.string?.count == 8)
        #expect(reply["message"]?["api"] == "openai-completions")
        #expect(reply["message"]?["stopReason"] == "stop")
        #expect(reply["message"]?["usage"]?["totalTokens"] == 6100)
        #expect(reply["message"]?["usage"]?["cost"]?["total"]?.number != nil)
        let index = try JSON(
            parsing: Array(
                String(contentsOfFile: (out / Self.place / "sessions.json").text, encoding: .utf8).utf8))
        #expect(index["agent:main:main"]?["later"] == ["x": 1])
        #expect(index["agent:main:main"]?["thinkingLevel"] == "high")

        // And once more, into another instance.
        let database = try InstanceDatabase(stateDirectory: again)
        #expect(try await SessionImport(out, into: database).leftOut.isEmpty)
        try database.close()
        let copy = instance.directory / "copy"
        _ = try ConversationReader(stateDirectory: again).export(to: copy)
        #expect(try read(copy) == lines)
    }

    @Test func `a transcript of this gateway says where its agent worked`() async throws {
        let instance = try TestInstance.withModels()
        let out = instance.directory / "out"
        try await instance.open(.direct, agents: instance.agents(answeredBy: .echoing())) { door in
            try await say("hello", to: try await door.connected())
        }
        let workspace = instance.configuration.workspace.value
        let written = try ConversationReader(stateDirectory: instance.configuration.instance.stateDirectory.value)
            .export(
                to: out, workspaces: ["main": workspace])
        #expect(written.transcripts == 1)
        let names = try FileManager.default.contentsOfDirectory(atPath: (out / Self.place).text)
        let name = try #require(names.first { $0.hasSuffix(".jsonl") })
        let lines = try read(out, name)
        #expect(lines.first?["type"] == "session")
        #expect(lines.first?["version"] == 3)
        #expect(lines.first?["id"]?.string.map { "\($0).jsonl" } == name)
        #expect(lines.first?["timestamp"]?.string?.hasSuffix("Z") == true)
        #expect(lines.first?["cwd"]?.string == workspace.text)
        #expect(lines.dropFirst().map { $0["message"]?["role"] } == ["user", "assistant"])
    }

    @Test func `a line without an id, such as half of one, is nobody's parent`() async throws {
        let instance = try TestInstance.withModels()
        let state = instance.configuration.instance.stateDirectory.value
        let original = instance.directory / "original"
        try write(Array(Self.lines.prefix(5)) + ["half a li"], Self.index, to: original)
        do {
            let database = try InstanceDatabase(stateDirectory: state)
            _ = try await SessionImport(original, into: database)
            try database.close()
        }
        try await instance.open(.direct, agents: instance.agents(answeredBy: .echoing())) { door in
            try await say("hello", to: try await door.connected())
        }
        let out = instance.directory / "out"
        _ = try ConversationReader(stateDirectory: state).export(to: out)
        let text = try String(contentsOfFile: (out / Self.place / "aaaa.jsonl").text, encoding: .utf8)
        let lines = text.split(separator: "\n")
        #expect(lines[5] == "half a li")
        #expect(try JSON(parsing: Array(lines[6].utf8))["parentId"] == "00000004")
    }
}
