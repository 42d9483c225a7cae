import Foundation
import JSON
import Testing
import Text

@testable import ModelServices

/// Requests as they are written. `Tests/Scripts/models.py` holds the files against the types of the services' own libraries;
/// `MAZELCLAW_UPDATE_GOLDEN=1` writes them anew.
@Suite struct RequestTests {
    private static let picture = ModelImage(mediaType: "image/png", base64: "iVBORw0KGgo=")

    /// Everything a request can have.
    private static func request(_ format: WireFormat) -> ModelRequest {
        let own = ModelIdentity(provider: "test", model: "test-model", format: format)
        let signature =
            switch format {
            case .chatCompletions: "reasoning_content"
            case .responses:
                "{\"type\":\"reasoning\",\"id\":\"rs_1\",\"summary\":[],\"encrypted_content\":\"c2VhbGVk\"}"
            case .messages: "c2lnbmVk"
            }
        let id = format == .responses ? "call_a|fc_a" : "call_a"
        var request = ModelRequest(
            systemPrompt: "Be kind.",
            messages: [
                .user([.text("What is in a.txt?"), .image(picture)]),
                .assistant(
                    ModelAnswer(
                        [
                            .thinking(Thinking("I look.", signature: signature)),
                            .text(AnswerText("Let me look.", signature: format == .responses ? "msg_1" : nil)),
                            .toolCall(ToolCall(id: id, name: "read", arguments: ["path": "a.txt"])),
                            .toolCall(
                                ToolCall(id: "call_b", name: "read", arguments: [:], malformedArguments: "{\"path")),
                        ], from: own, stopReason: .toolUse)),
                .toolResult(
                    ToolResult(callID: id, toolName: "read", content: [.text("Grüße"), .image(picture)])),
                .assistant(ModelAnswer([.text(AnswerText("broken"))], from: own, stopReason: .error)),
                .user([.text("And then?")]),
                .assistant(
                    ModelAnswer(
                        [.text(AnswerText("Nothing."))],
                        from: ModelIdentity(provider: "other", model: "m", format: .messages), stopReason: .stop)),
                .user([.text("Thank you."), .text("日本")]),
            ],
            tools: [
                ModelTool(
                    name: "read", summary: "Reads a file.",
                    parameters: [
                        "type": "object", "properties": ["path": ["type": "string"]], "required": ["path"],
                    ])
            ])
        request.parameters.effort = .medium
        request.parameters.maxTokens = 20_000
        return request
    }

    private func body(_ format: WireFormat, _ address: String, _ request: ModelRequest) throws -> JSON {
        let service = ServiceDescription(id: "test", address: try ServiceAddress(address))
        return try JSON(parsing: ServiceCall(request, to: .test(format), of: service).body)
    }

    private static let goldens: [(String, WireFormat, String)] = [
        ("openai-completions", .chatCompletions, "https://api.openai.com/v1"),
        ("openai-completions-local", .chatCompletions, "http://127.0.0.1:11434/v1"),
        ("openai-responses", .responses, "https://api.openai.com/v1"),
        ("anthropic-messages", .messages, "https://api.anthropic.com"),
    ]

    @Test(arguments: goldens)
    func `a request is written as it was looked over`(name: String, format: WireFormat, address: String) throws {
        let body = try body(format, address, Self.request(format))
        if ProcessInfo.processInfo.environment["MAZELCLAW_UPDATE_GOLDEN"] == "1" {
            let file = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Requests/\(name).json")
            try Data((body.text(pretty: true) + "\n").utf8).write(to: file)
        }
        let url = try #require(Bundle.module.url(forResource: name, withExtension: "json", subdirectory: "Requests"))
        #expect(try JSON(parsing: Array(Data(contentsOf: url))) == body)
    }

    @Test func `the beginning of a request stays the same from turn to turn`() throws {
        for (_, format, address) in Self.goldens {
            var request = Self.request(format)
            request.messages.removeLast()
            let before = try body(format, address, request)
            let after = try body(format, address, Self.request(format))
            let name = format == .responses ? "input" : "messages"
            let old = try #require(before[name]?.array).map(Self.withoutMarks)
            let new = try #require(after[name]?.array).map(Self.withoutMarks)
            #expect(Array(new.prefix(old.count)) == old)
            #expect(before["system"] == after["system"])
            #expect(before["instructions"] == after["instructions"])
        }
    }

    /// Marks say up to where a cache goes, and are no part of what is cached.
    private static func withoutMarks(_ json: JSON) -> JSON {
        switch json {
        case .array(let elements): return .array(elements.map(withoutMarks))
        case .object(let object):
            var plain = JSONObject()
            for member in object.members where member.name != "cache_control" {
                plain[member.name] = withoutMarks(member.value)
            }
            return .object(plain)
        case .null, .bool, .integer, .double, .string: return json
        }
    }

    @Test func `what a service bears is as the configuration says, or as its address does`() throws {
        var model = ModelDescription.test(.chatCompletions)
        func body(_ address: String) throws -> JSON {
            let service = ServiceDescription(id: "test", address: try ServiceAddress(address))
            return try JSON(parsing: ServiceCall(Self.request(.chatCompletions), to: model, of: service).body)
        }
        #expect(try body("https://api.openai.com/v1")["max_completion_tokens"] == 20_000)
        #expect(try body("https://api.openai.com.evil.example/v1")["max_tokens"] == 20_000)
        #expect(try body("http://localhost:1/v1")["store"] == nil)
        model.compatibility.hasStore = true
        model.compatibility.hasDeveloperRole = true
        model.compatibility.hasReasoningEffort = false
        model.compatibility.maxTokensName = "max_completion_tokens"
        let local = try body("http://localhost:1/v1")
        #expect(local["store"] == false)
        #expect(local["messages"]?.array?.first?["role"] == "developer")
        #expect(local["reasoning_effort"] == nil)
        #expect(local["max_completion_tokens"] == 20_000)
    }

    @Test func `more members count more than those made here`() throws {
        var request = Self.request(.chatCompletions)
        request.parameters.more = ["stream": false, "top_k": 4]
        let body = try body(.chatCompletions, "http://localhost:1/v1", request)
        #expect(body["stream"] == false)
        #expect(body["top_k"] == 4)
    }

    @Test func `thinking leaves room for an answer`() throws {
        for (limit, budget) in [(20_000, 8192), (4096, 3072), (2048, 1024), (2047, nil)] as [(Int64, Int64?)] {
            var request = Self.request(.messages)
            request.parameters.maxTokens = limit
            request.parameters.temperature = 0.5
            let body = try body(.messages, "https://api.anthropic.com", request)
            #expect(body["thinking"]?["budget_tokens"]?.integer == budget)
            #expect((body["temperature"] == nil) == (budget != nil))
        }
    }
}
