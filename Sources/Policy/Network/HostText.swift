/// A host's name as RFC 1123, section 2.1 has it, in lower case and without a final dot.
public struct HostText: Equatable, Sendable {
    /// The name as it is compared: in lower case, and without a final dot.
    public let text: String

    /// The name written as `text`; nil when it cannot be one. A last label of digits makes none: that is how some
    /// programs write addresses.
    public init?(_ text: String) {
        var bytes = Array(text.utf8)
        if bytes.last == UInt8(ascii: ".") { bytes.removeLast() }
        guard (1...253).contains(bytes.count) else { return nil }
        let labels = bytes.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        for label in labels {
            guard (1...63).contains(label.count), label.first != UInt8(ascii: "-"), label.last != UInt8(ascii: "-"),
                label.allSatisfy(Self.isPermitted)
            else { return nil }
        }
        guard let last = labels.last, !last.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }),
            !last.starts(with: "0x".utf8), !last.starts(with: "0X".utf8)
        else { return nil }
        self.text = String(decoding: bytes, as: UTF8.self).lowercased()
    }

    /// The underscore is in no host's name, and yet in many.
    private static func isPermitted(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "-"), UInt8(ascii: "_"):
            true
        default: false
        }
    }

    /// A host as it is written where a connection is asked for.
    public enum Destination: Equatable, Sendable {
        case name(HostText)
        case address(IPAddress)
    }

    /// The parts of `HOST:PORT`: a name, an IPv4 address, or an IPv6 address in brackets (RFC 9110, section 9.3.6). Nil
    /// for anything else, port 0 among it.
    public static func split(_ text: String) -> (host: Destination, port: UInt16)? {
        guard let colon = text.utf8.lastIndex(of: UInt8(ascii: ":")) else { return nil }
        let digits = text[text.utf8.index(after: colon)...]
        guard digits.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }),
            let port = UInt16(digits), port != 0
        else { return nil }
        let host = String(text[..<colon])
        if host.hasPrefix("["), host.hasSuffix("]") {
            guard let address = IPAddress(String(host.dropFirst().dropLast())), !address.isIPv4 else { return nil }
            return (.address(address), port)
        }
        if let address = IPAddress(host) { return address.isIPv4 ? (.address(address), port) : nil }
        return HostText(host).map { (.name($0), port) }
    }
}
