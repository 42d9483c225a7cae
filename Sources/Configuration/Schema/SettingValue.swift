import JSON
import Text

/// What a setting can hold.
protocol SettingValue: Sendable {
    /// What it must be unless the setting says more.
    static var schema: ConfigurationSchema { get }
    /// The value `json` stands for; nil when it stands for none.
    init?(_ json: JSON)
    /// How it is written as a default; nil when there is nothing to say.
    var fallback: JSON? { get }
}

extension Bool: SettingValue {
    static var schema: ConfigurationSchema { .boolean }

    init?(_ json: JSON) {
        guard let value = json.bool else { return nil }
        self = value
    }

    var fallback: JSON? { .bool(self) }
}

extension Int64: SettingValue {
    static var schema: ConfigurationSchema { .number(.init(isInteger: true)) }

    init?(_ json: JSON) {
        // 300.0 is a whole number too.
        guard let value = json.integer ?? json.number.flatMap(Int64.init(exactly:)) else { return nil }
        self = value
    }

    var fallback: JSON? { .integer(self) }
}

extension UInt16: SettingValue {
    /// A port number, 1 to 65535.
    static var schema: ConfigurationSchema { .integer(1, 65535) }

    init?(_ json: JSON) {
        guard let value = Int64(json).flatMap(UInt16.init(exactly:)) else { return nil }
        self = value
    }

    var fallback: JSON? { .integer(Int64(self)) }
}

extension Double: SettingValue {
    static var schema: ConfigurationSchema { .number }

    init?(_ json: JSON) {
        guard let value = json.number else { return nil }
        self = value
    }

    // As it is written: a whole number without a point.
    var fallback: JSON? { Int64(exactly: self).map(JSON.integer) ?? .double(self) }
}

extension String: SettingValue {
    static var schema: ConfigurationSchema { .string }

    init?(_ json: JSON) {
        guard let value = json.string else { return nil }
        self = value
    }

    var fallback: JSON? { .string(self) }
}

extension Secret: SettingValue {
    static var schema: ConfigurationSchema { .string.secret }

    init?(_ json: JSON) {
        guard let value = json.string.flatMap({ Secret($0) }) else { return nil }
        self = value
    }

    var fallback: JSON? { nil }
}

extension JSON: SettingValue {
    static var schema: ConfigurationSchema { .any }

    init?(_ json: JSON) { self = json }

    var fallback: JSON? { nil }
}

extension Optional: SettingValue where Wrapped: SettingValue {
    static var schema: ConfigurationSchema {
        var schema = Wrapped.schema
        schema.isAbsentUnlessSet = true
        return schema
    }

    init?(_ json: JSON) {
        guard let value = Wrapped(json) else { return nil }
        self = value
    }

    var fallback: JSON? { self?.fallback }
}

extension Array: SettingValue where Element: SettingValue {
    static var schema: ConfigurationSchema { .array(Element.schema) }

    init?(_ json: JSON) {
        guard let elements = json.array else { return nil }
        self = elements.compactMap { Element($0) }
    }

    var fallback: JSON? {
        let elements = compactMap(\.fallback)
        return elements.isEmpty ? nil : .array(elements)
    }
}

extension Dictionary: SettingValue where Key == String, Value: SettingValue {
    static var schema: ConfigurationSchema { .record(Value.schema) }

    init?(_ json: JSON) {
        guard let object = json.object else { return nil }
        self = [:]
        for member in object.members { self[member.name] = Value(member.value) }
    }

    var fallback: JSON? { nil }
}

/// One word of a closed list.
protocol SettingWord: SettingValue, RawRepresentable<String>, CaseIterable {}

extension SettingWord {
    static var schema: ConfigurationSchema { ConfigurationSchema(.words(allCases.map(\.rawValue))) }

    init?(_ json: JSON) {
        guard let value = json.string.flatMap({ Self(rawValue: $0) }) else { return nil }
        self = value
    }

    var fallback: JSON? { .string(rawValue) }
}
