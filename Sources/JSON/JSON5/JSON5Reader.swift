/// Reads one JSON5 text (https://spec.json5.org) into nodes with their places.
///
/// Stricter than the specification where a configuration can only lose: a repeated name, an infinite number, a lone
/// surrogate, text that is no UTF-8, and more depth, length or values than the limits are refused.
struct JSON5Reader {
    private let bytes: [UInt8]
    private let limits: JSON.Limits
    private var index = 0
    private var depth = 0
    /// Values begun so far.
    private var values = 0
    /// The end of the last comment skipped, and whether a line end closes it.
    private var lastComment: (end: Int, isLine: Bool) = (0, false)

    init(_ bytes: [UInt8], limits: JSON.Limits) {
        self.bytes = bytes
        self.limits = limits
    }

    mutating func readText() throws(JSONError) -> JSON5Node {
        guard bytes.count <= limits.length else {
            throw JSONError(reason: .tooLong(limit: limits.length), offset: limits.length)
        }
        try requireUTF8()
        try skipTrivia()
        let node = try readValue()
        try skipTrivia()
        guard index == bytes.count else { throw error(.trailingCharacters) }
        return node
    }

    // MARK: Values

    private mutating func readValue() throws(JSONError) -> JSON5Node {
        values += 1
        guard values <= limits.values else { throw error(.tooManyValues(limit: limits.values)) }
        switch peek() {
        case UInt8(ascii: "{"): return try readList(isObject: true)
        case UInt8(ascii: "["): return try readList(isObject: false)
        default:
            let start = index
            let value = try readScalar()
            return JSON5Node(range: start..<index, content: .scalar(value))
        }
    }

