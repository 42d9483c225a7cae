import JSON

/// The reference page of the configuration's keys, made from their descriptions.
package enum ConfigurationReference {
    /// The page, as `Configuration.docc/Keys.md` holds it.
    package static func markdown(of schema: ConfigurationSchema) -> String {
        guard case .object(let rule) = schema.kind else { return "" }
        var lines = [
            "# Configuration keys", "", "What `mazelclaw.json` may say, and what counts when it says nothing.", "",
            "<!-- Made from the descriptions in Sources/Configuration/Sections. Do not edit: a test holds it against them,",
            "     and MAZELCLAW_UPDATE_GOLDEN=1 writes it anew. -->", "",
            "The file is JSON5: comments, trailing commas and names without quotes are welcome, and `config set` keeps them. "
                + "`$include` takes in other files of its directory, and `${NAME}` stands for a variable of the environment. "
                + "A path is written with points between its names; below, `[]` stands for any element of an array, and "
                + "`<*>` for any name. A key that is marked with `!` is required where what holds it is there. "
                + "`mazelclaw config schema` prints the same as a JSON Schema, and `mazelclaw config validate` checks a file.",
        ]
        var kept: [String] = []
        for key in rule.keys {
            let listed = key.schema.isServed ? key.schema.listing(at: key.name) : []
            let served = Self.served(listed)
            guard served.count > 1 || served.first?.path == key.name && !key.schema.isObject else {
                kept.append(key.name)
                continue
            }
            lines += ["", "## \(key.name)", ""]
            if !key.schema.help.isEmpty { lines += [key.schema.help, ""] }
            lines += served.filter { $0.path != key.name || !key.schema.isObject }.map(line)
        }
        lines += [
            "", "## Keys without effect", "",
            "This version checks what these hold and keeps it, so that a file of the original gateway can be used as it is, "
                + "but does not act on it: \(kept.map { "`\($0)`" }.joined(separator: ", ")).",
        ]
        return lines.joined(separator: "\n") + "\n"
    }

    /// Those that are acted on, and in what is acted on.
    private static func served(_ keys: [ListedKey]) -> [ListedKey] {
        var unserved: [String] = []
        var seen: Set<String> = []
        return keys.filter { key in
            // Of a key of several forms the first says what it is.
            guard seen.insert(key.path).inserted else { return false }
            let isWithin = unserved.contains { key.path.hasPrefix("\($0).") || key.path.hasPrefix("\($0)[]") }
            if isWithin { return false }
            guard key.schema.isServed else {
                unserved.append(key.path)
                return false
            }
            return true
        }
    }

    private static func line(_ key: ListedKey) -> String {
        var line = "- `\(key.path)` (\(key.type.split(separator: "|").joined(separator: " or "))"
        if let fallback = key.schema.fallback { line += ", default `\(fallback.text())`" }
        if key.schema.isSecret { line += ", a secret" }
        line += ")"
        return key.schema.help.isEmpty ? line : "\(line): \(key.schema.help)"
    }
}

extension ConfigurationSchema {
    fileprivate var isObject: Bool { if case .object = kind { true } else { false } }
}
