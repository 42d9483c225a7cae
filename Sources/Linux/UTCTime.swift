import Glibc

/// Moments as text (RFC 3339).
public enum UTCTime {
    /// This moment, in seconds since 1970.
    public static var now: Int64 { Int64(time(nil)) }

    /// `2026-01-31T12:00:00Z`.
    public static func text(_ seconds: Int64) -> String {
        var moment = time_t(seconds)
        var parts = tm()
        gmtime_r(&moment, &parts)
        var text = [CChar](repeating: 0, count: 32)
        strftime(&text, text.count, "%Y-%m-%dT%H:%M:%SZ", &parts)
        return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
