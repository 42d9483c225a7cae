import JSON
import Testing

@testable import Gateway
@testable import Time

/// What of a transcript a model is told.
@Suite struct KeptConversationTests {
    private func line(_ number: Int64, _ role: String?, parent: String?, more: JSONObject = [:])
        -> KeptConversation.Line
    {
        var json: JSONObject = ["id": .string("\(number)"), "parentId": parent.map(JSON.string) ?? .null]
        for member in more.members { json[member.name] = member.value }
        return KeptConversation.Line(
            sequence: number, id: "\(number)", json: .object(json),
            message: role.map { role in
                TranscriptMessage(
                    sequence: number, id: "\(number)", timestamp: .earliest, role: role, text: "", message: [:])
            })
    }

    private func lines(_ roles: [String?]) -> [KeptConversation.Line] {
        roles.enumerated().map { line(Int64($0 + 1), $1, parent: $0 == 0 ? nil : "\($0)") }
    }

    @Test func `what waits behind the message is not told, and answers to those before it are`() {
        // Two messages wait while the first is answered with a call; the second had its answer too.
        let all = lines(["user", "user", "user", "assistant", "toolResult", "assistant", "assistant"])
        let kept = KeptConversation(all, answering: 2, begunAfter: 6)
        #expect(kept.messages.map(\.id) == ["1", "4", "5", "6"])
        #expect(kept.messageID == "2")
        #expect(kept.steps.map(\.id) == ["7"])
    }

    @Test func `of what was summed up only the summary is told`() {
        var all = lines(["user", "assistant", "user", "assistant", nil, "user"])
        all[4] = line(5, nil, parent: "4", more: ["type": "compaction", "summary": "short", "firstKeptEntryId": "3"])
        let kept = KeptConversation(all)
        #expect(kept.summary == "short")
        #expect(kept.messages.map(\.id) == ["3", "4", "6"])
        // The newest counts.
        all.append(
            line(7, nil, parent: "6", more: ["type": "compaction", "summary": "shorter", "firstKeptEntryId": "6"]))
        #expect(KeptConversation(all).summary == "shorter")
        #expect(KeptConversation(all).messages.map(\.id) == ["6"])
        // The lines it speaks of were put away.
        all[6] = line(7, nil, parent: "6", more: ["type": "compaction", "summary": "x", "firstKeptEntryId": "gone"])
        #expect(KeptConversation(all).messages.isEmpty)
    }

    @Test func `another branch of the conversation is left out`() {
        let all = [
            line(1, "user", parent: nil), line(2, "assistant", parent: "1"), line(3, "user", parent: "2"),
            line(4, "user", parent: "2"), line(5, "assistant", parent: "4"),
        ]
        #expect(KeptConversation(all).messages.map(\.id) == ["1", "2", "4", "5"])
        // A parent that is not there cuts nothing off.
        let loose = [line(1, "user", parent: nil), line(2, "assistant", parent: "gone")]
        #expect(KeptConversation(loose).messages.map(\.id) == ["1", "2"])
    }
}
