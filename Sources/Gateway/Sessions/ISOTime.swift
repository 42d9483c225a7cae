import Glibc

/// Times as RFC 3339 writes them, in UTC and to the millisecond: `2026-01-31T12:34:56.789Z`.
public enum ISOTime {
    /// `time`, written out.
    public static func text(_ time: Timestamp) -> String {
        let rest = time.milliseconds % 1000
        var time = time_t(time.seconds)
        var parts = tm()
        gmtime_r(&time, &parts)
        return "\(digits(parts.tm_year + 1900, 4))-\(digits(parts.tm_mon + 1, 2))-\(digits(parts.tm_mday, 2))T"
            + "\(digits(parts.tm_hour, 2)):\(digits(parts.tm_min, 2)):\(digits(parts.tm_sec, 2))."
            + "\(digits(Int32(rest), 3))Z"
    }

    /// The same as part of a file's name, where a colon is not welcome.
    static func fileName(_ time: Timestamp) -> String {
        String(text(time).map { $0 == ":" ? "-" : $0 })
    }

    /// The time that `text` says; nil when it is none.
    public static func time(_ text: String) -> Timestamp? {
        let bytes = Array(text.utf8)
        guard bytes.count >= 20, bytes.last == UInt8(ascii: "Z") else { return nil }
        let numbers = bytes.dropLast().split { !(UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
            // No year has more digits than four, and what is no time is found out below.
            .map { $0.prefix(5).reduce(Int32(0)) { $0 &* 10 &+ Int32($1 - UInt8(ascii: "0")) } }
        guard (6...7).contains(numbers.count) else { return nil }
        var parts = tm()
        (parts.tm_year, parts.tm_mon, parts.tm_mday) = (numbers[0] - 1900, numbers[1] - 1, numbers[2])
        (parts.tm_hour, parts.tm_min, parts.tm_sec) = (numbers[3], numbers[4], numbers[5])
        let seconds = Int64(timegm(&parts))
        let fraction = text.split(separator: ".").dropFirst().first?.dropLast().prefix(3) ?? ""
        let padded = String(fraction) + String(repeating: "0", count: max(0, 3 - fraction.count))
        return Timestamp(milliseconds: seconds * 1000 + (Int64(padded) ?? 0))
    }

    private static func digits(_ value: Int32, _ count: Int) -> String {
        let text = String(value)
        return String(repeating: "0", count: max(0, count - text.count)) + text
    }
}
