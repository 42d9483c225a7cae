public import JSON

extension SeccompPolicy {
    /// What the policy decides for each system call it names, as data: what `explain --json` prints.
    ///
    /// A name maps to its answer, or to a list of conditions and answers; `otherwise` holds the answer to all
    /// other calls. A test compares this meaning with the compiled filter.
    public var explanation: JSON {
        var calls = JSONObject()
        for name in names {
            let rules = indices(ofEntriesFor: name).map { entries[$0] }
            if let only = rules.first, rules.count == 1, only.comparisons.isEmpty {
                calls[name] = .string(only.action.description)
            } else {
                calls[name] = .array(
                    rules.map { rule in
                        [
                            "if": .string(rule.comparisons.map(\.description).joined(separator: " and ")),
                            "answer": .string(rule.action.description),
                        ]
                    })
            }
        }
        return [
            "file": .string(file), "calls": .object(calls), "otherwise": .string(defaultAction.description),
            "foreignArchitecture": .string(SeccompAction.killProcess.description),
        ]
    }

    /// The same in a few lines: the calls grouped by answer.
    public var summary: [String] {
        var groups: [(answer: String, names: [String])] = []
        for name in names {
            let rules = indices(ofEntriesFor: name).map { entries[$0] }
            let isPlain = rules.count == 1 && rules.allSatisfy(\.comparisons.isEmpty)
            let answer = isPlain ? rules[0].action.description : "by arguments"
            if let index = groups.firstIndex(where: { $0.answer == answer }) {
                groups[index].names.append(name)
            } else {
                groups.append((answer, [name]))
            }
        }
        return groups.map { "\($0.answer): \($0.names.joined(separator: " "))" }
            + ["all others: \(defaultAction.description)", "foreign architecture: \(SeccompAction.killProcess)"]
    }
}
