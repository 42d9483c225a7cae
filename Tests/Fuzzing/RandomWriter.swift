public import JSON

/// Writes a value as somebody with changing habits would, and remembers the comments.
public struct RandomWriter {
    /// Where the habits come from.
    public var random: SplitMix
    /// What was written.
    public private(set) var text = ""
    /// The comments in it.
    public private(set) var comments: [String] = []
    /// Whether no comment stands inside a member, between its name and its value.
    private let keepsCommentsApart: Bool

    /// A writer whose habits `random` decides.
    public init(random: SplitMix, keepsCommentsApart: Bool = false) {
        self.random = random
        self.keepsCommentsApart = keepsCommentsApart
    }

    /// Writes `value`.
    public mutating func write(_ value: JSON) {
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
