import JSON
import Time

/// A key of a section: what its value must be, what it means, and the property that takes it.
///
///     struct ReloadSection: ConfigurationSection {
///         var debounceMs: Int64 = 300
///
///         static let settings: [Setting<ReloadSection>] = [
///             Setting("debounceMs", \.debounceMs, .natural, "How long the file must have been still.")
///         ]
///     }
struct Setting<Section: ConfigurationSection>: Sendable {
    /// The key in the schema: its name, what its value must be, and what it is for.
    package private(set) var key: ConfigurationSchema.Key
    let assign: @Sendable (inout Section, JSON) -> Void

    /// A key whose value the property at `path` takes. What a fresh section holds there is its default.
    init<Value: SettingValue>(
        _ name: String, _ path: any WritableKeyPath<Section, Value> & Sendable, _ help: String
    ) {
        self.init(name, path, Value.schema, help)
    }

    /// The same, where `schema` says more than the type of the property does.
    init<Value: SettingValue>(
        _ name: String, _ path: any WritableKeyPath<Section, Value> & Sendable, _ schema: ConfigurationSchema,
        _ help: String
    ) {
        var schema = schema.help(help)
        schema.isSecret = schema.isSecret || Value.schema.isSecret
        schema.fallback = Section()[keyPath: path].fallback
        key = ConfigurationSchema.Key(name: name, schema: schema)
        assign = { section, json in
            // The whole configuration was validated before; what still does not fit leaves the default.
            if let value = Value(json) { section[keyPath: path] = value }
        }
    }

    /// A key whose value is a number of `unit`s within `range`; one beyond its end counts as the end.
    init(
        _ name: String, _ path: any WritableKeyPath<Section, TimeSpan> & Sendable, _ unit: TimeSpan.Unit,
        _ range: ClosedRange<TimeSpan>, _ help: String
    ) {
        var schema = ConfigurationSchema.count(unit, range).help(help)
        schema.fallback = .integer(Section()[keyPath: path].count(unit))
        key = ConfigurationSchema.Key(name: name, schema: schema)
        assign = { section, json in
            if let span = TimeSpan(json, unit, range) { section[keyPath: path] = span }
        }
    }

    /// The same, where its absence means something else.
    init(
        _ name: String, _ path: any WritableKeyPath<Section, TimeSpan?> & Sendable, _ unit: TimeSpan.Unit,
        _ range: ClosedRange<TimeSpan>, _ help: String
    ) {
        var schema = ConfigurationSchema.count(unit, range).help(help)
        schema.isAbsentUnlessSet = true
        key = ConfigurationSchema.Key(name: name, schema: schema)
        assign = { section, json in
            if let span = TimeSpan(json, unit, range) { section[keyPath: path] = span }
        }
    }

    /// A key of `part`, which is a property of the section although its keys stand among the section's own.
    init<Part>(_ setting: Setting<Part>, in part: any WritableKeyPath<Section, Part> & Sendable) {
        key = setting.key
        assign = { section, json in setting.assign(&section[keyPath: part], json) }
    }

    /// A key that is validated, and that nothing in this version takes.
    init(unserved name: String, _ schema: ConfigurationSchema, _ help: String) {
        key = ConfigurationSchema.Key(name: name, schema: schema.help(help).unserved)
        assign = { _, _ in }
    }

    /// A key that is kept for people and other programs to read; there is nothing to act on.
    init(kept name: String, _ schema: ConfigurationSchema, _ help: String) {
        key = ConfigurationSchema.Key(name: name, schema: schema.help(help))
        assign = { _, _ in }
    }

    /// The same, required when its section is there.
    var required: Self {
        var copy = self
        copy.key.schema = key.schema.required
        return copy
    }

    /// The same, which nothing in this version acts on although it is read.
    var unserved: Self {
        var copy = self
        copy.key.schema = key.schema.unserved
        return copy
    }
}

extension TimeSpan {
    /// The number of `unit`s that `json` is, within `range`; nil when it is none.
    fileprivate init?(_ json: JSON, _ unit: Unit, _ range: ClosedRange<TimeSpan>) {
        guard let number = json.number else { return nil }
        let span = TimeSpan(Int64(exactly: number.rounded(.down)) ?? (number < 0 ? 0 : .max), unit)
        self = min(max(span, range.lowerBound), range.upperBound)
    }
}

/// An object of the configuration as a value: a fresh one holds the defaults.
protocol ConfigurationSection: SettingValue {
    init()
    /// Every key there may be.
    static var settings: [Setting<Self>] { get }
    /// What other keys hold; nil when there may be none.
    static var others: ConfigurationSchema? { get }
    /// Rules about the section as a whole.
    static var checks: [ObjectCheck] { get }
}

extension ConfigurationSection {
    static var others: ConfigurationSchema? { nil }
    static var checks: [ObjectCheck] { [] }

    /// The section as an object of its keys.
    static var rule: ConfigurationSchema.ObjectRule {
        ConfigurationSchema.ObjectRule(keys: settings.map(\.key), others: others, checks: checks)
    }

    static var schema: ConfigurationSchema { ConfigurationSchema(.object(rule)) }

    init?(_ json: JSON) {
        guard let object = json.object else { return nil }
        self.init()
        take(object)
    }

    /// Takes the values that `object` sets; the others stay as they are.
    mutating func take(_ object: JSONObject) {
        for setting in Self.settings {
            if let value = object[setting.key.name] { setting.assign(&self, value) }
        }
    }

    /// A section that is not there holds the defaults of its own keys.
    var fallback: JSON? { nil }
}
