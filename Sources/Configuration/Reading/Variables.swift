package import JSON

/// Puts variables of the environment where strings say `${NAME}`. `$${NAME}` stands for the text itself, and what a
/// variable holds is not looked at again.
package struct Variables {
    /// A variable that is needed, and unset or empty.
    package struct Missing: Equatable {
        package var name: String
        package var path: [JSON.PathComponent]

        var message: String {
            "Missing env var \"\(name)\" referenced at config path: \(ConfigurationPath.text(path))"
        }
    }

    private let environment: [String: String]
    package private(set) var missing: [Missing] = []
    /// Those that were put in, by name.
    private(set) var taken: [String: String] = [:]

    package init(_ environment: [String: String]) {
        self.environment = environment
    }

    /// The variables that `text` asks for.
    static func names(in text: String) -> [String] {
        var variables = Variables([:])
        _ = variables.substitute(.string(text))
        return variables.missing.map(\.name)
    }

    /// `json` with its variables. Those that are missing are collected and left as they are.
    package mutating func substitute(_ json: JSON, at path: [JSON.PathComponent] = []) -> JSON {
        switch json {
        case .string(let text): return .string(substitute(text, at: path))
        case .array(let elements):
            var substituted: [JSON] = []
            for (index, element) in elements.enumerated() {
                substituted.append(substitute(element, at: path + [.index(index)]))
            }
            return .array(substituted)
        case .object(let object):
            var members: [JSONObject.Member] = []
            for member in object.members {
                members.append(
                    JSONObject.Member(
                        name: member.name, value: substitute(member.value, at: path + [.name(member.name)])))
            }
            return .object(JSONObject(members))
        case .null, .bool, .integer, .double: return json
        }
    }

    private mutating func substitute(_ text: String, at path: [JSON.PathComponent]) -> String {
        guard text.utf8.contains(UInt8(ascii: "$")) else { return text }
        var result: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.first {
            if byte == UInt8(ascii: "$"), let (name, end) = Self.reference(rest.dropFirst()) {
                rest = rest[end...]
                if let value = environment[name], !value.isEmpty {
                    taken[name] = value
                    result += value.utf8
                } else {
                    missing.append(Missing(name: name, path: path))
                    result += "${\(name)}".utf8
                }
            } else if byte == UInt8(ascii: "$"), rest.dropFirst().first == byte,
                let (name, end) = Self.reference(rest.dropFirst(2))
            {
                rest = rest[end...]
                result += "${\(name)}".utf8
            } else {
                result.append(byte)
                rest = rest.dropFirst()
            }
        }
        return String(decoding: result, as: UTF8.self)
    }

    /// The name in `{NAME}` at the beginning of `text`, and where what follows it begins.
    private static func reference(_ text: ArraySlice<UInt8>) -> (name: String, end: Int)? {
        guard text.first == UInt8(ascii: "{") else { return nil }
        let inner = text.dropFirst()
        let bytes = inner.prefix(while: VariableName.isPart)
        let name = String(decoding: bytes, as: UTF8.self)
        guard VariableName.isValid(name), bytes.endIndex < text.endIndex, text[bytes.endIndex] == UInt8(ascii: "}")
        else { return nil }
        return (name, bytes.endIndex + 1)
    }
}
