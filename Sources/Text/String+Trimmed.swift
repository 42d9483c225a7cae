extension String {
    /// Without white space at both ends.
    package var trimmed: String {
        let start = unicodeScalars.drop(while: Self.isSpace)
        guard let last = start.lastIndex(where: { !Self.isSpace($0) }) else { return "" }
        return String(start[...last])
    }

    /// Mostly it is ASCII, of which there may be half a megabyte: that is told without looking anything up.
    private static func isSpace(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x09...0x0D, 0x20: true
        case 0..<0x80: false
        default: scalar.properties.isWhitespace
        }
    }
}
