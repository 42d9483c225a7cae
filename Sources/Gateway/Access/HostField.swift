import Policy

/// The field `Host` of a request, taken apart (RFC 9112 section 3.2).
struct HostField: Equatable, Sendable {
    /// The name in lower case, or the address without brackets. Of the ways to write one IPv6 address it has the one that
    /// RFC 5952 recommends, so that two that are the same are found to be.
    let name: String
    /// The port; nil when none is named.
    let port: UInt16?

    /// Reads `text`: a name of letters, digits, `.`, `-` and `_`, an IPv4 address, or an IPv6 address in brackets, and
    /// perhaps a colon and a port. Nil for anything else: other programs may take what stands before or behind an `@` for
    /// the name, and would not agree with us who was asked.
    init?(_ text: String) {
        var rest = text[...]
        if rest.hasPrefix("[") {
            guard let end = rest.firstIndex(of: "]"), case let address = rest[..<end].dropFirst(),
                let parsed = IPAddress(String(address)), !parsed.isIPv4
            else { return nil }
            name = parsed.description
            rest = rest[end...].dropFirst()
        } else {
            let found = rest.utf8.prefix(while: Self.isNameByte)
            guard (1...253).contains(found.count) else { return nil }
            name = String(rest[..<found.endIndex]).lowercased()
            rest = rest[found.endIndex...]
        }
        guard !rest.isEmpty else {
            port = nil
            return
        }
        guard rest.first == ":", rest.dropFirst().utf8.allSatisfy(Self.isDigit) else { return nil }
        port = UInt16(rest.dropFirst())
        // The number may be missing (RFC 3986 section 3.2.3).
        guard port != nil || rest == ":" else { return nil }
    }

    private static func isDigit(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
        case UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "_"): true
        default: isDigit(byte)
        }
    }
}
