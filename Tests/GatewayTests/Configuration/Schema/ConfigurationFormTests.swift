import JSON
import Testing

@testable import Configuration

/// The description of the configuration against what the original's page can edit in a form.
@Suite struct ConfigurationFormTests {
    /// The places that the page refers to the text of the file, by the rules it has: it knows texts, numbers, booleans, words,
    /// objects whose other members are described, lists of what it knows, and choices among texts, numbers and booleans.
    private static func unknown(_ schema: JSON, at path: String = "") -> [String] {
        func below(_ name: String) -> String { path.isEmpty ? name : "\(path).\(name)" }
        if let choices = schema["anyOf"]?.array {
            let others = choices.filter { $0["enum"] == nil }
            if others.isEmpty { return [] }
            if others.count == 1 { return unknown(others[0], at: path) }
            let isPlain = others.allSatisfy { ["string", "number", "integer", "boolean"].contains($0["type"]?.string) }
            return isPlain && others.count == choices.count ? [] : [path]
        }
        switch schema["type"]?.string {
        case "string", "number", "integer", "boolean": return []
        case "array":
            guard let items = schema["items"] else { return [path] }
            return unknown(items, at: below("*")).isEmpty ? [] : [path]
        case "object":
            var all = (schema["properties"]?.object?.members ?? []).flatMap { unknown($0.value, at: below($0.name)) }
            if let others = schema["additionalProperties"], let object = others.object {
                let isAnything = object.members.allSatisfy { ["title", "description", "default"].contains($0.name) }
                if !isAnything { all += unknown(others, at: below("*")) }
            }
            return all
        default: return schema["enum"] == nil ? [path] : []
        }
    }

    /// The fields that a choice between a text and an object makes unknown to the page.
    private static let choices = [
        "models.providers.*.apiKey", "agents.defaults.subagents.model", "agents.defaults.sandbox.docker.ulimits.*",
        "agents.list",
    ]

    @Test func `what the whole description says of four fields is too much for the page's form`() {
        #expect(Self.unknown(ConfigurationSchema.root.jsonSchema) == Self.choices)
    }

    @Test func `every field of a new configuration can be edited in the page's form`() {
        let schema = ConfigurationSchema.root.jsonSchema(editing: [:])
        #expect(Self.unknown(schema).isEmpty)
        let agent = schema["properties"]?["agents"]?["properties"]?["list"]?["items"]?["properties"]
        #expect(agent?["model"]?["type"] == "string")
        #expect(agent?["model"]?["description"] == "Its model.")
        // What the page can edit is as it was: also the choice between booleans and a word.
        let whole = ConfigurationSchema.root.jsonSchema
        for path in ["gateway", "commands", "channels", "cron", "hooks"] {
            #expect(schema["properties"]?[path] == whole["properties"]?[path])
        }
    }

    @Test func `a field is described as what stands there`() {
        let written: JSON = [
            "agents": [
                "list": [["id": "a", "model": ["primary": "one/small", "fallbacks": ["two/m"]]], ["id": "b"]],
                "defaults": ["subagents": ["model": "one/small"]],
            ]
        ]
        let schema = ConfigurationSchema.root.jsonSchema(editing: written)
        #expect(Self.unknown(schema).isEmpty)
        let agents = schema["properties"]?["agents"]?["properties"]
        let model = agents?["list"]?["items"]?["properties"]?["model"]
        #expect(model?["type"] == "object")
        #expect(model?["properties"]?["fallbacks"]?["type"] == "array")
        #expect(agents?["defaults"]?["properties"]?["subagents"]?["properties"]?["model"]?["type"] == "string")
    }

    @Test func `a list that has both is left to the text of the file`() {
        let written: JSON = [
            "agents": ["list": [["id": "a", "model": ["primary": "one/small"]], ["id": "b", "model": "one/m"]]]
        ]
        #expect(Self.unknown(ConfigurationSchema.root.jsonSchema(editing: written)) == ["agents.list"])
    }
}
