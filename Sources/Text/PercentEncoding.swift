/// Percent-encoding (RFC 3986 section 2.1).
package enum PercentEncoding {
    /// `text` decoded; nil when an escape is damaged or the bytes are no UTF-8.
    package static func decoded(_ text: some StringProtocol) -> String? {
        var bytes: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            guard let high = rest.popFirst().flatMap(digit), let low = rest.popFirst().flatMap(digit) else {
                return nil
            }
            bytes.append(high << 4 | low)
        }
        return String(validating: bytes, as: UTF8.self)
    }

    /// The components of a path, decoded once; nil when one of them could lead elsewhere.
    package static func components(_ path: Substring) -> [String]? {
        var components: [String] = []
        for part in path.split(separator: "/") {
            guard let component = decoded(part), component != ".", component != "..",
                !component.utf8.contains(UInt8(ascii: "/")), !component.utf8.contains(0)
            else { return nil }
            components.append(component)
        }
        return components
    }

    private static func digit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}
