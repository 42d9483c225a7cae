/// Writes JSON as UTF-8 (RFC 8259): compact, or indented by two spaces.
///
/// The text grows in memory of its own, not in an array: most pieces are a few bytes long, and an array asks with each
/// whether it is shared and has room.
struct JSONWriter: ~Copyable {
    private var start: UnsafeMutablePointer<UInt8>
    private var count = 0
    private var capacity: Int
    private let isPretty: Bool
    private var depth = 0

    /// Writes `value`.
    init(_ value: JSON, isPretty: Bool) {
        self.isPretty = isPretty
        capacity = 512
        start = .allocate(capacity: capacity)
        write(value)
    }

    deinit { start.deallocate() }

    /// What was written so far.
    var bytes: [UInt8] { Array(written) }
    var text: String { String(decoding: written, as: UTF8.self) }

    private var written: UnsafeBufferPointer<UInt8> { UnsafeBufferPointer(start: start, count: count) }

    private mutating func write(_ value: JSON) {
        switch value {
        case .null: append("null")
        case .bool(true): append("true")
        case .bool(false): append("false")
        case .integer(let value): append(value)
        case .double(let value): append(value)
        case .string(let value): write(value)
        case .array(let elements):
            open("[")
            for index in elements.indices {
                separate(index)
                write(elements[index])
            }
            close("]", isEmpty: elements.isEmpty)
        case .object(let object):
            let members = object.members
            open("{")
            for index in members.indices {
                separate(index)
                write(members[index].name)
                put(":")
                if isPretty { put(" ") }
                write(members[index].value)
            }
            close("}", isEmpty: members.isEmpty)
        }
    }

    // MARK: Structure

    private mutating func open(_ bracket: Unicode.Scalar) {
        put(bracket)
        depth += 1
    }

    private mutating func separate(_ index: Int) {
        if index > 0 { put(",") }
        breakLine()
    }

    private mutating func close(_ bracket: Unicode.Scalar, isEmpty: Bool) {
        depth -= 1
        if !isEmpty { breakLine() }
        put(bracket)
    }

    private mutating func breakLine() {
        guard isPretty else { return }
        put("\n")
        for _ in 0..<depth { append("  ") }
    }

    // MARK: Scalars

    private mutating func append(_ value: Int64) {
        var text = String(value)
        text.withUTF8 { append($0) }
    }

    private mutating func append(_ value: Double) {
        // RFC 8259 section 6 has no infinities and no NaN; null is what JavaScript's JSON.stringify writes.
        guard value.isFinite else { return append("null") }
        var text = value.description
        if text.hasSuffix(".0") { text.removeLast(2) }
        text.withUTF8 { append($0) }
    }

    private mutating func write(_ string: String) {
        var string = string
        string.withUTF8 { text in
            makeRoom(text.count + 2)
            put("\"")
            var rest = text[...]
            while let index = Self.firstToEscape(rest) {
                append(rest[..<index])
                appendEscape(text[index])
                rest = text[(index + 1)...]
            }
            append(rest)
            put("\"")
        }
    }

    /// Where the first byte stands that may not stand for itself.
    private static func firstToEscape(_ text: Slice<UnsafeBufferPointer<UInt8>>) -> Int? {
        var index = text.startIndex
        // Mostly there is none: eight bytes at a time.
        while text.endIndex - index >= 8 {
            let bytes = UnsafeRawBufferPointer(text.base).loadUnaligned(fromByteOffset: index, as: UInt64.self)
            if containsOneToEscape(bytes) { break }
            index += 8
        }
        return text[index...].firstIndex(where: mustEscape)
    }

    /// Whether one of the eight bytes is below 0x20, a quote, a backslash or DEL. Taking 1, or 0x20, from each byte borrows
    /// from the highest bit of the lowest one that is smaller.
    private static func containsOneToEscape(_ bytes: UInt64) -> Bool {
        let ones: UInt64 = 0x0101_0101_0101_0101
        func zeros(_ bytes: UInt64) -> UInt64 { (bytes &- ones) & ~bytes }
        let found =
            (bytes &- ones * 0x20) & ~bytes
            | zeros(bytes ^ ones * UInt64(UInt8(ascii: "\""))) | zeros(bytes ^ ones * UInt64(UInt8(ascii: "\\")))
            | zeros(bytes ^ ones * 0x7F)
        return found & (ones * 0x80) != 0
    }

    private static func mustEscape(_ byte: UInt8) -> Bool {
        // DEL is legal, but a log line that carries it raw could still move a terminal's cursor.
        byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") || byte == 0x7F
    }

    private mutating func appendEscape(_ byte: UInt8) {
        switch byte {
        case UInt8(ascii: "\""): append("\\\"")
        case UInt8(ascii: "\\"): append("\\\\")
        case 0x08: append("\\b")
        case 0x09: append("\\t")
        case 0x0A: append("\\n")
        case 0x0C: append("\\f")
        case 0x0D: append("\\r")
        default:
            append("\\u00")
            put(Self.hexDigit(byte >> 4))
            put(Self.hexDigit(byte & 0xF))
        }
    }

    private static func hexDigit(_ value: UInt8) -> Unicode.Scalar {
        Unicode.Scalar(value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") + value - 10)
    }

    // MARK: Bytes

    private mutating func put(_ character: Unicode.Scalar) {
        makeRoom(1)
        start[count] = UInt8(ascii: character)
        count += 1
    }

    private mutating func append(_ text: StaticString) {
        append(UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    private mutating func append(_ text: Slice<UnsafeBufferPointer<UInt8>>) {
        append(UnsafeBufferPointer(rebasing: text))
    }

    private mutating func append(_ text: UnsafeBufferPointer<UInt8>) {
        guard let source = text.baseAddress else { return }
        makeRoom(text.count)
        (start + count).update(from: source, count: text.count)
        count += text.count
    }

    /// Makes room for `more` bytes.
    private mutating func makeRoom(_ more: Int) {
        if count + more > capacity { grow(more) }
    }

    /// To at least twice the size, so that no byte is moved often.
    private mutating func grow(_ more: Int) {
        let larger = max(2 * capacity, count + more)
        let moved = UnsafeMutablePointer<UInt8>.allocate(capacity: larger)
        moved.update(from: start, count: count)
        start.deallocate()
        start = moved
        capacity = larger
    }
}

extension JSON {
    /// The value as UTF-8 text: on one line, or over several, indented by two spaces, when `pretty`.
    public func serialized(pretty: Bool = false) -> [UInt8] {
        JSONWriter(self, isPretty: pretty).bytes
    }

    /// The value as text: on one line, or over several, indented by two spaces, when `pretty`.
    public func text(pretty: Bool = false) -> String {
        JSONWriter(self, isPretty: pretty).text
    }
}
