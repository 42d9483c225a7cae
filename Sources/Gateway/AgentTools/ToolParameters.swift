import JSON

/// The parameters of a tool as a JSON Schema.
struct ToolParameters {
    /// A parameter.
    struct Parameter {
        let name: String
        let schema: JSON
        let isRequired: Bool

        static func string(_ name: String, _ help: String, isRequired: Bool = false) -> Parameter {
            Parameter(name: name, schema: ["type": "string", "description": .string(help)], isRequired: isRequired)
        }

        static func number(_ name: String, _ help: String) -> Parameter {
            Parameter(name: name, schema: ["type": "number", "description": .string(help)], isRequired: false)
        }

        static func flag(_ name: String, _ help: String) -> Parameter {
            Parameter(name: name, schema: ["type": "boolean", "description": .string(help)], isRequired: false)
        }

        /// An object of strings.
        static func record(_ name: String, _ help: String) -> Parameter {
            Parameter(
                name: name,
                schema: [
                    "type": "object", "additionalProperties": ["type": "string"], "description": .string(help),
                ], isRequired: false)
        }
    }

    let all: [Parameter]

    init(_ all: Parameter...) { self.all = all }

    var json: JSON {
        var properties = JSONObject()
        for parameter in all { properties[parameter.name] = parameter.schema }
        return [
            "type": "object", "properties": .object(properties),
            "required": .array(all.filter(\.isRequired).map { .string($0.name) }), "additionalProperties": false,
        ]
    }

    /// Those of `arguments` that are parameters, with whole numbers as such: models write 10.0 too. Other names that models know
    /// for the same stand for them.
    func taken(from arguments: JSONObject) -> JSONObject {
        var taken = JSONObject()
        for parameter in all {
            let names = [parameter.name] + (Self.otherNames[parameter.name] ?? [])
            guard let value = names.lazy.compactMap({ arguments[$0] }).first, value != .null else { continue }
            if case .double(let number) = value, let whole = Int64(exactly: number) {
                taken[parameter.name] = .integer(whole)
            } else {
                taken[parameter.name] = value
            }
        }
        return taken
    }

    private static let otherNames = [
        "path": ["file_path"], "oldText": ["old_string"], "newText": ["new_string"], "workdir": ["cwd"],
    ]
}
