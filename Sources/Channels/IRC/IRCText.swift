/// Text as it goes over the network.
enum IRCText {
    /// What `line` says: UTF-8, and where it is none, Latin 1, which every byte is a character of.
    static func decoded(_ line: some Collection<UInt8>) -> String {
        if let text = String(validating: line, as: UTF8.self) { return text }
        return String(String.UnicodeScalarView(line.map { Unicode.Scalar($0) }))
    }

    /// `text` without colours, emphasis and other control characters.
    static func plain(_ text: some StringProtocol) -> String {
        var plain = String.UnicodeScalarView()
        var rest = Substring(text).unicodeScalars[...]
        while let scalar = rest.popFirst() {
            switch scalar.value {
            case 0x03: skip(&rest, 2, where: isDigit)
            case 0x04: skip(&rest, 6, where: isHexadecimal)
            case 0x09: plain.append(" ")
            case 0..<0x20, 0x7F..<0xA0, 0x2028, 0x2029: break
            default: plain.append(scalar)
            }
        }
        return String(plain)
    }

    /// Skips up to `count` scalars of a colour, and a comma with as many behind it.
    private static func skip(
        _ rest: inout Substring.UnicodeScalarView, _ count: Int, where isOfColor: (Unicode.Scalar) -> Bool
    ) {
        let first = rest.prefix(count).prefix(while: isOfColor).count
        guard first > 0 else { return }
        rest = rest.dropFirst(first)
        guard rest.first == ",", let next = rest.dropFirst().first, isOfColor(next) else { return }
        rest = rest.dropFirst()
        rest = rest.dropFirst(rest.prefix(count).prefix(while: isOfColor).count)
    }

    private static func isDigit(_ scalar: Unicode.Scalar) -> Bool { ("0"..."9").contains(scalar) }

    private static func isHexadecimal(_ scalar: Unicode.Scalar) -> Bool {
        isDigit(scalar) || ("a"..."f").contains(scalar) || ("A"..."F").contains(scalar)
    }
}
