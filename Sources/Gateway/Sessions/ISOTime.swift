import Glibc

/// Times as RFC 3339 writes them, in UTC and to the millisecond: `2026-01-31T12:34:56.789Z`.
public enum ISOTime {
    /// `milliseconds` since 1970, written out.
    public static func text(_ milliseconds: Int64) -> String {
        let (seconds, rest) = milliseconds.flooredQuotientAndRemainder(by: 1000)
        var time = time_t(seconds)
        var parts = tm()
        gmtime_r(&time, &parts)
        return "\(digits(parts.tm_year + 1900, 4))-\(digits(parts.tm_mon + 1, 2))-\(digits(parts.tm_mday, 2))T"
            + "\(digits(parts.tm_hour, 2)):\(digits(parts.tm_min, 2)):\(digits(parts.tm_sec, 2))."
            + "\(digits(Int32(rest), 3))Z"
    }

    /// The same as part of a file's name, where a colon is not welcome.
    static func fileName(_ milliseconds: Int64) -> String {
        String(text(milliseconds).map { $0 == ":" ? "-" : $0 })
    }

    /// The milliseconds since 1970 that `text` says; nil when it is no such time.
    public static func milliseconds(_ text: String) -> Int64? {
        let bytes = Array(text.utf8)
        guard bytes.count >= 20, bytes.last == UInt8(ascii: "Z") else { return nil }
        let numbers = bytes.dropLast().split { !(UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
            .map { $0.prefix(9).reduce(Int32(0)) { $0 &* 10 &+ Int32($1 - UInt8(ascii: "0")) } }
        guard (6...7).contains(numbers.count) else { return nil }
        var parts = tm()
        (parts.tm_year, parts.tm_mon, parts.tm_mday) = (numbers[0] - 1900, numbers[1] - 1, numbers[2])
        (parts.tm_hour, parts.tm_min, parts.tm_sec) = (numbers[3], numbers[4], numbers[5])
        let seconds = Int64(timegm(&parts))
        let fraction = text.split(separator: ".").dropFirst().first?.dropLast().prefix(3) ?? ""
        let padded = String(fraction) + String(repeating: "0", count: max(0, 3 - fraction.count))
        return seconds * 1000 + (Int64(padded) ?? 0)
    }

    private static func digits(_ value: Int32, _ count: Int) -> String {
        let text = String(value)
        return String(repeating: "0", count: max(0, count - text.count)) + text
    }
}

extension Int64 {
    fileprivate func flooredQuotientAndRemainder(by divisor: Int64) -> (Int64, Int64) {
        let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
    }
}
