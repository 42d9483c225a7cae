/// Lengths of time as people write them: `30m`, `1.5h`, `90s`, `250ms`, `2d`.
public enum DurationText {
    /// What a number without unit counts.
    public enum Unit: String, Sendable, CaseIterable {
        case milliseconds = "ms"
        case seconds = "s"
        case minutes = "m"
        case hours = "h"
        case days = "d"

        var milliseconds: Double {
            switch self {
            case .milliseconds: 1
            case .seconds: 1000
            case .minutes: 60_000
            case .hours: 3_600_000
            case .days: 86_400_000
            }
        }
    }

    /// A text that is no length of time.
    public struct Fault: Error, Equatable, CustomStringConvertible {
        /// The text.
        public var text: String

        /// One clause.
        public var description: String {
            text.isEmpty ? "invalid duration (empty)" : "invalid duration: \(text)"
        }
    }

    /// The milliseconds `text` stands for, rounded; a number alone counts `unit`. Throws `Fault`.
    public static func milliseconds(_ text: String, unit: Unit) throws(Fault) -> Int64 {
        let trimmed = text.drop(while: \.isWhitespace)
        let end = trimmed.lastIndex { !$0.isWhitespace }
        let body = end.map { trimmed[...$0] } ?? ""
        let digits = body.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
        let suffix = body[digits.endIndex...].lowercased()
        let parts = digits.split(separator: ".", omittingEmptySubsequences: false)
        guard (1...2).contains(parts.count), parts.allSatisfy({ !$0.isEmpty }), let number = Double(digits),
            let unit = suffix.isEmpty ? unit : Unit(rawValue: suffix),
            let value = Int64(exactly: (number * unit.milliseconds).rounded())
        else { throw Fault(text: String(body)) }
        return value
    }
}
