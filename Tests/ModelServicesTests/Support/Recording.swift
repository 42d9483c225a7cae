import Foundation
import JSON
import ModelServices
import Testing

/// An answer as a service streams it, and what it says: `Recordings/NAME.sse` and `NAME.json`. `Tests/Scripts/models.py` holds
/// them against the services' own libraries.
struct Recording: CustomTestStringConvertible {
    let name: String

    static let all = [
        "openai-completions-text", "openai-completions-tools", "openai-completions-thinking", "openai-responses-text",
        "openai-responses-tools", "anthropic-messages-text", "anthropic-messages-tools",
    ].map(Recording.init)

    static func named(_ name: String) throws -> Recording {
        try #require(all.first { $0.name == name })
    }

    static func text(of format: WireFormat) throws -> Recording { try named("\(format.rawValue)-text") }

    var testDescription: String { name }

    var format: WireFormat {
        get throws { try #require(WireFormat.allCases.first { name.hasPrefix($0.rawValue) }) }
    }

    var stream: [UInt8] { get throws { try file("sse") } }

    var expected: JSON { get throws { try JSON(parsing: file("json")) } }

    private func file(_ type: String) throws -> [UInt8] {
        let url = try #require(
            Bundle.module.url(forResource: name, withExtension: type, subdirectory: "Recordings"))
        return Array(try Data(contentsOf: url))
    }
}

extension ModelAnswer {
    /// As `Recordings` write down what an answer says.
    var summary: JSON {
        let thinking = content.map { part in
            if case .thinking(let thinking) = part { thinking.text } else { "" }
        }.joined()
        return [
            "text": .string(text), "thinking": .string(thinking),
            "toolCalls": .array(
                toolCalls.map { call in
                    ["id": .string(call.id), "name": .string(call.name), "arguments": .object(call.arguments)]
                }), "stopReason": .string(stopReason.rawValue),
            "usage": [
                "input": .integer(usage.input), "output": .integer(usage.output),
                "cacheRead": .integer(usage.cacheRead), "cacheWrite": .integer(usage.cacheWrite),
            ],
        ]
    }
}

extension ModelDescription {
    /// A model of the format `format`, as tests ask one.
    static func test(_ format: WireFormat) -> ModelDescription {
        var model = ModelDescription(id: "test-model", format: format)
        model.isReasoning = true
        model.takesImages = true
        return model
    }
}
