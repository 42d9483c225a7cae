/// What an act of the payload's leaves in the log, of which there may be any number.
public protocol CountedRecord: Sendable {
    /// When, in seconds since 1970.
    var time: Int64 { get }
    /// The rule that decided.
    var rule: String { get }
    /// How many acts like this one the record stands for.
    var count: Int { get set }
}

extension Denial: CountedRecord {}
extension Permit: CountedRecord {}

/// Decides which records are reported one by one: the first of each rule, then one for as long as `pause`, which
/// counts those between. A payload that is refused a million times fills no disk.
public struct RecordLimiter<Record: CountedRecord>: Sendable {
    /// How many records of a rule are reported before counting begins.
    public static var burst: Int { 20 }
    /// How long one report must suffice after that, in seconds.
    public static var pause: Int64 { 10 }

    private struct Rule {
        var name: String
        var reported: Int
        var lastReport: Int64
        var held: Record?
    }

    private var rules: [Rule] = []
    /// How many rules have a record that is held back.
    private var heldCount = 0

    /// A limiter that has seen nothing.
    public init() {}

    /// What to report now that `record` was made: itself, perhaps counting earlier ones, or nothing yet.
    public mutating func take(_ record: Record) -> Record? {
        let index: Int
        if let known = rules.firstIndex(where: { $0.name == record.rule }) {
            index = known
        } else {
            index = rules.count
            rules.append(Rule(name: record.rule, reported: 0, lastReport: record.time))
        }
        // A rule that was quiet for a while may speak freely again.
        if rules[index].held == nil, record.time - rules[index].lastReport >= Self.pause { rules[index].reported = 0 }
        var record = record
        record.count += rules[index].held?.count ?? 0
        guard rules[index].reported < Self.burst || record.time - rules[index].lastReport >= Self.pause else {
            hold(record, index)
            return nil
        }
        hold(nil, index)
        rules[index].reported += 1
        rules[index].lastReport = record.time
        return record
    }

    /// What was held back and is due at `time`, in seconds since 1970; all of it at the end.
    public mutating func due(at time: Int64, atEnd: Bool = false) -> [Record] {
        var due: [Record] = []
        for index in rules.indices where atEnd || time - rules[index].lastReport >= Self.pause {
            guard let held = rules[index].held else { continue }
            due.append(held)
            hold(nil, index)
            rules[index].lastReport = time
        }
        return due
    }

    /// Whether something is held back. Asked before each time of waiting, so it looks at no rule.
    public var holdsBack: Bool { heldCount > 0 }

    private mutating func hold(_ record: Record?, _ index: Int) {
        heldCount += (record == nil ? 0 : 1) - (rules[index].held == nil ? 0 : 1)
        rules[index].held = record
    }
}
