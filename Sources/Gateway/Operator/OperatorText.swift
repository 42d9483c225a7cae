import Time

/// How the operator writes.
enum OperatorText {
    /// Rows of a name and a value.
    static func table(_ rows: [(String, String)]) -> String {
        let width = (rows.map(\.0.count).max() ?? 0) + 2
        return rows.map { name, value in name + String(repeating: " ", count: width - name.count) + value }
            .joined(separator: "\n")
    }

    /// `2 d 3 h`, `3 h 20 min`, `5 min`, `12 s`.
    static func time(_ span: TimeSpan) -> String {
        let seconds = span.count(.seconds)
        let (days, hours, minutes) = (seconds / 86400, seconds / 3600 % 24, seconds / 60 % 60)
        if days > 0 { return "\(days) d \(hours) h" }
        if hours > 0 { return "\(hours) h \(minutes) min" }
        return minutes > 0 ? "\(minutes) min" : "\(seconds) s"
    }
}
