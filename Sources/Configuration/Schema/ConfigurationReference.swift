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
            let (served, unserved) = sorted(key.schema.listing(at: key.name))
            kept += unserved
            guard !served.isEmpty else { continue }
            lines += ["", "## \(key.name)", ""]
            if key.schema.isObject, !key.schema.help.isEmpty { lines += [key.schema.help, ""] }
            lines += served.filter { $0.path != key.name || !key.schema.isObject }.map(line)
        }
        lines += [
            "", "## Keys without effect", "",
            "This version checks what these hold and keeps it, so that a file of the original gateway can be used as it is, "
                + "but does not act on it, nor on what lies below them.", "",
        ]
        lines += kept.map { "- `\($0)`" }
        return lines.joined(separator: "\n") + "\n"
    }

    /// Those that are acted on, and the paths of the outermost that are not.
    private static func sorted(_ keys: [ListedKey]) -> (served: [ListedKey], unserved: [String]) {
        var (served, unserved): ([ListedKey], [String]) = ([], [])
        var seen: Set<String> = []
        // A key of several forms is listed once for each; the first says what it is.
        for key in keys where seen.insert(key.path).inserted {
            let isBelow = unserved.contains { key.path.hasPrefix("\($0).") || key.path.hasPrefix("\($0)[]") }
            if isBelow { continue }
            if key.schema.isServed { served.append(key) } else { unserved.append(key.path) }
        }
        return (served, unserved)
    }

    private static func line(_ key: ListedKey) -> String {
        var facts = [form(of: key)]
        // A key that must be there has no default.
        if let fallback = key.schema.fallback, !key.schema.isRequired { facts.append("default `\(fallback.text())`") }
        if key.schema.isSecret { facts.append("a secret") }
        let line = "- `\(key.path)` (\(facts.joined(separator: ", ")))"
        return key.schema.help.isEmpty ? line : "\(line): \(key.schema.help)"
    }

    /// What the value must be: words for people where there is a choice, else the type with its bounds.
    private static func form(of key: ListedKey) -> String {
        switch key.schema.kind {
        case .words(let words): words.map { "`\"\($0)\"`" }.joined(separator: " or ")
        case .union: key.schema.phrase
        case .any, .boolean, .string, .number, .array, .object: key.type
        }
    }
}

extension ConfigurationSchema {
    fileprivate var isObject: Bool { if case .object = kind { true } else { false } }
}
