/// Points in time as text (RFC 3339).
enum ISO8601 {
    /// `2026-01-31T12:00:00.000Z`, for milliseconds since 1970.
    static func text(milliseconds: Int64) -> String {
        let (days, rest) = milliseconds.quotientAndRemainder(dividingBy: 86_400_000)
        let isBefore = rest < 0
        let time = isBefore ? rest + 86_400_000 : rest
        let date = CivilDate(daysSince1970: Int(isBefore ? days - 1 : days))
        func digits(_ value: Int64, _ count: Int) -> String {
            let text = String(value)
            return String(repeating: "0", count: max(0, count - text.count)) + text
        }
        return "\(digits(Int64(date.year), 4))-\(digits(Int64(date.month), 2))-\(digits(Int64(date.day), 2))T"
            + "\(digits(time / 3_600_000, 2)):\(digits(time / 60_000 % 60, 2)):\(digits(time / 1000 % 60, 2))."
            + "\(digits(time % 1000, 3))Z"
    }
}
