package import JSON
import Time

/// What the reference says of one member of an object.
package struct FieldDescription: Sendable {
    package var name: String
    /// What its value must be.
    package var type: String
    package var isRequired: Bool
    /// The value of an absent one, when there is one.
    package var fallback: String?
    /// What it is for, in one or more sentences.
    package var text: String
    /// The members of its value, where that is an object or holds objects; empty for other values.
    package var fields: [FieldDescription]
}

/// One member of an object: its name, what its value must be, and what it means.
package struct Field<Value: Sendable>: Sendable {
    package let description: FieldDescription
    private let shape: @Sendable (JSON, inout Faults) -> Value?
    private let fallback: Value?

    /// A member that may be absent.
    package init<Present>(_ name: String, _ shape: Shape<Present>, _ text: String) where Value == Present? {
        description = FieldDescription(
            name: name, type: shape.text, isRequired: false, text: text, fields: shape.fields)
        self.shape = { json, faults in shape.read(json, &faults).map(Optional.some) }
        fallback = .some(nil)
    }

    /// A member that must be there.
    package init(required name: String, _ shape: Shape<Value>, _ text: String) {
        description = FieldDescription(name: name, type: shape.text, isRequired: true, text: text, fields: shape.fields)
        self.shape = { json, faults in shape.read(json, &faults) }
        fallback = nil
    }

    /// A member that counts as `fallback` when it is absent.
    package init(_ name: String, _ shape: Shape<Value>, default fallback: Value, _ text: String) {
        description = FieldDescription(
            name: name, type: shape.text, isRequired: false, fallback: Self.text(of: fallback), text: text,
            fields: shape.fields)
        self.shape = { json, faults in shape.read(json, &faults) }
        self.fallback = fallback
    }

    /// The member's value in `object`; nil when something is wrong with it. That a required one is missing
    /// is for the object's reader to say.
    package func read(_ object: JSONObject, _ faults: inout Faults) -> Value? {
        guard let json = object[description.name] else { return fallback }
        let before = faults.count
        let value = shape(json, &faults)
        if faults.count > before { faults.nest(after: before, under: description.name) }
        return value
    }

    /// A default as the reference shows it; nil when it says nothing more than that the member is absent.
    private static func text(of fallback: Value) -> String? {
        switch fallback {
        case let word as any RawRepresentable<String>: word.rawValue
        case is String, is Int64, is Bool, is Double: "\(fallback)"
        case let span as TimeSpan: "\(span.milliseconds)"
        default: nil
        }
    }
}
