import JSON
import Testing

@testable import ModelServices

/// What streams say, without a connection.
@Suite struct AnswerStreamTests {
    private static let address = "http://127.0.0.1:1"

    private func stream(_ format: WireFormat, limits: ServiceLimits = ServiceLimits()) throws -> AnswerStream {
        let service = ServiceDescription(id: "test", address: try ServiceAddress(Self.address))
        return AnswerStream(ServiceCall.reader(of: .test(format), of: service), limits: limits)
    }

    private func answer(_ format: WireFormat, _ text: String) throws -> ModelAnswer {
        var stream = try stream(format)
        try stream.take(Array(text.utf8))
        return try stream.finish()
    }

    private func failure(_ format: WireFormat, _ text: String) throws -> ModelFailure.Kind? {
        do {
            _ = try answer(format, text)
            return nil
        } catch let failure as ModelFailure {
            return failure.kind
        }
    }

    @Test(arguments: Recording.all)
    func `a recorded answer says what it says, wherever it is split`(recording: Recording) throws {
        let bytes = try recording.stream
        let expected = try recording.expected
        for size in [bytes.count, 1, 2, 3, 7, 64] {
            var stream = try stream(recording.format)
            for start in Swift.stride(from: 0, to: bytes.count, by: size) {
                try stream.take(Array(bytes[start..<min(bytes.count, start + size)]))
            }
            let answer = try stream.finish()
            #expect(answer.summary.isSame(as: expected), "size \(size): \(answer.summary.text())")
        }
    }

