public import JSON

extension ConfigurationSchema {
    /// The description as a JSON Schema (draft 7).
    public var jsonSchema: JSON {
        var schema = body.object ?? JSONObject()
        var whole = JSONObject()
        whole["$schema"] = "http://json-schema.org/draft-07/schema#"
        for member in schema.members { whole[member.name] = member.value }
        schema = whole
        return .object(schema)
    }

    private var body: JSON {
        var schema = JSONObject()
        switch kind {
        case .any: break
        case .boolean: schema["type"] = "boolean"
        case .string(let rule):
            schema["type"] = "string"
            schema["minLength"] = rule.minimumLength.map { .integer(Int64($0)) }
            schema["maxLength"] = rule.maximumLength.map { .integer(Int64($0)) }
            schema["pattern"] = rule.pattern.map { .string($0.expression) }
        case .number(let rule):
            schema["type"] = rule.isInteger ? "integer" : "number"
            schema["minimum"] = rule.minimum.map(Self.number)
            schema["exclusiveMinimum"] = rule.exclusiveMinimum.map(Self.number)
            schema["maximum"] = rule.maximum.map(Self.number)
        case .words(let words):
            schema["type"] = "string"
            schema["enum"] = .array(words.map(JSON.string))
        case .array(let element):
            schema["type"] = "array"
            schema["items"] = element.body
        case .object(let rule): Self.write(rule, into: &schema)
        case .union(let schemas): schema["anyOf"] = .array(schemas.map(\.body))
        }
        if !help.isEmpty { schema["description"] = .string(help) }
        schema["default"] = fallback
        return .object(schema)
    }

    private static func write(_ rule: ObjectRule, into schema: inout JSONObject) {
        schema["type"] = "object"
        if !rule.keys.isEmpty {
            schema["properties"] = .object(
                JSONObject(rule.keys.map { JSONObject.Member(name: $0.name, value: $0.schema.body) }))
        }
        let required = rule.keys.filter(\.schema.isRequired).map { JSON.string($0.name) }
        if !required.isEmpty { schema["required"] = .array(required) }
        schema["propertyNames"] = rule.keyPattern.map { ["pattern": .string($0.expression)] }
        schema["additionalProperties"] = rule.others.map(\.body) ?? false
    }

    /// A bound, without a fraction where it has none.
    private static func number(_ value: Double) -> JSON {
        Int64(exactly: value).map(JSON.integer) ?? .double(value)
    }

    /// What a form for editing shows of each key, by its path (`*` for any name, `[]` for any element): `label`,
    /// `help`, `group`, `order`, `sensitive`, `advanced`.
    public var editingHints: JSON {
        guard case .object(let rule) = kind else { return [:] }
        var hints = JSONObject()
        for (order, section) in rule.keys.enumerated() {
            let group = Self.label(section.name)
            for key in [ListedKey(path: section.name, type: "", schema: section.schema)]
                + section.schema.listing.map({ $0.below(section.name) })
            {
                let path = key.path.replacing("!", with: "").replacing("<*>", with: "*")
                var hint = JSONObject()
                hint["label"] = .string(Self.label(path.split(separator: ".").last.map(String.init) ?? path))
                if !key.schema.help.isEmpty { hint["help"] = .string(key.schema.help) }
                hint["group"] = .string(group)
                if key.path == section.name { hint["order"] = .integer(Int64(order)) }
                if key.schema.isSecret { hint["sensitive"] = true }
                if !key.schema.isServed || !section.schema.isServed { hint["advanced"] = true }
                hints[path] = .object(hint)
            }
        }
        return .object(hints)
    }

    /// `idleMinutes` as `Idle minutes`.
    private static func label(_ name: String) -> String {
        var label = ""
        for character in name.replacing("[]", with: "") {
            if character.isUppercase { label += " \(character.lowercased())" } else { label.append(character) }
        }
        return label.prefix(1).uppercased() + label.dropFirst()
    }
}

extension ListedKey {
    /// The same key within `section`.
    fileprivate func below(_ section: String) -> ListedKey {
        ListedKey(path: "\(section).\(path)", type: type, schema: schema)
    }
}
