import JSON

/// Reads an object that a client sent, and collects everything that is wrong with it.
///
/// The texts are part of the protocol: clients show them, and they have the form of the JSON Schema
/// validator AJV. First what is missing, then what is too much, then what is wrong, in the order asked for.
struct ParameterReader {
    private(set) var faults: [String] = []
    private let object: JSONObject
    private let path: String

    /// A reader of `value`, which must be an object of the members `required` and `optional`.
    init(_ value: JSON?, at path: String = "", required: [String] = [], optional: [String] = []) {
        self.path = path
        guard let object = value?.object else {
            self.object = JSONObject()
            fault("must be object")
            return
        }
        self.object = object
        for name in required where object[name] == nil {
            fault("must have required property '\(name)'")
        }
        for member in object.members where !required.contains(member.name) && !optional.contains(member.name) {
            faults.append("at \(path.isEmpty ? "root" : path): unexpected property '\(member.name)'")
        }
    }

    /// The faults as one text, or nil when there are none.
    var faultText: String? { faults.isEmpty ? nil : faults.joined(separator: "; ") }

    /// Takes over what another reader found wrong.
    mutating func adopt(_ other: ParameterReader) {
        faults += other.faults
    }

    /// A reader of the object `name`; nil when it is absent.
    func object(_ name: String, required: [String] = [], optional: [String] = []) -> ParameterReader? {
        guard let value = object[name] else { return nil }
        return ParameterReader(value, at: "\(path)/\(name)", required: required, optional: optional)
    }

    /// Any value.
    func value(_ name: String) -> JSON? { object[name] }

    mutating func string(_ name: String) -> String? {
        guard let value = object[name] else { return nil }
        guard let string = value.string else { return mismatch(name, "string") }
        return string
    }

    mutating func nonEmptyString(_ name: String) -> String? {
        guard let string = string(name) else { return nil }
        guard !string.isEmpty else {
            faults.append("at \(path)/\(name): must NOT have fewer than 1 characters")
            return nil
        }
        return string
    }

    mutating func integer(_ name: String, atLeast minimum: Int64) -> Int64? {
        guard let value = object[name] else { return nil }
        guard value.number != nil else { return mismatch(name, "integer") }
        guard let integer = value.integer else { return mismatch(name, "integer") }
        guard integer >= minimum else {
            faults.append("at \(path)/\(name): must be >= \(minimum)")
            return nil
        }
        return integer
    }

    mutating func boolean(_ name: String) -> Bool? {
        guard let value = object[name] else { return nil }
        guard let bool = value.bool else { return mismatch(name, "boolean") }
        return bool
    }

    /// One of several constants.
    mutating func choice<Choice>(_ name: String, _ parse: (String) -> Choice?) -> Choice? {
        guard let value = object[name] else { return nil }
        guard let choice = value.string.flatMap(parse) else {
            faults.append("at \(path)/\(name): must be equal to constant")
            faults.append("at \(path)/\(name): must match a schema in anyOf")
            return nil
        }
        return choice
    }

    /// The one constant allowed.
    mutating func constant(_ name: String, _ expected: String) {
        guard let value = object[name], value.string != expected else { return }
        faults.append("at \(path)/\(name): must be equal to constant")
    }

    mutating func strings(_ name: String, nonEmpty: Bool = true) -> [String]? {
        guard let value = object[name] else { return nil }
        guard let array = value.array else { return mismatch(name, "array") }
        var strings: [String] = []
        for (index, element) in array.enumerated() {
            guard let string = element.string else {
                faults.append("at \(path)/\(name)/\(index): must be string")
                continue
            }
            if nonEmpty, string.isEmpty {
                faults.append("at \(path)/\(name)/\(index): must NOT have fewer than 1 characters")
            }
            strings.append(string)
        }
        return strings
    }

    mutating func booleans(_ name: String) -> [(name: String, value: Bool)]? {
        guard let value = object[name] else { return nil }
        guard let object = value.object else { return mismatch(name, "object") }
        var booleans: [(name: String, value: Bool)] = []
        for member in object.members {
            guard let bool = member.value.bool else {
                faults.append("at \(path)/\(name)/\(member.name): must be boolean")
                continue
            }
            booleans.append((member.name, bool))
        }
        return booleans
    }

    private mutating func mismatch<Value>(_ name: String, _ type: String) -> Value? {
        faults.append("at \(path)/\(name): must be \(type)")
        return nil
    }

    private mutating func fault(_ message: String) {
        faults.append(path.isEmpty ? message : "at \(path): \(message)")
    }
}
