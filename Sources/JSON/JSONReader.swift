/// Reads one JSON text strictly (RFC 8259): no comments, no trailing commas, no repeated names, valid
/// UTF-8, bounded depth, length and number of values.
struct JSONReader {
    private let bytes: UnsafeBufferPointer<UInt8>
    private var index = 0
    private var depth = 0
    /// Values begun so far.
    private var values = 0
    private let limits: JSON.Limits

    /// The path being looked for; used only to find a value's place after the fact.
    private var sought: [JSON.PathComponent]?
    private(set) var found: Int?

    init(_ bytes: UnsafeBufferPointer<UInt8>, limits: JSON.Limits, seeking path: [JSON.PathComponent]? = nil) {
        self.bytes = bytes
        self.limits = limits
        sought = path
    }

    mutating func readText() throws(JSONError) -> JSON {
        guard bytes.count <= limits.length else {
            throw JSONError(reason: .tooLong(limit: limits.length), offset: limits.length)
        }
        skipWhitespace()
        let value = try readValue(matched: 0)
        skipWhitespace()
        guard index == bytes.count else { throw error(.trailingCharacters) }
        return value
    }

    // MARK: Values

    /// Reads a value. `matched` counts the leading components of the sought path that led here, or is nil
    /// off that path.
    private mutating func readValue(matched: Int?) throws(JSONError) -> JSON {
        values += 1
        guard values <= limits.values else { throw error(.tooManyValues(limit: limits.values)) }
        if let sought, matched == sought.count, found == nil { found = index }
        switch try peek(expecting: "a value") {
        case UInt8(ascii: "{"): return .object(try readObject(matched: matched))
        case UInt8(ascii: "["): return .array(try readArray(matched: matched))
        case UInt8(ascii: "\""): return .string(try readString())
        case UInt8(ascii: "t"): return try readLiteral("true", .bool(true))
        case UInt8(ascii: "f"): return try readLiteral("false", .bool(false))
        case UInt8(ascii: "n"): return try readLiteral("null", .null)
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return try readNumber()
        default: throw error(.unexpectedCharacter(expected: "a value"))
        }
    }

    private mutating func readObject(matched: Int?) throws(JSONError) -> JSONObject {
        try enter()
        var object = JSONObject()
        skipWhitespace()
        if try peek(expecting: "a name or }") == UInt8(ascii: "}") {
            leave()
            return object
        }
        while true {
            guard try peek(expecting: "a name") == UInt8(ascii: "\"") else {
                throw error(.unexpectedCharacter(expected: "a name in double quotes"))
            }
            let start = index
            let name = try readString()
            guard object.add(name) else { throw JSONError(reason: .repeatedName(name), offset: start) }
            skipWhitespace()
            try expect(UInt8(ascii: ":"), "a colon")
            skipWhitespace()
            object.setLast(try readValue(matched: advance(matched, .name(name), nameAt: start)))
            skipWhitespace()
            if try peek(expecting: "a comma or }") == UInt8(ascii: "}") { break }
            try expect(UInt8(ascii: ","), "a comma or }")
            skipWhitespace()
        }
        leave()
        return object
    }

    private mutating func readArray(matched: Int?) throws(JSONError) -> [JSON] {
        try enter()
        var elements: [JSON] = []
        skipWhitespace()
        if try peek(expecting: "a value or ]") == UInt8(ascii: "]") {
            leave()
            return []
        }
        while true {
            elements.append(try readValue(matched: advance(matched, .index(elements.count), nameAt: nil)))
            skipWhitespace()
            if try peek(expecting: "a comma or ]") == UInt8(ascii: "]") { break }
            try expect(UInt8(ascii: ","), "a comma or ]")
            skipWhitespace()
        }
        leave()
        return elements
    }

    private mutating func readLiteral(_ text: StaticString, _ value: JSON) throws(JSONError) -> JSON {
        for offset in 0..<text.utf8CodeUnitCount {
            guard index + offset < bytes.count, bytes[index + offset] == text.utf8Start[offset] else {
                throw error(.unexpectedCharacter(expected: "true, false or null"))
            }
        }
        index += text.utf8CodeUnitCount
        return value
    }

    private mutating func readNumber() throws(JSONError) -> JSON {
        let start = index
        if bytes[index] == UInt8(ascii: "-") { index += 1 }
        let integerStart = index
        skipDigits()
        let digits = index - integerStart
        guard digits > 0, digits == 1 || bytes[integerStart] != UInt8(ascii: "0") else {
            throw JSONError(reason: .invalidNumber, offset: start)
        }
        var isInteger = true
        if index < bytes.count, bytes[index] == UInt8(ascii: ".") {
            isInteger = false
            index += 1
            try requireDigits(from: start)
        }
        if index < bytes.count, bytes[index] | 0x20 == UInt8(ascii: "e") {
            isInteger = false
            index += 1
            if index < bytes.count, bytes[index] == UInt8(ascii: "+") || bytes[index] == UInt8(ascii: "-") {
                index += 1
            }
            try requireDigits(from: start)
        }
        if isInteger, let value = integer(from: start) { return .integer(value) }
        // The slice is ASCII by the grammar just checked, so decoding cannot repair anything.
        guard let value = Double(String(decoding: bytes[start..<index], as: UTF8.self)), value.isFinite else {
            throw JSONError(reason: .invalidNumber, offset: start)
        }
        return .double(value)
    }

