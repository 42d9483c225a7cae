public import JSON

extension ConfigurationSchema {
    /// The description as a JSON Schema (draft 7).
    public var jsonSchema: JSON { Self.document(body) }

    /// The same for a form that edits `value`.
    ///
    /// The original's page can edit a choice among texts, numbers and booleans, and not one between these and objects: for
    /// that it refers to the text of the file, and so for a list with one in it. Of such a choice the form is therefore shown
    /// what `value` holds there, or the simplest where it holds nothing. Where it holds both, all of it is shown.
    public func jsonSchema(editing value: JSON) -> JSON { Self.document(body(editing: [value])) }

    private static func document(_ schema: JSON) -> JSON {
        var whole: JSONObject = ["$schema": "http://json-schema.org/draft-07/schema#"]
        for member in schema.object?.members ?? [] { whole[member.name] = member.value }
        return .object(whole)
    }

    /// This without the alternatives that none of `values` is, where a form could not offer them all.
    private func narrowed(to values: [JSON]) -> ConfigurationSchema {
        guard case .union(let schemas) = kind, !schemas.allSatisfy(\.isScalar) else { return self }
        var used = schemas.filter { schema in values.contains(where: schema.describes) }
        if used.isEmpty { used = schemas.filter(\.isScalar) }
        guard used.count == 1 || used.allSatisfy(\.isScalar), !used.isEmpty else { return self }
        var copy = self
        copy.kind = used.count == 1 ? used[0].kind : .union(used)
        return copy
    }

    /// Whether its values have no parts.
    private var isScalar: Bool {
        switch kind {
        case .boolean, .string, .number, .words: true
        case .any, .array, .object, .union: false
        }
    }

    /// Whether `value` is of its kind, whatever the rules say of it.
    private func describes(_ value: JSON) -> Bool {
        switch kind {
        case .boolean: value.bool != nil
        case .string, .words: value.string != nil
        case .number: value.number != nil
        case .array: value.array != nil
        case .object: value.object != nil
        case .union(let schemas): schemas.contains { $0.describes(value) }
        case .any: true
        }
    }

    /// The description for a form that edits all of `values`.
    private func body(editing values: [JSON]) -> JSON {
        let schema = narrowed(to: values)
        switch schema.kind {
        case .array(let element):
            return schema.body { $0["items"] = element.body(editing: values.flatMap { $0.array ?? [] }) }
        case .object(let rule):
            let names = Set(rule.keys.map(\.name))
            let others = values.flatMap { $0.object?.members ?? [] }.filter { !names.contains($0.name) }.map(\.value)
            return schema.body { body in
                Self.write(rule, into: &body) { key in key.schema.body(editing: values.compactMap { $0[key.name] }) }
                body["additionalProperties"] = rule.others.map { $0.body(editing: others) } ?? false
            }
        case .any, .boolean, .string, .number, .words, .union: return schema.body
        }
    }

    private var body: JSON {
        switch kind {
        case .array(let element): body { $0["items"] = element.body }
        case .object(let rule):
            body { body in
                Self.write(rule, into: &body, \.schema.body)
                body["additionalProperties"] = rule.others.map(\.body) ?? false
            }
        case .any, .boolean, .string, .number, .words, .union: body { _ in }
        }
    }

    /// The description, to which `parts` adds those of what stands below.
    private func body(_ parts: (inout JSONObject) -> Void) -> JSON {
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
        case .array: schema["type"] = "array"
        case .object: schema["type"] = "object"
        case .union(let schemas): schema["anyOf"] = .array(schemas.map(\.body))
        }
        parts(&schema)
        if !help.isEmpty { schema["description"] = .string(help) }
        schema["default"] = fallback
        return .object(schema)
    }

    /// Writes what `rule` says of keys, each of which `body` describes.
    private static func write(_ rule: ObjectRule, into schema: inout JSONObject, _ body: (Key) -> JSON) {
        if !rule.keys.isEmpty {
            schema["properties"] = .object(
                JSONObject(rule.keys.map { JSONObject.Member(name: $0.name, value: body($0)) }))
        }
        let required = rule.keys.filter(\.schema.isRequired).map { JSON.string($0.name) }
        if !required.isEmpty { schema["required"] = .array(required) }
        schema["propertyNames"] = rule.keyPattern.map { ["pattern": .string($0.expression)] }
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
