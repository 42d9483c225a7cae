import Time

/// How long a service wants to be left alone, as its header fields say.
enum RetryAfter {
    /// The time that `field` tells, at `now`; nil when it says nothing that is understood. `retry-after` counts seconds or is
    /// a date (RFC 9110 section 10.2.3), `retry-after-ms` counts milliseconds.
    static func span(now: Timestamp, field: (String) -> String?) -> TimeSpan? {
        if let text = field("retry-after-ms"), let count = number(text) { return span(milliseconds: count) }
        guard let text = field("retry-after") else { return nil }
        if let count = number(text) { return span(milliseconds: count * 1000) }
        return HTTPDate.time(text).map { $0.since(now) }
    }

    private static func number(_ text: String) -> Double? {
        guard let number = Double(text), number.isFinite, number >= 0 else { return nil }
        return number
    }

    private static func span(milliseconds: Double) -> TimeSpan {
        TimeSpan(clamping: Int64(exactly: milliseconds.rounded(.up)) ?? .max)
    }
}

/// Dates as HTTP writes them: `Sun, 06 Nov 1994 08:49:37 GMT` (RFC 9110 section 5.6.7).
enum HTTPDate {
    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]

    /// The time `text` says; nil when it is no such date.
    static func time(_ text: String) -> Timestamp? {
        let parts = text.split(separator: " ")
        guard parts.count == 6, parts[0].hasSuffix(","), parts[5] == "GMT", let day = Int(parts[1]),
            let month = months.firstIndex(of: String(parts[2])), let year = Int(parts[3]), (1970...9999).contains(year)
        else { return nil }
        let date = CivilDate(year: year, month: month + 1, day: day)
        let clock = parts[4].split(separator: ":").map { Int($0) ?? -1 }
        guard (1...date.daysInMonth).contains(day), clock.count == 3, (0...23).contains(clock[0]),
            (0...59).contains(clock[1]), (0...60).contains(clock[2])
        else { return nil }
        let seconds = date.daysSince1970 * 86_400 + clock[0] * 3600 + clock[1] * 60 + clock[2]
        return Timestamp(milliseconds: Int64(seconds) * 1000)
    }
}
