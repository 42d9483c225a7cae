import AgentLoop
import JSON
import ModelServices
import Time
import Tools

/// Keeps what happens on the way to an answer in a session's transcript.
struct RunJournal: TurnJournal {
    let sessionKey: SessionKey
    let sessionID: String
    let store: ConversationStore
    let clock: WallClock
    /// What clients hear of the run; nil when nothing is answered.
    let voice: RunVoice?

    func keep(_ entry: TurnEntry) async throws -> String {
        let time = clock.now
        let id = try await store.keep(
            TranscriptStep(entry, at: time), in: sessionID, of: sessionKey, at: time)
        if case .answer = entry { voice?.settle() }
        return id
    }
}

extension TranscriptStep {
    /// What a transcript keeps of `entry`.
    init(_ entry: TurnEntry, at time: Timestamp) {
        switch entry {
        case .answer(let answer, let cost):
            let usage = TokenUsage(answer.usage, cost: cost)
            let message = ChatMessage(
                role: .assistant, text: answer.text, timestamp: time, usage: usage,
                stopReason: answer.stopReason.rawValue, more: answer.transcriptMembers)
            self = .message(message.json, usage)
        case .result(let result, let output):
            var message: JSONObject = [
                "role": "toolResult", "toolCallId": .string(result.callID), "toolName": .string(result.toolName),
                "content": .array(output.parts.map(\.json)),
            ]
            message["details"] = output.details
            message["isError"] = .bool(result.isError)
            message["timestamp"] = time.json
            self = .message(.object(message), nil)
        case .compaction(let compaction):
            self = .compaction(compaction, TokenUsage(compaction.usage, cost: compaction.cost))
        }
    }
}
