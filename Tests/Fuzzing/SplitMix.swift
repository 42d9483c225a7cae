public import JSON

/// Steele, Lea and Flood's SplitMix64: small, and the same everywhere.
public struct SplitMix {
    private var state: UInt64

    /// Numbers that `seed` alone decides.
    public init(seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 }

    /// The next 64 bits.
    public mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ value >> 30) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ value >> 27) &* 0x94D0_49BB_1331_11EB
        return value ^ value >> 31
    }

    /// A number from 0 up to `bound`, without it.
    public mutating func below(_ bound: Int) -> Int { Int(next() % UInt64(bound)) }

    /// One of `elements`, of which there must be some.
    public mutating func one<Element>(of elements: [Element]) -> Element { elements[below(elements.count)] }

    // MARK: Values

    /// An object of up to four members, `depth` levels deep.
    public mutating func object(depth: Int) -> JSON {
        var object = JSONObject()
        for _ in 0..<below(5) { object[name()] = value(depth: depth) }
        return .object(object)
    }

    /// An object that holds no others.
    public mutating func flatObject() -> JSON {
        var object = JSONObject()
        for _ in 0..<below(6) { object[name()] = scalar() }
        return .object(object)
    }

    /// Any value, at most `depth` levels deep.
    public mutating func value(depth: Int) -> JSON {
        switch depth > 0 ? below(6) : 5 {
        case 0, 1: return object(depth: depth - 1)
        case 2:
            var elements: [JSON] = []
            for _ in 0..<below(5) { elements.append(value(depth: depth - 1)) }
            return .array(elements)
        default: return scalar()
        }
    }

    /// A value that holds no others.
    public mutating func scalar() -> JSON {
        one(of: [
            .null, true, false, 0, -7, 1.5, "", "x", "it's", "\"q\"", "back\\slash", "// no comment", "/* nor this */",
            "line\nend", "\u{e9}", "e\u{301}", "\u{1F600}", "\u{2028}", .integer(.max), 1e300,
        ])
    }

    /// A name of a member: few, so that they meet, and some that need quotes.
    public mutating func name() -> String {
        one(of: ["a", "b", "c", "$d", "e_1", "\u{e4}", "with space", "it's", "\"", "", "null", "1", "a.b", "\u{2028}"])
    }

    /// `value` with some of it changed.
    public mutating func variation(of value: JSON) -> JSON {
        switch value {
        case .object(var object):
            for member in object.members {
                switch below(5) {
                case 0: object[member.name] = nil
                case 1: object[member.name] = variation(of: member.value)
                default: break
                }
            }
            if below(2) == 0 { object[name()] = self.value(depth: 1) }
            return .object(object)
        case .array(var elements):
            if !elements.isEmpty, below(2) == 0 { elements.remove(at: below(elements.count)) }
            if below(2) == 0 { elements.insert(self.value(depth: 1), at: below(elements.count + 1)) }
            return .array(elements.map { below(4) == 0 ? variation(of: $0) : $0 })
        default: return self.value(depth: 1)
        }
    }

    /// Changes a few bytes of `text`.
    public mutating func damage(_ text: inout [UInt8]) {
        guard !text.isEmpty else { return text.append(UInt8(below(256))) }
        let index = below(text.count)
        switch below(4) {
        case 0: text.remove(at: index)
        case 1: text.insert(one(of: Array("{}[],:'\"\\/*\n\r0xeE.+-a\u{e4}".utf8)), at: index)
        case 2: text[index] = UInt8(below(256))
        default: text.removeLast(min(text.count, below(4)))
        }
    }
}
