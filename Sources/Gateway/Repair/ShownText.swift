/// Text of somebody who may be hostile, for a person who decides by what is seen.
public enum ShownText {
    /// One line of at most `limit` characters, in which everything that is not seen as what it is, is spelled out
    /// (`\u{1b}`): control characters, line ends, and what turns the direction of writing or takes no room.
    public static func line(_ text: String, limit: Int = 1000) -> String {
        let escaped = escaped(text, keeping: [])
        return escaped.count <= limit ? escaped : "\(escaped.prefix(limit))… (\(escaped.count) characters)"
    }

    /// The same, however long it is: of what somebody agrees to nothing is left out.
    public static func whole(_ text: String) -> String { escaped(text, keeping: []) }

    /// The same for a text of several lines, whatever its length.
    public static func lines(_ text: String) -> String { escaped(text, keeping: ["\n", "\t"]) }

    private static func escaped(_ text: String, keeping kept: Set<Unicode.Scalar>) -> String {
        var result = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            if kept.contains(scalar) || isSeen(scalar) {
                result.append(scalar)
            } else {
                result.append(contentsOf: "\\u{\(String(scalar.value, radix: 16))}".unicodeScalars)
            }
        }
        return String(result)
    }

    private static func isSeen(_ scalar: Unicode.Scalar) -> Bool {
        if scalar.isASCII { return scalar.value >= 0x20 && scalar.value < 0x7F }
        if scalar.properties.isDefaultIgnorableCodePoint { return false }
        return switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .spaceSeparator, .surrogate, .privateUse,
            .unassigned:
            false
        default: true
        }
    }
}
