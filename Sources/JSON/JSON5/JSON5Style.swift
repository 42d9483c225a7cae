/// How somebody writes JSON5, so that what is added looks as if they had written it.
struct JSON5Style {
    /// How names are written.
    enum Names: Equatable {
        case bare, quoted, singleQuoted

        /// As the name that begins with `byte`.
        init(_ byte: UInt8) {
            switch byte {
            case UInt8(ascii: "\""): self = .quoted
            case UInt8(ascii: "'"): self = .singleQuoted
            default: self = .bare
            }
        }
    }

    /// One level of indentation. Two spaces when nothing shows another.
    var unit: [UInt8] = [UInt8](repeating: UInt8(ascii: " "), count: 2)
    /// What stands at the end of each line that is added: a line feed, or a carriage return with one.
    var lineEnd: [UInt8] = [UInt8(ascii: "\n")]
    /// Whether colons and commas are followed by a space.
    var isSpaced = true
    /// How names are written where no neighbour shows it.
    var names = Names.quoted

    /// The style of `document`, as its first line and its first member show it.
    init(of document: JSON5Document) {
        let text = document.text
        if let end = text.firstIndex(of: UInt8(ascii: "\n")), end > 0, text[end - 1] == UInt8(ascii: "\r") {
            lineEnd = [UInt8(ascii: "\r"), UInt8(ascii: "\n")]
        }
        guard let list = document.root.list, let first = list.items.first else { return }
        if let name = first.name {
            names = Names(text[name.range.lowerBound])
            isSpaced = text[first.value.range.lowerBound - 1] != UInt8(ascii: ":")
        }
        guard let end = text[..<first.start].lastIndex(of: UInt8(ascii: "\n")) else { return }
        let indentation = text[(end + 1)..<first.start]
        let isBlank = indentation.allSatisfy { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }
        if isBlank, !indentation.isEmpty { unit = Array(indentation) }
    }
}
