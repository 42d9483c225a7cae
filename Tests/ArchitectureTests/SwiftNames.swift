/// The types that a Swift file declares and names, told from its text.
struct SwiftNames {
    /// Those declared at the top level.
    private(set) var declared: Set<String> = []
    /// Those declared within others; inside of this file the name means them.
    private(set) var nested: Set<String> = []
    /// The capitalized names that stand in it, without those behind a point.
    private(set) var named: Set<String> = []

    private static let declaring: Set<String> = ["struct", "enum", "class", "actor", "protocol", "typealias"]

    init(of source: String) {
        var depth = 0
        var isDeclaring = false
        for token in Self.tokens(of: Array(source.utf8)) {
            switch token {
            case .open: depth += 1
            case .close: depth -= 1
            case .word(let word, let isMember):
                let isType = word.utf8.first.map { (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0) } ?? false
                if isType, isDeclaring {
                    if depth == 0 { declared.insert(word) } else { nested.insert(word) }
                } else if isType, !isMember {
                    named.insert(word)
                }
                isDeclaring = Self.declaring.contains(word)
            }
        }
    }

    private enum Token {
        case open
        case close
        /// `isMember`: a point stands before it.
        case word(String, isMember: Bool)
    }

    /// What counts in `bytes`: comments and strings do not.
    private static func tokens(of bytes: [UInt8]) -> [Token] {
        var tokens: [Token] = []
        var index = 0
        func stands(_ text: StaticString, at place: Int) -> Bool {
            guard bytes.count - place >= text.utf8CodeUnitCount else { return false }
            for offset in 0..<text.utf8CodeUnitCount where bytes[place + offset] != text.utf8Start[offset] {
                return false
            }
            return true
        }
        func skip(to end: StaticString, from start: Int, escapes: Bool) -> Int {
            var place = start
            while place < bytes.count, !stands(end, at: place) {
                place += escapes && bytes[place] == UInt8(ascii: "\\") ? 2 : 1
            }
            return place + end.utf8CodeUnitCount
        }
        while index < bytes.count {
            let byte = bytes[index]
            if stands("//", at: index) {
                index = skip(to: "\n", from: index, escapes: false)
            } else if stands("/*", at: index) {
                index = skip(to: "*/", from: index + 2, escapes: false)
            } else if stands("\"\"\"", at: index) {
                index = skip(to: "\"\"\"", from: index + 3, escapes: true)
            } else if byte == UInt8(ascii: "\"") {
                index = skipString(bytes, from: index + 1)
            } else if byte == UInt8(ascii: "{") || byte == UInt8(ascii: "}") {
                tokens.append(byte == UInt8(ascii: "{") ? .open : .close)
                index += 1
            } else if isNameByte(byte) {
                let end = bytes[index...].firstIndex { !isNameByte($0) } ?? bytes.count
                let isMember = index > 0 && bytes[index - 1] == UInt8(ascii: ".")
                tokens.append(.word(String(decoding: bytes[index..<end], as: UTF8.self), isMember: isMember))
                index = end
            } else {
                index += 1
            }
        }
        return tokens
    }

    /// The place behind the string that goes on at `start`, with what is interpolated into it.
    private static func skipString(_ bytes: [UInt8], from start: Int) -> Int {
        var place = start
        while place < bytes.count, bytes[place] != UInt8(ascii: "\"") {
            guard bytes[place] == UInt8(ascii: "\\") else {
                place += 1
                continue
            }
            guard place + 1 < bytes.count, bytes[place + 1] == UInt8(ascii: "(") else {
                place += 2
                continue
            }
            var depth = 1
            place += 2
            while place < bytes.count, depth > 0 {
                switch bytes[place] {
                case UInt8(ascii: "("): depth += 1
                case UInt8(ascii: ")"): depth -= 1
                case UInt8(ascii: "\""): place = skipString(bytes, from: place + 1) - 1
                default: break
                }
                place += 1
            }
        }
        return place + 1
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
            true
        default: false
        }
    }
}
