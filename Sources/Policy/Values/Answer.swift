public import JSON

/// Whether something may be done inside, by which rule, and the edit that would change it.
public struct Answer: Equatable, Sendable {
    /// What was asked: `bind 127.0.0.1:8080/tcp`.
    public var act: String
    /// Whether it may be done.
    public var isAllowed: Bool
    /// The rule that decides.
    public var rule: String
    /// The edit that would turn the answer round; empty where there is none to give.
    public var remedy: String

    /// An answer. One that nothing needs to be changed about has no remedy.
    public init(act: String, isAllowed: Bool, rule: String, remedy: String = "") {
        self.act = act
        self.isAllowed = isAllowed
        self.rule = rule
        self.remedy = remedy
    }

    /// The answer as data.
    public var json: JSON {
        [
            "act": .string(act), "allowed": .bool(isAllowed), "rule": .string(rule), "remedy": .string(remedy),
        ]
    }
}

extension Answer: CustomStringConvertible {
    /// One line for people: `allowed` or `refused`, the act, the rule and the remedy.
    public var description: String {
        "\(isAllowed ? "allowed" : "refused"): \(act), rule \(rule)" + (remedy.isEmpty ? "" : ": \(remedy)")
    }
}
