package import JSON
import Policy
import Time

/// Holds a configuration against its description.
package struct ConfigurationValidator {
    package private(set) var issues: [ConfigurationIssue] = []

    /// How many issues are told. Nobody mends more from one message, and each costs a search for what may have been meant.
    package static let limit = 100
    private let root: ConfigurationSchema

    /// Everything wrong with `json`.
    package static func issues(in json: JSON, schema: ConfigurationSchema = .root) -> [ConfigurationIssue] {
        var validator = ConfigurationValidator(root: schema)
        validator.check(json, schema, [])
        for path in schema.hiddenPaths(in: json).prefix(Self.limit) {
            validator.add(
                path, "Invalid input: expected a secret, received what is shown in place of one",
                "write the secret itself")
        }
        return validator.issues
    }

    private init(root: ConfigurationSchema) {
        self.root = root
    }

    private mutating func check(_ json: JSON, _ schema: ConfigurationSchema, _ path: [JSON.PathComponent]) {
        guard issues.count < Self.limit else { return }
        switch schema.kind {
        case .any: break
        case .boolean: if json.bool == nil { mismatch("boolean", json, path) }
        case .string(let rule):
            guard let string = json.string else { return mismatch("string", json, path) }
            check(string, rule, path)
        case .number(let rule):
            guard let number = json.number else { return mismatch("number", json, path) }
            check(number, rule, path)
        case .words(let words):
            guard let word = json.string, words.contains(word) else { return mismatch(words, json, path) }
        case .array(let element):
            guard let elements = json.array else { return mismatch("array", json, path) }
            for (index, json) in elements.enumerated() { check(json, element, path + [.index(index)]) }
        case .object(let rule):
            guard let object = json.object else {
                return mismatch(rule.keys.isEmpty ? "record" : "object", json, path)
            }
            check(object, rule, path)
        case .union(let schemas):
            guard !schemas.contains(where: { Self.issues(in: json, schema: $0).isEmpty }) else { return }
            add(path, "Invalid input", "expected \(schemas.map(\.phrase).joined(separator: " or "))")
        }
    }

    private mutating func check(_ string: String, _ rule: ConfigurationSchema.StringRule, _ path: [JSON.PathComponent])
    {
        let length = string.unicodeScalars.count
        if let minimum = rule.minimumLength, length < minimum {
            add(path, "Too small: expected string to have >=\(minimum) characters")
        } else if let maximum = rule.maximumLength, length > maximum {
            add(path, "Too big: expected string to have <=\(maximum) characters")
        } else if let pattern = rule.pattern, !pattern.matches(string) {
            add(path, pattern.message)
        } else if let longest = rule.longest, let span = try? DurationText.span(string, unit: .minutes), span > longest
        {
            addExcess(
                path, "Too big: expected duration to be <=\(longest)",
                "until \(string) is corrected, \(longest) counts")
        }
    }

    private mutating func check(_ number: Double, _ rule: ConfigurationSchema.NumberRule, _ path: [JSON.PathComponent])
    {
        if rule.isInteger, number.rounded() != number {
            add(path, "Invalid input: expected int, received number")
        } else if let minimum = rule.exclusiveMinimum, number <= minimum {
            add(path, "Too small: expected number to be >\(JSON.double(minimum).text())")
        } else if let minimum = rule.minimum, number < minimum {
            add(path, "Too small: expected number to be >=\(JSON.double(minimum).text())")
        } else if let maximum = rule.maximum, number > maximum {
            let bound = JSON.double(maximum).text()
            let message = "Too big: expected number to be <=\(bound)"
            if rule.isCapped {
                addExcess(path, message, "until \(JSON.double(number).text()) is corrected, \(bound) counts")
            } else {
                add(path, message)
            }
        } else if rule.isInteger, number.magnitude > Self.largestInteger {
            let side = number < 0 ? "Too small: expected number to be >=-" : "Too big: expected number to be <="
            addExcess(
                path, "\(side)\(JSON.double(Self.largestInteger).text())",
                "until \(JSON.double(number).text()) is corrected, the default counts")
        }
    }

    private mutating func check(
        _ object: JSONObject, _ rule: ConfigurationSchema.ObjectRule, _ path: [JSON.PathComponent]
    ) {
        for key in rule.keys {
            if let value = object[key.name] {
                check(value, key.schema, path + [.name(key.name)])
            } else if key.schema.isRequired {
                add(path + [.name(key.name)], "Invalid input: expected \(key.schema.typeName), received undefined")
            }
        }
        for member in object.members where !rule.keys.contains(where: { $0.isNamed(member.name) }) {
            guard issues.count < Self.limit else { return }
            guard let others = rule.others else {
                unknown(member.name, rule, path)
                continue
            }
            if let pattern = rule.keyPattern, !pattern.matches(member.name) {
                add(path + [.nameOf(member.name)], "Invalid key in record", "\"\(member.name)\": \(pattern.message)")
            }
            check(member.value, others, path + [.name(member.name)])
        }
        for check in rule.checks {
            if let fault = check.fault(object) { add(path + fault.path, fault.message) }
        }
    }

    // MARK: Words

    private mutating func mismatch(_ expected: String, _ json: JSON, _ path: [JSON.PathComponent]) {
        // A null received is named null, and an array an array.
        add(path, "Invalid input: expected \(expected), received \(json.kind)")
    }

    private mutating func mismatch(_ words: [String], _ json: JSON, _ path: [JSON.PathComponent]) {
        let options = words.map { "\"\($0)\"" }.joined(separator: "|")
        let message =
            words.count == 1 ? "Invalid input: expected \(options)" : "Invalid option: expected one of \(options)"
        let nearest = json.string.flatMap { $0.utf8.count > 64 ? nil : Suggestion.nearest(to: $0, among: words) }
        add(path, message, nearest.map { "did you mean \"\($0)\"?" })
    }

    private mutating func unknown(_ name: String, _ rule: ConfigurationSchema.ObjectRule, _ path: [JSON.PathComponent])
    {
        let full = path + [.nameOf(name)]
        if let moved = MovedKey.named(ConfigurationPath.text(full)) {
            issues.append(ConfigurationIssue(path: full, message: moved.message, isLegacy: true))
            return
        }
        if ConfigurationPath.text(path) == "channels" { return add(full, "unknown channel id: \(name)") }
        // Nobody mistypes a name that long.
        guard name.utf8.count <= 64 else { return add(full, "Unrecognized key: \"\(name)\"") }
        let advice =
            Suggestion.nearest(to: name, among: rule.keys.lazy.map(\.name)).map { "did you mean \"\($0)\"?" }
            ?? root.paths(named: name).first.map { "did you mean \($0)?" }
        add(full, "Unrecognized key: \"\(name)\"", advice)
    }

    /// The largest whole number that every reader of JSON takes for what it is (RFC 8259 section 6).
    private static let largestInteger: Double = 9_007_199_254_740_991

    private mutating func addExcess(_ path: [JSON.PathComponent], _ message: String, _ advice: String) {
        issues.append(ConfigurationIssue(path: path, message: message, advice: advice, isExcess: true))
    }

    private mutating func add(_ path: [JSON.PathComponent], _ message: String, _ advice: String? = nil) {
        issues.append(ConfigurationIssue(path: path, message: message, advice: advice))
    }
}

