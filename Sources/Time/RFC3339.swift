/// Points in time as RFC 3339 writes them, in UTC and to the millisecond: `2026-01-31T12:34:56.789Z`.
public enum RFC3339 {
    private static let millisecondsOfADay: Int64 = 86_400_000

    /// `time`, written out.
    public static func text(_ time: Timestamp) -> String {
        let (days, rest) = time.milliseconds.quotientAndRemainder(dividingBy: millisecondsOfADay)
        let date = CivilDate(daysSince1970: Int(days))
        return "\(digits(Int64(date.year), 4))-\(digits(Int64(date.month), 2))-\(digits(Int64(date.day), 2))T"
            + "\(digits(rest / 3_600_000, 2)):\(digits(rest / 60_000 % 60, 2)):\(digits(rest / 1000 % 60, 2))."
            + "\(digits(rest % 1000, 3))Z"
    }

    /// The same as part of a file's name, where a colon is not welcome.
    public static func fileName(_ time: Timestamp) -> String {
        String(text(time).map { $0 == ":" ? "-" : $0 })
    }

    /// The time that `text` says, in UTC, with or without a fraction of a second; nil when it is no such time, or one
    /// outside of `Timestamp.range`.
    ///
    /// What follows the third digit of the fraction is left out. A leap second counts as the second after it, as POSIX has
    /// it.
    public static func time(_ text: String) -> Timestamp? {
        var rest = Array(text.utf8)[...]
        guard let year = number(&rest, 4, before: "-"), let month = number(&rest, 2, before: "-"),
            let day = number(&rest, 2, before: "T"), let hour = number(&rest, 2, before: ":"),
            let minute = number(&rest, 2, before: ":"), let second = number(&rest, 2),
            let milliseconds = fraction(&rest), rest.elementsEqual("Z".utf8)
        else { return nil }
        let date = CivilDate(year: Int(year), month: Int(month), day: Int(day))
        guard 1...12 ~= month, day >= 1, date.day <= date.daysInMonth, hour < 24, minute < 60, second <= 60 else {
            return nil
        }
        let seconds = hour * 3600 + minute * 60 + second
        return Timestamp(
            milliseconds: Int64(date.daysSince1970) * millisecondsOfADay + seconds * 1000 + milliseconds)
    }

    /// The next `count` digits, and the character `end` after them; nil when something else stands there.
    private static func number(
        _ rest: inout ArraySlice<UInt8>, _ count: Int, before end: Unicode.Scalar? = nil
    ) -> Int64? {
        let digits = rest.prefix(count)
        guard digits.count == count, digits.allSatisfy(isDigit) else { return nil }
        rest = rest.dropFirst(count)
        if let end {
            guard rest.popFirst() == UInt8(ascii: end) else { return nil }
        }
        return digits.reduce(0) { $0 * 10 + Int64($1 - UInt8(ascii: "0")) }
    }

    /// The milliseconds of a fraction, which need not be there; nil when a point stands alone.
    private static func fraction(_ rest: inout ArraySlice<UInt8>) -> Int64? {
        guard rest.first == UInt8(ascii: ".") else { return 0 }
        let digits = rest.dropFirst().prefix(while: isDigit)
        guard !digits.isEmpty else { return nil }
        rest = rest.dropFirst(1 + digits.count)
        let padded = Array(digits.prefix(3)) + repeatElement(UInt8(ascii: "0"), count: max(0, 3 - digits.count))
        return padded.reduce(0) { $0 * 10 + Int64($1 - UInt8(ascii: "0")) }
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }

    private static func digits(_ value: Int64, _ count: Int) -> String {
        let text = String(value)
        return String(repeating: "0", count: max(0, count - text.count)) + text
    }
}
