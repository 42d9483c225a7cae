public import JSON

extension ConfigurationSchema {
    /// `json` with the defaults of everything that is not set.
    public func withDefaults(_ json: JSON) -> JSON {
        switch (kind, json) {
        case (.array(let element), .array(let elements)): return .array(elements.map(element.withDefaults))
        case (.object(let rule), .object(var object)):
            for member in object.members {
                guard let child = child(.name(member.name)) else { continue }
                object[member.name] = child.withDefaults(member.value)
            }
            for key in rule.keys where object[key.name] == nil { object[key.name] = key.schema.standard }
            return .object(object)
        default: return json
        }
    }

    /// What counts when nothing is set; nil when that is nothing.
    private var standard: JSON? {
        if let fallback { return fallback }
        guard case .object(let rule) = kind, !rule.keys.isEmpty, !isAbsentUnlessSet else { return nil }
        let defaults = withDefaults([:])
        return defaults.object?.members.isEmpty == false ? defaults : nil
    }

    /// What `json` comes to: with the defaults of everything that is not set, and without empty lists and objects where
    /// their absence means the same. Two configurations that come to the same differ in how they are written alone.
    package func effective(_ json: JSON) -> JSON { withoutEmpty(withDefaults(json)) }

    private func withoutEmpty(_ json: JSON) -> JSON {
        switch (kind, json) {
        case (.array(let element), .array(let elements)): return .array(elements.map(element.withoutEmpty))
        case (.object(let rule), .object(var object)):
            for member in object.members {
                guard let child = child(.name(member.name)) else { continue }
                let value = child.withoutEmpty(member.value)
                // Under a name that is free, that it is there says something.
                let isKnown = rule.keys.contains { $0.isNamed(member.name) }
                object[member.name] = isKnown && child.isLeftOut(value) ? nil : value
            }
            return .object(object)
        default: return json
        }
    }

    private func isLeftOut(_ json: JSON) -> Bool {
        guard !isAbsentUnlessSet else { return false }
        switch (kind, json) {
        case (.array, .array(let elements)): return elements.isEmpty
        case (.object, .object(let object)): return object.members.isEmpty
        default: return false
        }
    }

    /// The outermost keys that `json` sets and this version does not act on, as paths.
    public func unservedPaths(in json: JSON) -> [String] {
        unservedComponents(in: json).map(ConfigurationPath.text)
    }

    /// The same keys, as components, in the order of `json`.
    package func unservedComponents(in json: JSON) -> [[JSON.PathComponent]] { unserved(in: json, at: []) }

    private func unserved(in json: JSON, at path: [JSON.PathComponent]) -> [[JSON.PathComponent]] {
        guard isServed else { return [path] }
        switch (kind, json) {
        case (.array(let element), .array(let elements)):
            return elements.enumerated().flatMap { element.unserved(in: $1, at: path + [.index($0)]) }
        case (.object, .object(let object)):
            return object.members.flatMap { member in
                child(.name(member.name))?.unserved(in: member.value, at: path + [.name(member.name)]) ?? []
            }
        default: return []
        }
    }
}
