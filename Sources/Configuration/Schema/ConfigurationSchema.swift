public import JSON
public import Time

/// What a value of the configuration must be, what it means, and what it is when nobody says.
///
/// The one description from which come validation, the JSON Schema of `config.schema`, the list of keys, the
/// documentation and, through `Setting`, the typed sections.
///
/// It is data, unlike the `Schema` that reads a request of the protocol: readers look for the secrets in it, fill in its
/// defaults, search it for what a mistyped key may have meant, and write it out.
public struct ConfigurationSchema: Sendable {
    /// The kinds of values.
    public indirect enum Kind: Sendable {
        case boolean
        case string(StringRule)
        case number(NumberRule)
        /// One of these words.
        case words([String])
        case array(ConfigurationSchema)
        case object(ObjectRule)
        /// Any of several.
        case union([ConfigurationSchema])
        /// Any value, whose keys are not known here.
        case any
    }

    /// What a string must be.
    public struct StringRule: Sendable {
        /// The fewest characters.
        public var minimumLength: Int?
        /// The most characters; nil for as many as a file holds.
        public var maximumLength: Int?
        /// The form it must have.
        public var pattern: StringPattern?
        /// Of a length of time, the longest. A longer one keeps no gateway from starting: until it is corrected, this
        /// counts.
        public var longest: TimeSpan?
    }

    /// What a number must be.
    public struct NumberRule: Sendable {
        /// Whether it has no fraction.
        public var isInteger: Bool
        /// The least value.
        public var minimum: Double?
        /// The value it must exceed.
        public var exclusiveMinimum: Double?
        /// The greatest value.
        public var maximum: Double?
        /// Whether a greater one than `maximum` keeps no gateway from starting: until it is corrected, the greatest counts.
        public var isCapped = false
    }

    /// What an object may hold.
    public struct ObjectRule: Sendable {
        /// The known keys, in the order in which they are shown.
        public var keys: [Key]
        /// What other keys hold; nil when there may be none.
        public var others: ConfigurationSchema?
        /// The form of other keys.
        public var keyPattern: StringPattern?
        /// Rules about the object as a whole.
        var checks: [ObjectCheck] = []

        /// The same, where the absence of a key means something else than its default.
        var withoutDefaults: ObjectRule {
            var rule = self
            for index in rule.keys.indices {
                rule.keys[index].schema.fallback = nil
                rule.keys[index].schema.isAbsentUnlessSet = true
            }
            return rule
        }
    }

    /// A known key.
    public struct Key: Sendable {
        /// The name as it stands in the file.
        public var name: String
        /// What its value must be.
        public var schema: ConfigurationSchema
    }

    /// The kind of value.
    public var kind: Kind
    /// Whether the key must be there when its parent is.
    public var isRequired = false
    /// Whether the value is a secret, which is never shown.
    public var isSecret = false
    /// Whether this version acts on it. What is not served is validated all the same.
    public var isServed = true
    /// What it means: a sentence or two.
    public var help = ""
    /// The value that counts when there is none.
    public var fallback: JSON?
    /// Whether the object's own defaults count only where it is there: its absence means something else.
    public var isAbsentUnlessSet = false

    package init(_ kind: Kind) {
        self.kind = kind
    }
}

/// A form a string must have.
public struct StringPattern: Sendable {
    /// The form as a regular expression of ECMA-262.
    public var expression: String
    /// What is said of a string that does not have it.
    public var message: String
    let matches: @Sendable (String) -> Bool
}

/// A rule about an object that no single key can state.
struct ObjectCheck: Sendable {
    /// What is wrong with an object, and below which key; nil when nothing is.
    var fault: @Sendable (JSONObject) -> (path: [JSON.PathComponent], message: String)?
}

// MARK: Building

extension ConfigurationSchema {
    package static let any = ConfigurationSchema(.any)
    package static let boolean = ConfigurationSchema(.boolean)
    package static let string = string()
    /// A string of at least one character.
    static let nonEmpty = string(length: 1...)
    static let strings = array(string)
    static let number = number(NumberRule(isInteger: false))
    /// A number above 0.
    static let positiveNumber = number(NumberRule(isInteger: false, exclusiveMinimum: 0))
    /// A number that is not below 0; it may have a fraction.
    static let naturalNumber = number(NumberRule(isInteger: false, minimum: 0))
    /// A number from 0 to 1.
    static let share = number(0, 1)
    /// A whole number above 0.
    static let positive = number(NumberRule(isInteger: true, exclusiveMinimum: 0))
    /// A whole number from 0 on.
    static let natural = integer(0)
    /// An object whose keys and values are free.
    package static let anyObject = ConfigurationSchema(.object(ObjectRule(keys: [], others: any)))
    static let stringOrNumber = union(string, number)
    static let scalar = union(string, number, boolean)
    static let booleanOrAuto = union(boolean, words("auto"))

