import JSON
import ModelServices
import Testing

@testable import AgentLoop

private func call(_ name: String, _ text: String = "a", id: String = "1") -> ToolCall {
    ToolCall(id: id, name: name, arguments: ["text": .string(text)])
}

private func result(_ text: String, id: String = "1") -> ToolResult {
    ToolResult(callID: id, toolName: "t", content: [.text(text)])
}

@Test func `the same call with the same result is one too many when it comes so often in a row`() {
    var guardian = LoopGuard(LoopLimits(repeats: 3))
    for number in 1...3 {
        #expect(guardian.verdict == nil)
        // The ids differ each time.
        guardian.note(call("t", id: "\(number)"), result("same", id: "\(number)"))
        guardian.note(call("other", "\(number)", id: "o"), result("done"))
    }
    #expect(guardian.verdict == .repeated(tool: "t", 3))
}

@Test func `a call whose result changes may come as often as it likes`() {
    var guardian = LoopGuard(LoopLimits(repeats: 3))
    for number in 1...20 { guardian.note(call("poll"), result("\(number / 2)")) }
    #expect(guardian.verdict == nil)
}

@Test func `requests and cost are counted, and 0 is no limit`() {
    var guardian = LoopGuard(LoopLimits(requests: 3, repeats: 0, cost: 1))
    guardian.noteRequest(cost: 0.25)
    guardian.noteRequest(cost: 0.5)
    #expect(guardian.verdict == nil)
    guardian.noteRequest(cost: 0)
    #expect(guardian.verdict == .requests(3))
    var costly = LoopGuard(LoopLimits(requests: 0, repeats: 0, cost: 1))
    for _ in 1...100 { costly.noteRequest(cost: 0) }
    #expect(costly.verdict == nil)
    costly.noteCost(1.5)
    #expect(costly.verdict == .cost(1.5))
    var free = LoopGuard(LoopLimits(requests: 0, repeats: 0, cost: 0))
    for _ in 1...100 {
        free.noteRequest(cost: 10)
        free.note(call("t"), result("same"))
    }
    #expect(free.verdict == nil)
}
