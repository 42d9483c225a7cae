/// Decides which denials are reported one by one: the first of each rule, then one for as long as `pause`, which
/// counts those between. A payload that is refused a million times fills no disk.
public struct DenialLimiter: Sendable {
    /// How many denials of a rule are reported before counting begins.
    public static let burst = 20
    /// How long one report must suffice after that, in seconds.
    public static let pause: Int64 = 10

    private struct Rule {
        var name: String
        var reported: Int
        var lastReport: Int64
        var held: Denial?
    }

    private var rules: [Rule] = []

    /// A limiter that has seen nothing.
    public init() {}

    /// What to report now that `denial` was made: itself, perhaps counting earlier ones, or nothing yet.
    public mutating func take(_ denial: Denial) -> Denial? {
        let index: Int
        if let known = rules.firstIndex(where: { $0.name == denial.rule }) {
            index = known
        } else {
            index = rules.count
            rules.append(Rule(name: denial.rule, reported: 0, lastReport: denial.time))
        }
        // A rule that was quiet for a while may speak freely again.
        if rules[index].held == nil, denial.time - rules[index].lastReport >= Self.pause { rules[index].reported = 0 }
        var denial = denial
        denial.count += rules[index].held?.count ?? 0
        guard rules[index].reported < Self.burst || denial.time - rules[index].lastReport >= Self.pause else {
            rules[index].held = denial
            return nil
        }
        rules[index].held = nil
        rules[index].reported += 1
        rules[index].lastReport = denial.time
        return denial
    }

    /// What was held back and is due at `time`, in seconds since 1970; all of it at the end.
    public mutating func due(at time: Int64, atEnd: Bool = false) -> [Denial] {
        var due: [Denial] = []
        for index in rules.indices where atEnd || time - rules[index].lastReport >= Self.pause {
            guard let held = rules[index].held else { continue }
            due.append(held)
            rules[index].held = nil
            rules[index].lastReport = time
        }
        return due
    }

    /// Whether something is held back.
    public var holdsBack: Bool { rules.contains { $0.held != nil } }
}
