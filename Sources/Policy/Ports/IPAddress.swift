/// An IPv4 or IPv6 address.
public enum IPAddress: Hashable, Sendable {
    /// An IPv4 address (RFC 791), the first octet in the highest byte.
    case v4(UInt32)
    /// An IPv6 address (RFC 4291), in two halves.
    case v6(high: UInt64, low: UInt64)

    /// The address of 4 or 16 bytes in network order; nil for another number of them.
    public init?(bytes: [UInt8]) {
        func number(_ part: ArraySlice<UInt8>) -> UInt64 { part.reduce(0) { $0 << 8 | UInt64($1) } }
        switch bytes.count {
        case 4: self = .v4(UInt32(truncatingIfNeeded: number(bytes[...])))
        case 16: self = .v6(high: number(bytes[..<8]), low: number(bytes[8...]))
        default: return nil
        }
    }

    /// 127.0.0.1.
    public static let loopback4 = IPAddress.v4(0x7F00_0001)
    /// ::1.
    public static let loopback6 = IPAddress.v6(high: 0, low: 1)

    /// An IPv4-mapped IPv6 address (RFC 4291, section 2.5.5.2) as the IPv4 address it stands for; any other as it
    /// is. A socket bound to the one is bound to the other.
    public var unmapped: IPAddress {
        guard case .v6(0, let low) = self, low >> 32 == 0xFFFF else { return self }
        return .v4(UInt32(truncatingIfNeeded: low))
    }

    /// Whether it is one of IPv4's own.
    public var isIPv4: Bool {
        if case .v4 = self { true } else { false }
    }

    /// Whether it is in 127.0.0.0/8, mapped or not, or ::1.
    public var isLoopback: Bool {
        switch unmapped {
        case .v4(let bits): bits >> 24 == 127
        case .v6: self == .loopback6
        }
    }

    /// Whether it stands for every address of the host: 0.0.0.0, mapped or not, or ::.
    public var isUnspecified: Bool {
        switch unmapped {
        case .v4(let bits): bits == 0
        case .v6(let high, let low): high == 0 && low == 0
        }
    }
}

extension IPAddress {
    /// The address written as `text`: dotted decimal, or IPv6 in any form of RFC 4291, section 2.2, without zone or
    /// brackets. Nil for anything else, octal and shortened IPv4 among it.
    public init?(_ text: String) {
        if let bits = Self.dotted(text.utf8[...]) {
            self = .v4(bits)
        } else {
            var halves: [[UInt16]] = []
            let bytes = text.utf8[...]
            if let gap = Self.indexOfGap(bytes) {
                guard let head = Self.groups(bytes[..<gap], isEnd: false),
                    let tail = Self.groups(bytes[bytes.index(gap, offsetBy: 2)...]), head.count + tail.count < 8
                else { return nil }
                halves = [head, Array(repeating: 0, count: 8 - head.count - tail.count), tail]
            } else {
                guard let all = Self.groups(bytes), all.count == 8 else { return nil }
                halves = [all]
            }
            let groups = halves.flatMap { $0 }
            func half(_ groups: ArraySlice<UInt16>) -> UInt64 { groups.reduce(0) { $0 << 16 | UInt64($1) } }
            self = .v6(high: half(groups[..<4]), low: half(groups[4...]))
        }
    }

    private static func dotted(_ text: Substring.UTF8View) -> UInt32? {
        let parts = text.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard parts.count == 4 else { return nil }
        var bits: UInt32 = 0
        for part in parts {
            guard let octet = UInt8(Substring(part)), part.count == String(octet).utf8.count else { return nil }
            bits = bits << 8 | UInt32(octet)
        }
        return bits
    }

    /// Where `::` begins; nil when there is none.
    private static func indexOfGap(_ text: Substring.UTF8View) -> Substring.UTF8View.Index? {
        var previous: Substring.UTF8View.Index?
        for index in text.indices {
            if text[index] == UInt8(ascii: ":"), let previous, text[previous] == UInt8(ascii: ":") { return previous }
            previous = index
        }
        return nil
    }

    /// The groups of 16 bits in `text`, the last two at the address's end perhaps in dotted decimal; nothing for
    /// empty text.
    private static func groups(_ text: Substring.UTF8View, isEnd: Bool = true) -> [UInt16]? {
        guard !text.isEmpty else { return [] }
        let parts = text.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
        var groups: [UInt16] = []
        for (index, part) in parts.enumerated() {
            if isEnd, index == parts.count - 1, let bits = dotted(part) {
                groups += [UInt16(bits >> 16), UInt16(truncatingIfNeeded: bits)]
                continue
            }
            guard (1...4).contains(part.count), part.first != UInt8(ascii: "+"),
                let group = UInt16(Substring(part), radix: 16)
            else { return nil }
            groups.append(group)
        }
        return groups
    }
}

extension IPAddress: CustomStringConvertible {
    /// Dotted decimal, or the form RFC 5952 recommends.
    public var description: String {
        switch self {
        case .v4(let bits): Self.dotted(bits)
        case .v6(0, let low) where low >> 32 == 0xFFFF: "::ffff:" + Self.dotted(UInt32(truncatingIfNeeded: low))
        case .v6(let high, let low): Self.text(high, low)
        }
    }

    private static func dotted(_ bits: UInt32) -> String {
        "\(bits >> 24).\(bits >> 16 & 255).\(bits >> 8 & 255).\(bits & 255)"
    }

    private static func text(_ high: UInt64, _ low: UInt64) -> String {
        let groups = [high, low].flatMap { half in
            [48, 32, 16, 0].map { String(UInt16(truncatingIfNeeded: half >> $0), radix: 16) }
        }
        // The first of the longest runs of at least two zero groups becomes "::".
        var best = 0..<0
        var start = 0
        for index in 0...8 where index == 8 || groups[index] != "0" {
            if index - start > max(best.count, 1) { best = start..<index }
            start = index + 1
        }
        guard !best.isEmpty else { return groups.joined(separator: ":") }
        return groups[..<best.lowerBound].joined(separator: ":") + "::"
            + groups[best.upperBound...].joined(separator: ":")
    }
}