    private mutating func readScalar() throws(JSONError) -> JSON {
        switch peek() {
        case nil: throw error(.unexpectedEnd)
        case UInt8(ascii: "\""), UInt8(ascii: "'"): return .string(try readString())
        case UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "."), .some(UInt8(ascii: "0")...UInt8(ascii: "9")):
            return try readNumber()
        case .some: return try readWord()
        }
    }

    private mutating func readList(isObject: Bool) throws(JSONError) -> JSON5Node {
        let start = index
        let close = isObject ? UInt8(ascii: "}") : UInt8(ascii: "]")
        depth += 1
        guard depth <= limits.depth else { throw error(.tooDeep(limit: limits.depth)) }
        index += 1
        var list = JSON5Node.List(isObject: isObject, items: [], contentEnd: index, endsInLineComment: false)
        var names: Set<[UInt8]> = []
        var mayContinue = true
        while true {
            try skipTrivia()
            guard let byte = peek() else { throw error(.unexpectedEnd) }
            if byte == close { break }
            guard mayContinue else {
                throw error(.unexpectedCharacter(expected: isObject ? "a comma or }" : "a comma or ]"))
            }
            var item = try readItem(isObject: isObject)
            if let name = item.name, !names.insert(Array(name.text.utf8)).inserted {
                throw JSONError(reason: .repeatedName(name.text), offset: name.range.lowerBound)
            }
            try skipTrivia()
            mayContinue = peek() == UInt8(ascii: ",")
            if mayContinue {
                item.comma = index
                index += 1
            }
            list.contentEnd = item.end
            list.items.append(item)
        }
        if lastComment.end > list.contentEnd {
            list.contentEnd = lastComment.end
            list.endsInLineComment = lastComment.isLine
        }
        index += 1
        depth -= 1
        return JSON5Node(range: start..<index, content: .list(list))
    }

    private mutating func readItem(isObject: Bool) throws(JSONError) -> JSON5Node.Item {
        guard isObject else { return JSON5Node.Item(value: try readValue()) }
        let start = index
        let text = try readName()
        let name = JSON5Node.Name(text: text, range: start..<index)
        try skipTrivia()
        guard let byte = peek() else { throw error(.unexpectedEnd) }
        guard byte == UInt8(ascii: ":") else { throw error(.unexpectedCharacter(expected: "a colon")) }
        index += 1
        try skipTrivia()
        return JSON5Node.Item(name: name, value: try readValue())
    }

    /// A word that stands for a value.
    private mutating func readWord() throws(JSONError) -> JSON {
        let start = index
        while let byte = peek(), Self.isASCIIWord(byte) { index += 1 }
        // The slice is ASCII, so decoding cannot repair anything.
        switch String(decoding: bytes[start..<index], as: UTF8.self) {
        case "true": return .bool(true)
        case "false": return .bool(false)
        case "null": return .null
        case "Infinity", "NaN": throw JSONError(reason: .notFinite, offset: start)
        default: throw JSONError(reason: .unexpectedCharacter(expected: "a value"), offset: start)
        }
    }

    private static func isASCIIWord(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "$"):
            true
        default: false
        }
    }

    // MARK: Names

    private mutating func readName() throws(JSONError) -> String {
        if let byte = peek(), byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'") { return try readString() }
        var name = ""
        while index < bytes.count {
            let start = index
            var scalar = scalar(at: index)
            let isEscaped = scalar == "\\"
            if isEscaped {
                index += 1
                guard peek() == UInt8(ascii: "u") else { throw JSONError(reason: .invalidEscape, offset: start) }
                index += 1
                guard let escaped = Unicode.Scalar(try readHex(digits: 4, from: start)) else {
                    throw JSONError(reason: .invalidEscape, offset: start)
                }
                scalar = escaped
            } else {
                index += UTF8.width(scalar)
            }
            guard Self.isIdentifier(scalar, isFirst: name.isEmpty) else {
                if isEscaped { throw JSONError(reason: .invalidEscape, offset: start) }
                index = start
                break
            }
            name.unicodeScalars.append(scalar)
        }
        guard !name.isEmpty else { throw error(.unexpectedCharacter(expected: "a name")) }
        return name
    }

    /// Whether `scalar` may stand in a name without quotes (ECMAScript 5.1 section 7.6).
    static func isIdentifier(_ scalar: Unicode.Scalar, isFirst: Bool) -> Bool {
        if scalar == "$" || scalar == "_" { return true }
        switch scalar.properties.generalCategory {
        case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter, .letterNumber:
            return true
        case .nonspacingMark, .spacingMark, .decimalNumber, .connectorPunctuation: return !isFirst
        default: return !isFirst && (scalar == "\u{200C}" || scalar == "\u{200D}")
        }
    }

    // MARK: Numbers

    private mutating func readNumber() throws(JSONError) -> JSON {
        let start = index
        let isNegative = peek() == UInt8(ascii: "-")
        if isNegative || peek() == UInt8(ascii: "+") { index += 1 }
        switch peek() {
        case UInt8(ascii: "I"), UInt8(ascii: "N"): throw JSONError(reason: .notFinite, offset: start)
        case UInt8(ascii: "0") where index + 1 < bytes.count && bytes[index + 1] | 0x20 == UInt8(ascii: "x"):
            index += 2
            return try readHexadecimal(from: start, isNegative: isNegative)
        default: return try readDecimal(from: start, isNegative: isNegative)
        }
    }

    private mutating func readDecimal(from start: Int, isNegative: Bool) throws(JSONError) -> JSON {
        let whole = readDigits()
        guard whole.count <= 1 || whole.first != UInt8(ascii: "0") else {
            throw JSONError(reason: .invalidNumber, offset: start)
        }
        var text = (isNegative ? "-" : "") + (whole.isEmpty ? "0" : String(decoding: whole, as: UTF8.self))
        var isInteger = true
        var fraction: ArraySlice<UInt8> = []
        if peek() == UInt8(ascii: ".") {
            isInteger = false
            index += 1
            fraction = readDigits()
            text += "." + (fraction.isEmpty ? "0" : String(decoding: fraction, as: UTF8.self))
        }
        guard !whole.isEmpty || !fraction.isEmpty else { throw JSONError(reason: .invalidNumber, offset: start) }
        if let byte = peek(), byte | 0x20 == UInt8(ascii: "e") {
            isInteger = false
            index += 1
            text += "e"
            if let sign = peek(), sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-") {
                index += 1
                text += sign == UInt8(ascii: "-") ? "-" : ""
            }
            let exponent = readDigits()
            guard !exponent.isEmpty else { throw JSONError(reason: .invalidNumber, offset: start) }
            text += String(decoding: exponent, as: UTF8.self)
        }
        if isInteger, let value = Int64(text) { return .integer(value) }
        guard let value = Double(text) else { throw JSONError(reason: .invalidNumber, offset: start) }
        guard value.isFinite else { throw JSONError(reason: .notFinite, offset: start) }
        return .double(value)
    }

    private mutating func readHexadecimal(from start: Int, isNegative: Bool) throws(JSONError) -> JSON {
        var integer: Int64? = 0
        var double = 0.0
        let first = index
        while let byte = peek(), let digit = JSON.hexDigit(byte) {
            double = double * 16 + Double(digit)
            let (product, tooBig) = (integer ?? 0).multipliedReportingOverflow(by: 16)
            let (sum, overflow) = product.addingReportingOverflow(Int64(digit))
            integer = integer == nil || tooBig || overflow ? nil : sum
            index += 1
        }
        guard index > first else { throw JSONError(reason: .invalidNumber, offset: start) }
        if let integer { return .integer(isNegative ? -integer : integer) }
        guard double.isFinite else { throw JSONError(reason: .notFinite, offset: start) }
        return .double(isNegative ? -double : double)
    }

    private mutating func readDigits() -> ArraySlice<UInt8> {
        let start = index
        while let byte = peek(), (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) { index += 1 }
        return bytes[start..<index]
    }

    // MARK: Strings

    private mutating func readString() throws(JSONError) -> String {
        let quote = bytes[index]
        index += 1
        var text: [UInt8] = []
        while let byte = peek() {
            switch byte {
            case quote:
                index += 1
                return String(decoding: text, as: UTF8.self)
            case UInt8(ascii: "\\"): try readEscape(into: &text)
            case UInt8(ascii: "\n"), UInt8(ascii: "\r"): throw error(.lineEndInString)
            default:
                text.append(byte)
                index += 1
            }
        }
        throw error(.unexpectedEnd)
    }

    private mutating func readEscape(into text: inout [UInt8]) throws(JSONError) {
        let start = index
        index += 1
        guard let kind = peek() else { throw error(.unexpectedEnd) }
        // An escaped line end continues the string on the next line.
        let lineEnd = lineEndLength
        if lineEnd > 0 {
            index += lineEnd
            return
        }
        index += 1
        switch kind {
        case UInt8(ascii: "b"): text.append(0x08)
        case UInt8(ascii: "f"): text.append(0x0C)
        case UInt8(ascii: "n"): text.append(0x0A)
        case UInt8(ascii: "r"): text.append(0x0D)
        case UInt8(ascii: "t"): text.append(0x09)
        case UInt8(ascii: "v"): text.append(0x0B)
        case UInt8(ascii: "0"):
            if let next = peek(), (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(next) { fallthrough }
            text.append(0)
        case UInt8(ascii: "1")...UInt8(ascii: "9"): throw JSONError(reason: .invalidEscape, offset: start)
        case UInt8(ascii: "x"): append(try readHex(digits: 2, from: start), to: &text)
        case UInt8(ascii: "u"): append(try readCodePoint(from: start), to: &text)
        // Any other character stands for itself; the bytes that continue it follow.
        default: text.append(kind)
        }
    }

    private mutating func readCodePoint(from start: Int) throws(JSONError) -> UInt32 {
        let code = try readHex(digits: 4, from: start)
        guard (0xD800..<0xE000).contains(code) else { return code }
        // A high surrogate stands only before a low one; alone it is no character.
        guard code < 0xDC00, peek() == UInt8(ascii: "\\"), index + 1 < bytes.count,
            bytes[index + 1] == UInt8(ascii: "u")
        else { throw JSONError(reason: .invalidEscape, offset: start) }
        index += 2
        let low = try readHex(digits: 4, from: start)
        guard (0xDC00..<0xE000).contains(low) else { throw JSONError(reason: .invalidEscape, offset: start) }
        return 0x10000 + (code - 0xD800) << 10 + (low - 0xDC00)
    }

    private mutating func readHex(digits: Int, from start: Int) throws(JSONError) -> UInt32 {
        var value: UInt32 = 0
        for _ in 0..<digits {
            guard let byte = peek(), let digit = JSON.hexDigit(byte) else {
                throw JSONError(reason: .invalidEscape, offset: start)
            }
            value = value << 4 | UInt32(digit)
            index += 1
        }
        return value
    }

    private func append(_ code: UInt32, to text: inout [UInt8]) {
        guard let scalar = Unicode.Scalar(code), let encoded = UTF8.encode(scalar) else { return }
        text.append(contentsOf: encoded)
    }

    // MARK: Characters

    /// Skips white space and comments.
    private mutating func skipTrivia() throws(JSONError) {
        while let byte = peek() {
            switch byte {
            case 0x09...0x0D, 0x20: index += 1
            case UInt8(ascii: "/"): try skipComment()
            case 0x80...:
                let scalar = scalar(at: index)
                guard Self.isSpace(scalar) else { return }
                index += UTF8.width(scalar)
            default: return
            }
        }
    }

    private mutating func skipComment() throws(JSONError) {
        let start = index
        switch index + 1 < bytes.count ? bytes[index + 1] : 0 {
        case UInt8(ascii: "/"):
            while index < bytes.count, lineEndLength == 0 { index += 1 }
            lastComment = (index, true)
        case UInt8(ascii: "*"):
            index += 2
            while !(peek() == UInt8(ascii: "*") && index + 1 < bytes.count && bytes[index + 1] == UInt8(ascii: "/")) {
                guard index < bytes.count else { throw JSONError(reason: .unclosedComment, offset: start) }
                index += 1
            }
            index += 2
            lastComment = (index, false)
        default: throw error(.unexpectedCharacter(expected: "a comment, which begins with // or /*"))
        }
    }

    /// The length of the line end here (LF, CR, CRLF, U+2028, U+2029), or 0.
    private var lineEndLength: Int {
        switch peek() {
        case UInt8(ascii: "\n"): 1
        case UInt8(ascii: "\r"): index + 1 < bytes.count && bytes[index + 1] == UInt8(ascii: "\n") ? 2 : 1
        case 0xE2 where ["\u{2028}", "\u{2029}"].contains(scalar(at: index)): 3
        default: 0
        }
    }

    /// White space beyond ASCII: line and paragraph separator, byte order mark, and category Zs.
    private static func isSpace(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar {
        case "\u{2028}", "\u{2029}", "\u{FEFF}": true
        default: scalar.properties.generalCategory == .spaceSeparator
        }
    }

    private func peek() -> UInt8? {
        index < bytes.count ? bytes[index] : nil
    }

    /// The character that begins at `offset`. The text is known to be UTF-8.
    private func scalar(at offset: Int) -> Unicode.Scalar {
        var decoder = UTF8()
        var iterator = bytes[offset..<min(offset + 4, bytes.count)].makeIterator()
        guard case .scalarValue(let scalar) = decoder.decode(&iterator) else { return "\u{FFFD}" }
        return scalar
    }

    private func requireUTF8() throws(JSONError) {
        // Decoding repairs what is no UTF-8, so the first byte that came out differently is the fault.
        var string = String(decoding: bytes, as: UTF8.self)
        let fault: Int? = string.withUTF8 { repaired in
            var index = 0
            while index < bytes.count {
                guard index < repaired.count, repaired[index] == bytes[index] else { return index }
                index += 1
            }
            return nil
        }
        if let fault { throw JSONError(reason: .invalidUTF8, offset: fault) }
    }

    private func error(_ reason: JSONError.Reason) -> JSONError {
        JSONError(reason: reason, offset: index)
    }
}
