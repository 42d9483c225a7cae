package import JSON

/// An object with known members, and the value they make.
///
///     struct Parameters {
///         var cursor: Int64?
///         var limit: Int64
///
///         static let schema = Schema(
///             Field("cursor", .integer(0...), "Where the last answer ended, in bytes."),
///             Field("limit", .integer(1...5000), default: 500, "The most lines."),
///             as: Parameters.init)
///     }
///
/// Members it does not know are faults. A request is read at every call, and makes one typed value: this holds functions,
/// where the schema of the configuration, which is looked through in many ways, is data.
package struct Schema<Value: Sendable>: Sendable {
    /// The members, as the reference tells of them.
    package let fields: [FieldDescription]
    private let make: @Sendable (JSONObject, inout Faults) -> Value?
    private let isOpen: Bool
    /// What an object without members makes, where that is something: parameters mostly are such.
    private let plain: Value?

    /// An object of the members `field`, from whose values, in that order, `make` makes the whole. In an open
    /// one members it does not know are passed over.
    package init<each Member: Sendable>(
        isOpen: Bool = false, _ field: repeat Field<each Member>,
        as make: @escaping @Sendable (repeat each Member) -> Value
    ) {
        let field = (repeat each field)
        var fields: [FieldDescription] = []
        for field in repeat each field { fields.append(field.description) }
        self.fields = fields
        self.isOpen = isOpen
        let makeAll: @Sendable (JSONObject, inout Faults) -> Value? = { object, faults in
            let before = faults.count
            let values = (repeat (each field).read(object, &faults))
            guard faults.count == before else { return nil }
            return try? make(repeat require(each values))
        }
        self.make = makeAll
        var faults = Faults()
        plain = makeAll(JSONObject(), &faults)
    }

    /// The value of `json`; nil when something is wrong with it. First is told what is missing, then what is
    /// too much, then what is wrong, in the order of the members.
    package func read(_ json: JSON, _ faults: inout Faults) -> Value? {
        guard let object = json.object else {
            faults.add("must be object")
            return nil
        }
        if let plain, object.members.isEmpty { return plain }
        let before = faults.count
        for field in fields where field.isRequired && object[field.name] == nil {
            faults.add("must have required property '\(field.name)'")
        }
        for member in object.members where !isOpen && !fields.contains(where: { Self.isSame($0.name, member.name) }) {
            guard !faults.isFull else {
                faults.addMore()
                break
            }
            faults.addUnexpected(member.name)
        }
        let isComplete = faults.count == before
        let value = make(object, &faults)
        return isComplete ? value : nil
    }

    /// Whether two names are the same code units. `==` alone takes the Kelvin sign for a K; it is asked first
    /// because it mostly says no fast.
    private static func isSame(_ left: String, _ right: String) -> Bool {
        left == right && left.utf8.count == right.utf8.count
    }
}

/// A required member without value, whose fault was told already.
private struct Missing: Error {}

private func require<Value>(_ value: Value?) throws(Missing) -> Value {
    guard let value else { throw Missing() }
    return value
}

/// The parameters of a method that has none.
package struct NoParameters: Sendable {
    package static let schema = Schema(as: NoParameters.init)
}
