import JSON

extension SplitMix {
    /// A text that is JSON5, was, or never was.
    public mutating func bytes() -> [UInt8] {
        var text: [UInt8]
        switch below(4) {
        case 0: text = soup()
        case 1: text = (0..<below(64)).map { _ in UInt8(below(256)) }
        default:
            var writer = RandomWriter(random: self)
            writer.write(value(depth: 3))
            self = writer.random
            text = Array(writer.text.utf8)
        }
        for _ in 0..<below(4) { damage(&text) }
        return text
    }

    /// Pieces of JSON5 in any order.
    private mutating func soup() -> [UInt8] {
        var text = ""
        for _ in 0..<below(24) {
            text += one(of: [
                "{", "}", "[", "]", ":", ",", "'", "\"", "\\", "//", "/*", "*/", "\n", "\r\n", "\u{2028}", "\u{FEFF}",
                "0x", "0", "1", "-", "+", ".", "e9", "Infinity", "NaN", "null", "true", "false", "a", "$b", "\\u",
                "\\u0061",
                "\\ud83d", "\\x4", " ", "\t", "\u{A0}", "9223372036854775808", "1e999",
            ])
        }
        return Array(text.utf8)
    }
}
