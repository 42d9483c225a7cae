import JSON

/// One key of the configuration, as the reference lists it.
struct ListedKey: Sendable {
    /// The path: `[]` for any element, `<*>` for any name, `!` behind a name that is required.
    var path: String
    /// The type and its bounds.
    var type: String
    var schema: ConfigurationSchema
}

extension ConfigurationSchema {
    /// Every key below this, outer before inner.
    var listing: [ListedKey] {
        guard case .object(let rule) = kind else { return [] }
        return rule.listing(below: "")
    }

    /// A line for each key: path, type, default, whether it is acted on, and what it means.
    public var keyLines: [String] {
        listing.map { key in
            var line = "\(key.path): \(key.type)"
            if let fallback = key.schema.fallback { line += " = \(fallback.text())" }
            if !key.schema.isServed { line += " (not acted on)" }
            return key.schema.help.isEmpty ? line : "\(line): \(key.schema.help)"
        }
    }

    /// A phrase for messages: `a string`, `one of "a", "b"`.
    var phrase: String {
        switch kind {
        case .any: "any value"
        case .boolean: "true or false"
        case .string: "a string"
        case .number(let rule): rule.isInteger ? "a whole number" : "a number"
        case .words(let words): words.map { "\"\($0)\"" }.joined(separator: ", ")
        case .array: "an array"
        case .object: "an object"
        case .union(let schemas): schemas.map(\.phrase).joined(separator: " or ")
        }
    }

    func listing(at path: String) -> [ListedKey] {
        switch kind {
        case .any, .boolean, .string, .number, .words: [ListedKey(path: path, type: type, schema: self)]
        case .array(let element):
            [ListedKey(path: path, type: type, schema: self)]
                + (element.isListedInline ? [] : element.listing(at: path + "[]"))
        case .object(let rule): [ListedKey(path: path, type: type, schema: self)] + rule.listing(below: path + ".")
        case .union(let schemas):
            isListedInline
                ? [ListedKey(path: path, type: type, schema: self)]
                : [ListedKey(path: path, type: "anyOf of", schema: self)] + schemas.flatMap { $0.listing(at: path) }
        }
    }

    /// Whether the type alone says everything.
    private var isListedInline: Bool {
        switch kind {
        case .any, .boolean, .string, .number: true
        case .words, .object: false
        case .array(let element): element.isListedInline
        case .union(let schemas):
            schemas.allSatisfy { schema in
                if case .words = schema.kind { true } else { schema.isListedInline }
            }
        }
    }

    /// The type, with its bounds in braces.
    var type: String {
        switch kind {
        case .any: return "any"
        case .boolean: return "boolean"
        case .string(let rule):
            let bounds =
                [("minLength", rule.minimumLength), ("maxLength", rule.maximumLength)].compactMap { name, value in
                    value.map { "\(name)=\($0)" }
                } + (rule.pattern.map { ["pattern=\"\($0.expression)\""] } ?? [])
            return "string" + Self.braces(bounds)
        case .number(let rule):
            let bounds = [
                ("exclusiveMinimum", rule.exclusiveMinimum), ("minimum", rule.minimum), ("maximum", rule.maximum),
            ].compactMap { name, value in value.map { "\(name)=\(JSON.double($0).text())" } }
            return (rule.isInteger ? "integer" : "number") + Self.braces(bounds)
        case .words(let words): return words.map { "\"\($0)\"" }.joined(separator: "|")
        case .array(let element): return element.isListedInline ? "array<\(element.type)>" : "array"
        case .object(let rule):
            guard let others = rule.others else { return "object" }
            if case .any = others.kind { return "object" }
            return "object (+other keys: \(others.otherType))"
        case .union(let schemas):
            if schemas.allSatisfy(\.isPlain) { return "[\(schemas.map { "'\($0.type)'" }.joined(separator: ", "))]" }
            return schemas.map(\.type).joined(separator: "|")
        }
    }

    /// The type where an object's other keys are told of.
    private var otherType: String {
        switch kind {
        case .object: "object"
        case .union(let schemas) where !schemas.allSatisfy(\.isPlain): schemas.map(\.otherType).joined(separator: "|")
        default: type
        }
    }

    private var isPlain: Bool {
        switch kind {
        case .boolean, .string, .number: true
        case .any, .words, .array, .object, .union: false
        }
    }

    private static func braces(_ bounds: [String]) -> String {
        bounds.isEmpty ? "" : " {\(bounds.joined(separator: ", "))}"
    }
}

extension ConfigurationSchema.ObjectRule {
    fileprivate func listing(below prefix: String) -> [ListedKey] {
        keys.flatMap { $0.schema.entries(at: "\(prefix)\($0.name)\($0.schema.isRequired ? "!" : "")") }
            + (others.map { $0.isListedObject ? $0.entries(at: "\(prefix)<*>") : [] } ?? [])
    }
}

extension ConfigurationSchema {
    fileprivate func entries(at path: String) -> [ListedKey] { listing(at: path) }

    /// Whether it has keys of its own to list.
    fileprivate var isListedObject: Bool {
        if case .object = kind { true } else { false }
    }
}