extension ConfigurationSchema.Key {
    /// Whether this is the key `name`, by its code units.
    func isNamed(_ name: String) -> Bool {
        self.name == name && self.name.utf8.count == name.utf8.count
    }
}

extension ConfigurationSchema {
    /// The type as messages about a missing value name it.
    var typeName: String {
        switch kind {
        case .any: "value"
        case .boolean: "boolean"
        case .string: "string"
        case .number(let rule): rule.isInteger ? "int" : "number"
        case .words(let words): words.map { "\"\($0)\"" }.joined(separator: "|")
        case .array: "array"
        case .object(let rule): rule.keys.isEmpty ? "record" : "object"
        case .union: "union"
        }
    }

    /// Where a key of exactly this name stands, the shortest path first. Below names that are free nothing is found.
    package func paths(named name: String) -> [String] {
        var found: [[JSON.PathComponent]] = []
        var level: [([JSON.PathComponent], ConfigurationSchema)] = [([], self)]
        while !level.isEmpty, found.isEmpty {
            var next: [([JSON.PathComponent], ConfigurationSchema)] = []
            for (path, schema) in level {
                guard case .object(let rule) = schema.kind else { continue }
                for key in rule.keys {
                    let path = path + [.name(key.name)]
                    if key.isNamed(name) { found.append(path) }
                    next.append((path, key.schema))
                }
            }
            level = next
        }
        return found.map(ConfigurationPath.text)
    }
}
