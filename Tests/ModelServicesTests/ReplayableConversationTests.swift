import JSON
import Testing

@testable import ModelServices

@Suite struct ReplayableConversationTests {
    private func replay(
        _ messages: [ModelMessage], _ format: WireFormat = .messages, host: String = "https://api.example/v1",
        takesImages: Bool = true
    ) throws -> [ModelMessage] {
        var model = ModelDescription.test(format)
        model.takesImages = takesImages
        let service = ServiceDescription(id: "test", address: try ServiceAddress(host))
        return ReplayableConversation(messages, for: model, of: service).messages
    }

    private func answer(
        _ content: AnswerContent..., reason: StopReason = .stop, provider: String = "test",
        model: String = "test-model",
        format: WireFormat = .messages
    ) -> ModelMessage {
        .assistant(
            ModelAnswer(
                content, from: ModelIdentity(provider: provider, model: model, format: format), stopReason: reason))
    }

    private func said(_ text: String) -> ModelMessage { .user([.text(text)]) }
    private func text(_ text: String) -> AnswerContent { .text(AnswerText(text)) }
    private func call(_ id: String) -> AnswerContent { .toolCall(ToolCall(id: id, name: "f", arguments: [:])) }
    private func result(_ id: String, _ text: String = "done", isError: Bool = false) -> ModelMessage {
        .toolResult(ToolResult(callID: id, toolName: "f", content: [.text(text)], isError: isError))
    }

    @Test func `what is whole stays as it is`() throws {
        let messages = [
            said("a"), answer(text("b"), call("c"), reason: .toolUse), result("c"), answer(text("d")), said("e"),
        ]
        #expect(try replay(messages) == messages)
    }

    @Test func `turns that failed or were aborted are left out with the results of their calls`() throws {
        for reason in [StopReason.error, .aborted] {
            let messages = [
                said("a"), answer(text("b"), call("c"), reason: reason), result("c"), said("d"), answer(text("e")),
            ]
            #expect(try replay(messages) == [.user([.text("a"), .text("d")]), answer(text("e"))])
        }
    }

    @Test func `a result without a call is left out`() throws {
        #expect(try replay([result("x"), said("a"), result("y")]) == [said("a")])
    }

    @Test func `a call without a result gets one that says so`() throws {
        let messages = [said("a"), answer(call("c"), call("d"), reason: .toolUse), result("d"), said("e")]
        #expect(
            try replay(messages) == [
                said("a"), answer(call("c"), call("d"), reason: .toolUse),
                result("c", "This call was not carried out.", isError: true), result("d"), said("e"),
            ])
    }

    @Test func `a result stands behind its call, whatever was said between`() throws {
        let messages = [
            said("a"), answer(call("c"), reason: .toolUse), said("wait"), answer(text("no"), reason: .aborted),
            result("c"), result("c", "again"), answer(text("d")),
        ]
        #expect(
            try replay(messages) == [
                said("a"), answer(call("c"), reason: .toolUse), result("c"), said("wait"), answer(text("d")),
            ])
    }

    @Test func `what was signed goes to the model that signed it alone`() throws {
        let parts: [AnswerContent] = [
            .thinking(Thinking("hm", signature: "s")), .text(AnswerText("b", signature: "t")), call("c"),
        ]
        func message(_ provider: String, _ model: String, _ format: WireFormat) -> ModelMessage {
            .assistant(
                ModelAnswer(
                    parts, from: ModelIdentity(provider: provider, model: model, format: format), stopReason: .toolUse))
        }
        let own = message("test", "test-model", .messages)
        #expect(try replay([own, result("c")]) == [own, result("c")])
        for other in [
            message("other", "test-model", .messages), message("test", "other", .messages),
            message("test", "test-model", .responses),
        ] {
            guard case .assistant(let replayed)? = try replay([other, result("c")]).first else {
                Issue.record("no answer")
                continue
            }
            #expect(replayed.content == [text("b"), call("c")])
        }
    }

    @Test func `nothing that says nothing is sent`() throws {
        let messages = [
            said(" "), .user([]), said("a"), answer(text(" \n")), answer(.thinking(Thinking("hm")), provider: "other"),
            answer(), said("b"),
        ]
        #expect(try replay(messages) == [.user([.text("a"), .text("b")])])
    }

    @Test func `a model that takes no pictures is told that there was one`() throws {
        let picture = InputContent.image(ModelImage(mediaType: "image/png", base64: "AAAA"))
        #expect(try replay([.user([picture])], takesImages: true) == [.user([picture])])
        #expect(
            try replay([.user([picture])], takesImages: false)
                == [.user([.text("[a picture, which this model does not take]")])])
    }

    @Test(arguments: ["call_1", "a|b", "a b", String(repeating: "x", count: 80), "", "Abc123xyz", "é", "日|本"])
    func `ids are what the service allows, the same for a call and its result, and differ where they did`(id: String)
        throws
    {
        let rules: [(WireFormat, String, (String) -> Bool)] = [
            (.messages, "https://api.example/v1", { $0.wholeMatch(of: /[A-Za-z0-9_-]{1,64}/) != nil }),
            (.chatCompletions, "https://api.example/v1", { $0.wholeMatch(of: /[A-Za-z0-9_-]{1,40}/) != nil }),
            (.chatCompletions, "https://api.mistral.ai/v1", { $0.wholeMatch(of: /[A-Za-z0-9]{9}/) != nil }),
            (.responses, "https://api.example/v1", { $0.wholeMatch(of: /[A-Za-z0-9_-]{1,64}/) != nil }),
        ]
        for (format, host, isAllowed) in rules {
            let messages = [answer(call(id), call("\(id)2"), provider: "other"), result(id), result("\(id)2")]
            let replayed = try replay(messages, format, host: host)
            guard case .assistant(let answer) = replayed[0], case .toolResult(let first) = replayed[1],
                case .toolResult(let second) = replayed[2]
            else {
                Issue.record("\(replayed)")
                continue
            }
            #expect(answer.toolCalls.map(\.id) == [first.callID, second.callID])
            #expect(isAllowed(first.callID), "\(first.callID)")
            #expect(first.callID != second.callID || id.contains("|"))
            #expect(try replay(messages, format, host: host) == replayed)
        }
    }

    @Test func `the two ids of a call go back to the model that made them`() throws {
        let messages = [answer(call("call_a|fc_a"), reason: .toolUse, format: .responses), result("call_a|fc_a")]
        #expect(try replay(messages, .responses) == messages)
    }
}
