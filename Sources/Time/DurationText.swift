/// Lengths of time as people write them: `30m`, `1.5h`, `90s`, `250ms`, `2d`.
public enum DurationText {
    /// A text that is no length of time.
    public struct Fault: Error, Equatable, CustomStringConvertible {
        /// The text as it was given.
        public var text: String

        /// What is wrong, as a clause of somebody else's sentence.
        public var description: String {
            text.isEmpty ? "invalid duration (empty)" : "invalid duration: \(text)"
        }
    }

    /// What `text` stands for, to the millisecond; a number alone counts `unit`. More than `TimeSpan.longest` is the
    /// longest. Throws `Fault`.
    public static func span(_ text: String, unit: TimeSpan.Unit) throws(Fault) -> TimeSpan {
        let trimmed = text.drop(while: \.isWhitespace)
        let end = trimmed.lastIndex { !$0.isWhitespace }
        let body = end.map { trimmed[...$0] } ?? ""
        let digits = body.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
        let suffix = body[digits.endIndex...].lowercased()
        let parts = digits.split(separator: ".", omittingEmptySubsequences: false)
        guard (1...2).contains(parts.count), parts.allSatisfy({ !$0.isEmpty }), let number = Double(digits),
            let unit = suffix.isEmpty ? unit : TimeSpan.Unit(rawValue: suffix)
        else { throw Fault(text: String(body)) }
        let milliseconds = (number * Double(unit.milliseconds)).rounded()
        return TimeSpan(clamping: Int64(exactly: milliseconds) ?? .max)
    }
}
