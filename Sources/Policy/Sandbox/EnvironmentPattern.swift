/// How policies name variables: `NAME`, or `LC_*` for every name that begins so.
public enum EnvironmentPattern {
    /// Whether one of `patterns` stands for `name`.
    public static func matches(_ name: String, _ patterns: [String]) -> Bool {
        patterns.contains { pattern in
            pattern.utf8.last == UInt8(ascii: "*") ? name.utf8.starts(with: pattern.utf8.dropLast()) : name == pattern
        }
    }
}
