import JSON
import Testing

/// Texts nobody thought of, made from seeds so that a failure can be repeated.
@Suite struct JSON5FuzzTests {
    @Test(arguments: 0..<64)
    func `any text written in any style is read, and edited to say any other value`(seed: UInt64) throws {
        var random = SplitMix(seed: seed)
        for _ in 0..<40 {
            let value = random.object(depth: 3)
            var writer = RandomWriter(random: random)
            writer.write(value)
            random = writer.random
            let document = try JSON5Document(parsing: Array(writer.text.utf8))
            #expect(document.value.isSame(as: value), "seed \(seed): \(writer.text)")

            let other = random.next() % 4 == 0 ? random.object(depth: 3) : random.variation(of: value)
            let edited = document.text(for: other)
            let text = String(decoding: edited, as: UTF8.self)
            let again = try JSON5Document(parsing: edited)
            #expect(again.value.isSame(as: other), "seed \(seed): \(writer.text) became \(text)")
            #expect(again.text(for: other) == edited)
        }
    }

    @Test(arguments: 0..<64)
    func `no comment is lost when members come and go`(seed: UInt64) throws {
        var random = SplitMix(seed: seed &+ 1000)
        for _ in 0..<40 {
            let value = random.flatObject()
            var writer = RandomWriter(random: random, keepsCommentsApart: true)
            writer.write(value)
            random = writer.random
            let document = try JSON5Document(parsing: Array(writer.text.utf8))
            let text = String(decoding: document.text(for: random.flatObject()), as: UTF8.self)
            for comment in writer.comments {
                #expect(text.contains(comment), "seed \(seed): \(comment) of \(writer.text) is not in \(text)")
            }
        }
    }

    @Test(arguments: 0..<32)
    func `damaged text is refused or read, never worse, and strict JSON reads the same`(seed: UInt64) throws {
        var random = SplitMix(seed: seed &+ 2000)
        for _ in 0..<100 {
            let value = random.object(depth: 2)
            var writer = RandomWriter(random: random)
            writer.write(value)
            random = writer.random
            var text = random.next() % 2 == 0 ? Array(writer.text.utf8) : value.serialized(pretty: true)
            for _ in 0...random.below(3) { random.damage(&text) }
            let read = try? JSON5Document(parsing: text)
            if let read { #expect(read.text(for: read.value) == text) }
            if let strict = try? JSON(parsing: text) {
                #expect(read?.value.isSame(as: strict) == true, "\(String(decoding: text, as: UTF8.self))")
            }
        }
    }
}

/// Steele, Lea and Flood's SplitMix64: small, and the same everywhere.
struct SplitMix {
    private var state: UInt64

    init(seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ value >> 30) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ value >> 27) &* 0x94D0_49BB_1331_11EB
        return value ^ value >> 31
    }

    mutating func below(_ bound: Int) -> Int { Int(next() % UInt64(bound)) }

    mutating func one<Element>(of elements: [Element]) -> Element { elements[below(elements.count)] }

    // MARK: Values

    mutating func object(depth: Int) -> JSON {
        var object = JSONObject()
        for _ in 0..<below(5) { object[name()] = value(depth: depth) }
        return .object(object)
    }

    mutating func flatObject() -> JSON {
        var object = JSONObject()
        for _ in 0..<below(6) { object[name()] = scalar() }
        return .object(object)
    }

    mutating func value(depth: Int) -> JSON {
        switch depth > 0 ? below(6) : 5 {
        case 0, 1: return object(depth: depth - 1)
        case 2:
            var elements: [JSON] = []
            for _ in 0..<below(5) { elements.append(value(depth: depth - 1)) }
            return .array(elements)
        default: return scalar()
        }
    }

    mutating func scalar() -> JSON {
        one(of: [
            .null, true, false, 0, -7, 1.5, "", "x", "it's", "\"q\"", "back\\slash", "// no comment", "/* nor this */",
            "line\nend", "\u{e9}", "e\u{301}", "\u{1F600}", "\u{2028}", .integer(.max), 1e300,
        ])
    }

    mutating func name() -> String {
        one(of: ["a", "b", "c", "$d", "e_1", "\u{e4}", "with space", "it's", "\"", "", "null", "1", "a.b", "\u{2028}"])
    }

    mutating func variation(of value: JSON) -> JSON {
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

    mutating func damage(_ text: inout [UInt8]) {
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

/// Writes a value as somebody with changing habits would, and remembers the comments.
struct RandomWriter {
    var random: SplitMix
    private(set) var text = ""
    private(set) var comments: [String] = []
    /// Whether no comment stands inside a member, between its name and its value.
    private let keepsCommentsApart: Bool

    init(random: SplitMix, keepsCommentsApart: Bool = false) {
        self.random = random
        self.keepsCommentsApart = keepsCommentsApart
    }

    mutating func write(_ value: JSON) {
        trivia()
        writeValue(value)
        trivia()
    }

    private mutating func writeValue(_ value: JSON) {
        switch value {
        case .object(let object):
            list("{", "}", object.members) { writer, member in
                writer.writeName(member.name)
                writer.trivia(mayComment: !writer.keepsCommentsApart)
                writer.text += ":"
                writer.trivia(mayComment: !writer.keepsCommentsApart)
                writer.writeValue(member.value)
            }
        case .array(let elements): list("[", "]", elements) { $0.writeValue($1) }
        case .string(let string): writeString(string)
        case .integer(let number) where number > 0 && random.below(2) == 0:
            text += random.below(2) == 0 ? "+\(number)" : "0x\(String(number, radix: 16))"
        default: text += value.text()
        }
    }

    private mutating func list<Item>(
        _ open: String, _ close: String, _ items: [Item], _ write: (inout RandomWriter, Item) -> Void
    ) {
        text += open
        for (index, item) in items.enumerated() {
            trivia()
            write(&self, item)
            trivia()
            if index < items.count - 1 || random.below(3) == 0 { text += "," }
        }
        trivia()
        text += close
    }

    private mutating func writeName(_ name: String) {
        let scalars = Array(name.unicodeScalars)
        let isPlain = !scalars.isEmpty && scalars.allSatisfy { $0.properties.isAlphabetic || $0 == "_" || $0 == "$" }
        if isPlain, random.below(2) == 0 { text += name } else { writeString(name) }
    }

    private mutating func writeString(_ string: String) {
        if random.below(2) == 0 { return text += JSON.string(string).text() }
        text += "'"
        for scalar in string.unicodeScalars {
            switch scalar {
            case "'", "\\": text += "\\\(scalar)"
            case "\n": text += random.below(2) == 0 ? "\\n" : "\\x0a"
            default:
                if random.below(12) == 0 { text += "\\\n" }
                text.unicodeScalars.append(scalar)
            }
        }
        text += "'"
    }

    private mutating func trivia(mayComment: Bool = true) {
        for _ in 0..<random.below(3) {
            switch mayComment ? random.below(6) : 5 {
            case 0:
                let comment = "//\(comments.count) it's {\"a\": 1,}"
                comments.append(comment)
                text += comment + random.one(of: ["\n", "\r\n", "  \n"])
            case 1:
                let comment = "/*\(comments.count) \n,} */"
                comments.append(comment)
                text += comment
            default: text += random.one(of: [" ", "  ", "\n", "\n  ", "\t", "\r\n", "\u{A0}"])
            }
        }
    }
}