    @Test(arguments: Recording.all)
    func `events tell the same as the answer`(recording: Recording) throws {
        var stream = try stream(recording.format)
        try stream.take(recording.stream)
        let answer = try stream.finish()
        let events = stream.takeEvents()
        #expect(events.first == .start)
        var texts: [Int: String] = [:]
        var ends: [Int: AnswerContent] = [:]
        var begun: Set<Int> = []
        for event in events.dropFirst() {
            switch event {
            case .blockStart(let index, _): #expect(begun.insert(index).inserted)
            case .blockDelta(let index, _, let text):
                #expect(begun.contains(index) && ends[index] == nil)
                texts[index, default: ""] += text
            case .blockEnd(let index, let content): ends[index] = content
            case .start, .retry, .done, .failed: Issue.record("\(event)")
            }
        }
        #expect(ends.count == answer.content.count)
        for (index, content) in answer.content.enumerated() {
            #expect(ends[index] == content)
            switch content {
            case .text(let text): #expect(texts[index, default: ""] == text.text)
            case .thinking(let thinking): #expect(texts[index, default: ""] == thinking.text)
            case .toolCall(let call):
                #expect(
                    ToolCall(id: call.id, name: call.name, text: texts[index, default: ""]).arguments == call.arguments)
            }
        }
    }

    @Test(arguments: Recording.all)
    func `a stream that ends without its end is no answer`(recording: Recording) throws {
        let bytes = try recording.stream
        // Before the service says why the answer ends.
        let mark = Array((try recording.format == .chatCompletions ? "\"finish_reason\":\"" : "_stop\"").utf8)
        let end =
            try recording.format == .responses
            ? try #require(bytes.firstRange(of: Array("event: response.completed".utf8))).lowerBound
            : try #require(bytes.firstRange(of: mark)).lowerBound
        for length in Swift.stride(from: 0, through: end, by: 37) {
            var stream = try stream(recording.format)
            let error = #expect(throws: ModelFailure.self) {
                try stream.take(Array(bytes[..<length]))
                _ = try stream.finish()
            }
            #expect(error?.kind == .truncated, "after \(length) bytes")
        }
    }

    // MARK: Peculiarities of services

    private func chunk(_ delta: String, finish: String? = nil) -> String {
        let reason = finish.map { "\"\($0)\"" } ?? "null"
        return "data: {\"choices\":[{\"index\":0,\"delta\":\(delta),\"finish_reason\":\(reason)}]}\n\n"
    }

    private func call(_ members: String) -> String { chunk("{\"tool_calls\":[{\(members)}]}") }

    @Test func `a new id at the same index is another call`() throws {
        let answer = try answer(
            .chatCompletions,
            call("\"index\":0,\"id\":\"a\",\"function\":{\"name\":\"f\",\"arguments\":\"{}\"}")
                + call("\"index\":0,\"id\":\"b\",\"function\":{\"name\":\"g\",\"arguments\":\"{\"}")
                + call("\"index\":0,\"id\":\"b\",\"function\":{\"arguments\":\"}\"}")
                + chunk("{}", finish: "tool_calls"))
        #expect(answer.toolCalls.map(\.id) == ["a", "b"])
        #expect(answer.toolCalls.map(\.name) == ["f", "g"])
    }

    @Test func `a tool named again after whole arguments is another call`() throws {
        let answer = try answer(
            .chatCompletions,
            call("\"index\":0,\"function\":{\"name\":\"f\",\"arguments\":\"{\\\"a\\\":1}\"}")
                + call("\"index\":0,\"function\":{\"name\":\"f\",\"arguments\":\"{\\\"a\\\":2}\"}")
                + chunk("{}", finish: "stop"))
        #expect(answer.toolCalls.map { $0.arguments["a"] } == [1, 2])
        #expect(Set(answer.toolCalls.map(\.id)).count == 2)
        #expect(answer.stopReason == .toolUse)
    }

    @Test func `calls without an index go on with the last`() throws {
        let answer = try answer(
            .chatCompletions,
            call("\"id\":\"a\",\"function\":{\"name\":\"f\",\"arguments\":\"\"}")
                + call("\"function\":{\"arguments\":\"{\\\"a\\\":\"}") + call("\"function\":{\"arguments\":\"1}\"}")
                + call("\"id\":\"b\",\"function\":{\"name\":\"g\",\"arguments\":{\"b\":2}}")
                + chunk("{}", finish: "tool_calls"))
        #expect(answer.toolCalls.map(\.arguments) == [["a": 1], ["b": 2]])
    }

    @Test func `arguments that are no object are kept as they were written`() throws {
        for text in ["{\\\"a\\\":", "[1]", "nonsense"] {
            let answer = try answer(
                .chatCompletions,
                call("\"index\":0,\"id\":\"a\",\"function\":{\"name\":\"f\",\"arguments\":\"\(text)\"}")
                    + chunk("{}", finish: "tool_calls"))
            #expect(answer.toolCalls.first?.malformedArguments == text.replacing("\\", with: ""))
        }
    }

    @Test func `a call that is announced and does not come is told, or passed over beside text`() throws {
        #expect(try failure(.chatCompletions, chunk("{}", finish: "tool_calls")) == .truncated)
        let answer = try answer(.chatCompletions, chunk("{\"content\":\"hello\"}") + chunk("{}", finish: "tool_calls"))
        #expect(answer.stopReason == .stop)
        #expect(answer.text == "hello")
    }

    @Test func `a stream that ends with DONE alone is whole when there is an answer`() throws {
        #expect(try answer(.chatCompletions, chunk("{\"content\":\"a\"}") + "data: [DONE]\n\n").text == "a")
        #expect(try failure(.chatCompletions, "data: [DONE]\n\n") == .truncated)
    }

    @Test func `thoughts under any of their names are thoughts`() throws {
        for name in ["reasoning_content", "reasoning", "reasoning_text"] {
            let answer = try answer(.chatCompletions, chunk("{\"\(name)\":\"hm\"}") + chunk("{}", finish: "stop"))
            #expect(answer.content == [.thinking(Thinking("hm", signature: name))])
        }
    }

    private static let failures: [(WireFormat, String, String)] = [
        (.chatCompletions, "data: {\"error\":{\"message\":\"m\",\"type\":\"overloaded_error\"}}\n\n", "overloaded"),
        (.chatCompletions, "data: {\"error\":{\"message\":\"m\",\"code\":429}}\n\n", "rateLimited"),
        (
            .chatCompletions, "data: {\"error\":{\"message\":\"m\",\"code\":\"context_length_exceeded\"}}\n\n",
            "contextOverflow"
        ),
        (.chatCompletions, "data: {\"error\":\"this is broken\"}\n\n", "broken"),
        (
            .chatCompletions, "{\"error\":{\"message\":\"Incorrect API key\",\"type\":\"authentication_error\"}}",
            "unauthorized"
        ),
        (.chatCompletions, "{\"object\":\"list\",\"data\":[]}", "malformed"),
        (.chatCompletions, "data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"content_filter\"}]}\n\n", "withheld"),
        (.chatCompletions, "data: {\"what\":1}\n\n", "malformed"),
        (.chatCompletions, "data: not json\n\ndata: [DONE]\n\n", "malformed"),
        (.chatCompletions, "data: {\"choices\":[{\"delta\":{\"content\":\"\u{1}\"}}]}\n\n", "malformed"),
        (.chatCompletions, "  <!doctype html><title>Welcome</title>", "malformed"),
        (.chatCompletions, "", "truncated"),
        (.chatCompletions, "{\"choices\":", "truncated"),
        (
            .messages,
            "event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\",\"message\":\"m\"}}\n\n",
            "overloaded"
        ),
        (
            .messages,
            "data: {\"type\":\"error\",\"error\":{\"type\":\"invalid_request_error\",\"message\":\"prompt is too long: 9 tokens\"}}\n\n",
            "contextOverflow"
        ),
        (.messages, "data: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"refusal\"}}\n\n", "withheld"),
        (
            .messages,
            "data: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"model_context_window_exceeded\"}}\n\n",
            "contextOverflow"
        ),
        (.messages, "data: {\"error\":{\"message\":\"m\",\"type\":\"rate_limit_error\"}}\n\n", "rateLimited"),
        (
            .responses, "data: {\"type\":\"error\",\"code\":\"rate_limit_exceeded\",\"message\":\"m\"}\n\n",
            "rateLimited"
        ),
        (
            .responses,
            "data: {\"type\":\"response.failed\",\"response\":{\"status\":\"failed\",\"error\":{\"code\":\"server_error\",\"message\":\"m\"}}}\n\n",
            "broken"
        ),
        (
            .responses,
            "data: {\"type\":\"response.incomplete\",\"response\":{\"status\":\"incomplete\",\"incomplete_details\":{\"reason\":\"content_filter\"}}}\n\n",
            "withheld"
        ),
        (
            .responses, "data: {\"type\":\"response.output_text.delta\",\"output_index\":0,\"delta\":\"a\"}\n\n",
            "malformed"
        ),
    ]

    @Test(arguments: failures)
    func `what services say of failures is told apart`(format: WireFormat, text: String, kind: String) throws {
        #expect(try failure(format, text)?.rawValue == kind)
    }

    @Test func `an answer that is no stream is read too`() throws {
        let chat = try answer(
            .chatCompletions,
            """
            {"id":"1","choices":[{"message":{"role":"assistant","content":"hello","tool_calls":[{"id":"a","type":"function",
            "function":{"name":"f","arguments":"{\\"x\\":1}"}},{"id":"b","type":"function","function":{"name":"g",
            "arguments":"{}"}}]},"finish_reason":"tool_calls"}],"usage":{"prompt_tokens":3,"completion_tokens":2}}
            """)
        #expect(chat.text == "hello")
        #expect(chat.toolCalls.map(\.name) == ["f", "g"])
        #expect(chat.usage == ModelUsage(input: 3, output: 2))
        let messages = try answer(
            .messages,
            """
            {"type":"message","id":"1","content":[{"type":"text","text":"hello"},{"type":"tool_use","id":"t","name":"f",
            "input":{"x":1}}],"stop_reason":"tool_use","usage":{"input_tokens":3,"output_tokens":2}}
            """)
        #expect(messages.text == "hello")
        #expect(messages.toolCalls.first?.arguments == ["x": 1])
        let responses = try answer(
            .responses,
            """
            {"id":"1","status":"completed","output":[{"type":"message","id":"m","content":[{"type":"output_text",
            "text":"hello"}]},{"type":"function_call","id":"i","call_id":"c","name":"f","arguments":"{\\"x\\":1}"}],
            "usage":{"input_tokens":3,"output_tokens":2}}
            """)
        #expect(responses.text == "hello")
        #expect(responses.toolCalls.first?.id == "c|i")
        #expect(responses.stopReason == .toolUse)
    }

    @Test func `counts that cannot be are none`() throws {
        let answer = try answer(
            .chatCompletions,
            chunk("{\"content\":\"a\"}", finish: "stop")
                + "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":-5,\"completion_tokens\":9223372036854775807}}\n\n"
        )
        #expect(answer.usage == ModelUsage())
    }

    @Test func `more than is taken is not kept`() throws {
        var limits = ServiceLimits()
        limits.answerLength = 1000
        limits.eventLength = 500
        var many = try stream(.chatCompletions, limits: limits)
        #expect(throws: ModelFailure.self) {
            for _ in 0..<50 { try many.take(Array(chunk("{\"content\":\"a\"}").utf8)) }
        }
        var whole = try stream(.chatCompletions, limits: limits)
        let error = #expect(throws: ModelFailure.self) {
            try whole.take(Array("{\"choices\":\"\(String(repeating: "x", count: 600))".utf8))
        }
        #expect(error?.kind == .tooLong)
    }
}