    private func integer(from start: Int) -> Int64? {
        let isNegative = bytes[start] == UInt8(ascii: "-")
        var value: Int64 = 0
        for byte in bytes[(isNegative ? start + 1 : start)..<index] {
            let (product, tooBig) = value.multipliedReportingOverflow(by: 10)
            let digit = Int64(byte - UInt8(ascii: "0"))
            let (sum, overflow) = product.addingReportingOverflow(isNegative ? -digit : digit)
            if tooBig || overflow { return nil }
            value = sum
        }
        return value
    }

    private mutating func skipDigits() {
        while index < bytes.count, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(bytes[index]) { index += 1 }
    }

    private mutating func requireDigits(from start: Int) throws(JSONError) {
        let before = index
        skipDigits()
        guard index > before else { throw JSONError(reason: .invalidNumber, offset: start) }
    }

    // MARK: Strings

    private mutating func readString() throws(JSONError) -> String {
        index += 1
        let start = index
        while index < bytes.count {
            switch bytes[index] {
            case UInt8(ascii: "\""):
                let text = try decode(UnsafeBufferPointer(rebasing: bytes[start..<index]), at: start)
                index += 1
                return text
            case UInt8(ascii: "\\"): return try readEscapedString(from: start)
            case 0..<0x20: throw error(.controlCharacterInString)
            default: index += 1
            }
        }
        throw error(.unexpectedEnd)
    }

    private mutating func readEscapedString(from start: Int) throws(JSONError) -> String {
        var text = Array(bytes[start..<index])
        while index < bytes.count {
            let byte = bytes[index]
            switch byte {
            case UInt8(ascii: "\""):
                index += 1
                return try text.withUnsafeBufferPointer { (text) throws(JSONError) in try decode(text, at: start) }
            case UInt8(ascii: "\\"): try readEscape(into: &text)
            case 0..<0x20: throw error(.controlCharacterInString)
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
        guard index < bytes.count else { throw error(.unexpectedEnd) }
        let kind = bytes[index]
        index += 1
        switch kind {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(kind)
        case UInt8(ascii: "b"): text.append(0x08)
        case UInt8(ascii: "f"): text.append(0x0C)
        case UInt8(ascii: "n"): text.append(0x0A)
        case UInt8(ascii: "r"): text.append(0x0D)
        case UInt8(ascii: "t"): text.append(0x09)
        case UInt8(ascii: "u"):
            var code = UInt32(try readHex(from: start))
            if (0xD800..<0xDC00).contains(code) {
                // A high surrogate stands only before a low one (RFC 8259 section 7).
                guard index + 1 < bytes.count, bytes[index] == UInt8(ascii: "\\"),
                    bytes[index + 1] == UInt8(ascii: "u")
                else { throw JSONError(reason: .invalidEscape, offset: start) }
                index += 2
                let low = UInt32(try readHex(from: start))
                guard (0xDC00..<0xE000).contains(low) else {
                    throw JSONError(reason: .invalidEscape, offset: start)
                }
                code = 0x10000 + (code - 0xD800) << 10 + (low - 0xDC00)
            }
            guard let scalar = Unicode.Scalar(code) else {
                throw JSONError(reason: .invalidEscape, offset: start)
            }
            text.append(contentsOf: UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
        default: throw JSONError(reason: .invalidEscape, offset: start)
        }
    }

    private mutating func readHex(from start: Int) throws(JSONError) -> UInt16 {
        var value: UInt16 = 0
        for _ in 0..<4 {
            guard index < bytes.count, let digit = JSON.hexDigit(bytes[index]) else {
                throw JSONError(reason: .invalidEscape, offset: start)
            }
            value = value << 4 | UInt16(digit)
            index += 1
        }
        return value
    }

    private func decode(_ text: UnsafeBufferPointer<UInt8>, at start: Int) throws(JSONError) -> String {
        // Decoding repairs what is no UTF-8, so text that came out the same was valid. Several times as fast as
        // String(validating:as:), which goes through every byte generically.
        var string = String(decoding: text, as: UTF8.self)
        let isValid = string.withUTF8 { $0.elementsEqual(text) }
        guard isValid else { throw JSONError(reason: .invalidUTF8, offset: start) }
        return string
    }

    // MARK: Characters

    private mutating func skipWhitespace() {
        while index < bytes.count {
            switch bytes[index] {
            case 0x20, 0x09, 0x0A, 0x0D: index += 1
            default: return
            }
        }
    }

    private func peek(expecting expected: String) throws(JSONError) -> UInt8 {
        guard index < bytes.count else { throw error(.unexpectedEnd) }
        return bytes[index]
    }

    private mutating func expect(_ byte: UInt8, _ expected: String) throws(JSONError) {
        guard index < bytes.count else { throw error(.unexpectedEnd) }
        guard bytes[index] == byte else { throw error(.unexpectedCharacter(expected: expected)) }
        index += 1
    }

    private mutating func enter() throws(JSONError) {
        depth += 1
        guard depth <= limits.depth else { throw error(.tooDeep(limit: limits.depth)) }
        index += 1
    }

    private mutating func leave() {
        depth -= 1
        index += 1
    }

    /// The next count of matched components, when `component` continues the sought path.
    private mutating func advance(_ matched: Int?, _ component: JSON.PathComponent, nameAt start: Int?) -> Int? {
        guard let sought, let matched, matched < sought.count else { return nil }
        // A name that is itself the fault is sought by `.nameOf`: its place is the name's, not the value's.
        if let start, case .nameOf(let name) = sought[matched], case .name(name) = component {
            found = found ?? start
            return nil
        }
        return sought[matched] == component ? matched + 1 : nil
    }

    private func error(_ reason: JSONError.Reason) -> JSONError {
        JSONError(reason: reason, offset: index)
    }
}