    package static func string(
        length: (some RangeExpression<Int>)? = PartialRangeFrom<Int>?.none, pattern: StringPattern? = nil
    ) -> Self {
        let range = length?.relative(to: 0..<Int.max)
        return Self(
            .string(
                StringRule(
                    minimumLength: range.flatMap { $0.lowerBound > 0 ? $0.lowerBound : nil },
                    maximumLength: range.flatMap { $0.upperBound < .max ? $0.upperBound - 1 : nil },
                    pattern: pattern)))
    }

    /// A length of time as people write it, up to `longest`; a number alone counts minutes.
    static func duration(upTo longest: TimeSpan) -> Self {
        Self(.string(StringRule(pattern: .duration, longest: longest)))
    }

    /// A whole number of `unit`s within `range`.
    package static func count(_ unit: TimeSpan.Unit, _ range: ClosedRange<TimeSpan>) -> Self {
        let isPositive = range.lowerBound > .zero
        return number(
            NumberRule(
                isInteger: true, minimum: isPositive ? nil : 0, exclusiveMinimum: isPositive ? 0 : nil,
                maximum: Double(range.upperBound.count(unit)), isCapped: true))
    }

    static func number(_ rule: NumberRule) -> Self { Self(.number(rule)) }

    static func number(_ minimum: Double, _ maximum: Double) -> Self {
        number(NumberRule(isInteger: false, minimum: minimum, maximum: maximum))
    }

    package static func integer(_ minimum: Double, _ maximum: Double? = nil) -> Self {
        number(NumberRule(isInteger: true, minimum: minimum, maximum: maximum))
    }

    static func words(_ words: String...) -> Self { Self(.words(words)) }

    package static func array(_ element: Self) -> Self { Self(.array(element)) }

    /// Any names, each with a value of the same kind.
    static func record(_ value: Self, names: StringPattern? = nil) -> Self {
        Self(.object(ObjectRule(keys: [], others: value, keyPattern: names)))
    }

    /// An object of these keys, whose others, if there may be any, hold `others`.
    package static func object(_ keys: KeyValuePairs<String, Self>, others: Self? = nil) -> Self {
        Self(.object(ObjectRule(keys: keys.map { Key(name: $0.key, schema: $0.value) }, others: others)))
    }

    package static func object(_ keys: [Key]) -> Self { Self(.object(ObjectRule(keys: keys))) }

    static func union(_ schemas: Self...) -> Self { Self(.union(schemas)) }

    /// The same, required.
    package var required: Self { with { $0.isRequired = true } }

    /// The same, a secret.
    var secret: Self { with { $0.isSecret = true } }

    /// The same, validated but not acted on.
    var unserved: Self { with { $0.isServed = false } }

    /// The same, with what it means.
    package func help(_ text: String) -> Self { with { $0.help = text } }

    private func with(_ change: (inout Self) -> Void) -> Self {
        var copy = self
        change(&copy)
        return copy
    }
}

// MARK: Looking up

extension ConfigurationSchema {
    /// What stands below this under `component`, of every alternative that knows it.
    func child(_ component: JSON.PathComponent) -> ConfigurationSchema? {
        switch (kind, component) {
        case (.array(let element), .index): element
        case (.object(let rule), .name(let name)), (.object(let rule), .nameOf(let name)):
            rule.keys.first { $0.name == name }?.schema ?? rule.others
        case (.any, _): self
        case (.union(let schemas), _): schemas.lazy.compactMap { $0.child(component) }.first
        default: nil
        }
    }

    /// What stands at `path`, or nil when no such key is known.
    public func descendant(_ path: [JSON.PathComponent]) -> ConfigurationSchema? {
        var schema = self
        for component in path {
            guard let child = schema.child(component) else { return nil }
            schema = child
        }
        return schema
    }
}
