import JSON
import Testing

/// The reader against RFC 8259: what it takes, what it refuses, and where it says the fault is.
@Suite struct JSONReaderTests {
    /// A text, as bytes so that it may be no UTF-8, and the offset of its first fault.
    struct Fault: CustomTestStringConvertible, Sendable {
        let text: [UInt8]
        let reason: JSONError.Reason
        let offset: Int

        init(_ text: String, _ reason: JSONError.Reason, at offset: Int) {
            self.init(Array(text.utf8), reason, at: offset)
        }

        init(_ text: [UInt8], _ reason: JSONError.Reason, at offset: Int) {
            self.text = text
            self.reason = reason
            self.offset = offset
        }

        var testDescription: String { String(decoding: text, as: UTF8.self) }
    }

    @Test(
        arguments: [
            ("null", .null), ("true", true), ("false", false), (" \t\r\n null \n", .null), ("\"\"", ""), ("[]", []),
            ("{}", .object(JSONObject())), ("[ ]", []), ("{ }", .object(JSONObject())),
            ("[1,[2,{\"a\":[]}]]", [1, [2, ["a": []]]]),
            ("{\"b\":1,\"a\":2}", ["b": 1, "a": 2]), ("{\"\":0}", ["": 0]),
        ] as [(String, JSON)])
    func `values are read in the order written`(text: String, value: JSON) throws {
        #expect(try JSON(parsing: Array(text.utf8)) == value)
    }

    @Test(
        arguments: [
            ("0", .integer(0)), ("-0", .integer(0)), ("7", .integer(7)), ("-7", .integer(-7)),
            ("9223372036854775807", .integer(.max)), ("-9223372036854775808", .integer(.min)),
            ("9223372036854775808", .double(9_223_372_036_854_775_808)),
            ("-9223372036854775809", .double(-9_223_372_036_854_775_808)),
            ("18446744073709551616", .double(18_446_744_073_709_551_616)),
            ("1.5", .double(1.5)), ("-0.0", .double(0)), ("1.0", .double(1)), ("1e3", .double(1000)),
            ("1E+3", .double(1000)), ("25e-1", .double(2.5)), ("0e0", .double(0)), ("1e-400", .double(0)),
            ("1.7976931348623157e308", .double(.greatestFiniteMagnitude)), ("5e-324", .double(.leastNonzeroMagnitude)),
        ] as [(String, JSON)])
    func `numbers keep their value`(text: String, value: JSON) throws {
        #expect(try JSON(parsing: Array(text.utf8)) == value)
    }

    @Test(arguments: [
        "-", "01", "-01", "00", "1.", "1.e3", "1e", "1e+", "1e-", "1E", "-.5", "--1", "1e400", "-1e400", "0x",
    ])
    func `what is no number is refused`(text: String) {
        #expect(throws: JSONError.self) { try JSON(parsing: Array(text.utf8)) }
        #expect(throws: JSONError.self) { try JSON(parsing: Array("[\(text)]".utf8)) }
    }

    @Test(arguments: [
        (#""\"\\\/\b\f\n\r\t""#, "\"\\/\u{8}\u{C}\n\r\t"), (#""\u0041\u00e9\u00E9""#, "Aéé"), (#""\u0000""#, "\u{0}"),
        (#""\uD83D\uDE00""#, "😀"), (#""\ud800\udc00""#, "\u{10000}"), (#""\uDBFF\uDFFF""#, "\u{10FFFF}"),
        (#""\uFFFF\uFFFE""#, "\u{FFFF}\u{FFFE}"), (#""\uD7FF\uE000""#, "\u{D7FF}\u{E000}"),
        ("\"é😀\u{7F}\u{2028}\"", "é😀\u{7F}\u{2028}"), (#""a\u0062c\td""#, "abc\td"),
    ])
    func `strings are unescaped`(text: String, value: String) throws {
        #expect(try JSON(parsing: Array(text.utf8)) == .string(value))
        #expect(try JSON(parsing: Array("{\(text):1}".utf8)).object?.members.first?.name == value)
    }

    @Test(arguments: [
        #"\a"#, #"\x41"#, #"\U0041"#, #"\'"#, #"\u"#, #"\u004"#, #"\u00g0"#, #"\u+041"#, #"\ "#, #"\0"#,
        #"\uD800"#, #"\uD800x"#, #"\uD800\n"#, #"\uD800\u0041"#, #"\uD800\uD800"#, #"\uDC00"#, #"\uDC00\uD800"#,
        #"\uDFFF"#,
    ])
    func `a wrong escape sequence is refused where it begins`(escape: String) {
        let error = #expect(throws: JSONError.self) { try JSON(parsing: Array("\"ab\(escape)\"".utf8)) }
        #expect(error == JSONError(reason: .invalidEscape, offset: 3))
    }

    @Test(
        arguments: [
            [0x80], [0xBF], [0xC0, 0x80], [0xC1, 0xBF], [0xC3], [0xC3, 0x28], [0xE0, 0x80, 0x80], [0xE0, 0x9F, 0xBF],
            [0xE2, 0x82], [0xE2, 0x28, 0xA1], [0xED, 0xA0, 0x80], [0xED, 0xBF, 0xBF], [0xF0, 0x80, 0x80, 0x80],
            [0xF0, 0x9F, 0x98], [0xF4, 0x90, 0x80, 0x80], [0xF5, 0x80, 0x80, 0x80], [0xF8, 0x88, 0x80, 0x80, 0x80],
            [0xFE],
            [0xFF], [0xEF, 0xBF],
        ] as [[UInt8]])
    func `invalid UTF-8 is refused, with and without an escape beside it`(bytes: [UInt8]) {
        let quote = UInt8(ascii: "\"")
        for text in [[quote] + bytes + [quote], [quote] + Array(#"\n"#.utf8) + bytes + [quote]] {
            let error = #expect(throws: JSONError.self) { try JSON(parsing: text) }
            #expect(error?.reason == .invalidUTF8)
            #expect(throws: JSONError.self) { try JSON(parsing: Array("{".utf8) + text + Array(":1}".utf8)) }
        }
        #expect(throws: JSONError.self) { try JSON(parsing: bytes) }
    }

    @Test(arguments: 0..<0x20)
    func `a bare control character in a string is refused at its place`(character: UInt8) {
        let quote = UInt8(ascii: "\"")
        for prefix in ["ab", #"\n"#] {
            let text = [quote] + Array(prefix.utf8) + [character, quote]
            let error = #expect(throws: JSONError.self) { try JSON(parsing: text) }
            #expect(error == JSONError(reason: .controlCharacterInString, offset: 3))
        }
    }

    @Test(arguments: [
        Fault("", .unexpectedEnd, at: 0), Fault("  ", .unexpectedEnd, at: 2), Fault("[", .unexpectedEnd, at: 1),
        Fault("[1", .unexpectedEnd, at: 2), Fault("[1,", .unexpectedEnd, at: 3), Fault("{", .unexpectedEnd, at: 1),
        Fault("{\"a\"", .unexpectedEnd, at: 4), Fault("{\"a\":", .unexpectedEnd, at: 5),
        Fault("{\"a\":1", .unexpectedEnd, at: 6), Fault("\"a", .unexpectedEnd, at: 2),
        Fault("\"a\\", .unexpectedEnd, at: 3), Fault("\"a\\n", .unexpectedEnd, at: 4),
        Fault("1 2", .trailingCharacters, at: 2), Fault("{} x", .trailingCharacters, at: 3),
        Fault("1.5.2", .trailingCharacters, at: 3), Fault("nullx", .trailingCharacters, at: 4),
        Fault("1\u{0}", .trailingCharacters, at: 1), Fault("[]]", .trailingCharacters, at: 2),
        Fault("[,1]", .unexpectedCharacter(expected: "a value"), at: 1),
        Fault("[1,]", .unexpectedCharacter(expected: "a value"), at: 3),
        Fault("[1 2]", .unexpectedCharacter(expected: "a comma or ]"), at: 3),
        Fault("[1}", .unexpectedCharacter(expected: "a comma or ]"), at: 2),
        Fault("{,}", .unexpectedCharacter(expected: "a name in double quotes"), at: 1),
        Fault("{\"a\":1,}", .unexpectedCharacter(expected: "a name in double quotes"), at: 7),
        Fault("{a:1}", .unexpectedCharacter(expected: "a name in double quotes"), at: 1),
        Fault("{'a':1}", .unexpectedCharacter(expected: "a name in double quotes"), at: 1),
        Fault("{1:1}", .unexpectedCharacter(expected: "a name in double quotes"), at: 1),
        Fault("{\"a\" 1}", .unexpectedCharacter(expected: "a colon"), at: 5),
        Fault("{\"a\":1 \"b\":2}", .unexpectedCharacter(expected: "a comma or }"), at: 7),
        Fault("tru", .unexpectedCharacter(expected: "true, false or null"), at: 0),
        Fault("[True]", .unexpectedCharacter(expected: "a value"), at: 1),
        Fault("NaN", .unexpectedCharacter(expected: "a value"), at: 0),
        Fault("-Infinity", .invalidNumber, at: 0), Fault("+1", .unexpectedCharacter(expected: "a value"), at: 0),
        Fault(".5", .unexpectedCharacter(expected: "a value"), at: 0),
        Fault("// x\n1", .unexpectedCharacter(expected: "a value"), at: 0),
        Fault("[1,/**/2]", .unexpectedCharacter(expected: "a value"), at: 3),
        Fault("\u{A0}1", .unexpectedCharacter(expected: "a value"), at: 0),
        Fault("\u{C}1", .unexpectedCharacter(expected: "a value"), at: 0),
        // A byte order mark is no white space (RFC 8259 section 8.1 lets a reader refuse it).
        Fault("\u{FEFF}1", .unexpectedCharacter(expected: "a value"), at: 0),
        Fault("{\"a\":1,\"a\":1}", .repeatedName("a"), at: 7),
        Fault("{\"a\":1,\"\\u0061\":1}", .repeatedName("a"), at: 7),
        Fault("[{\"x\":{\"b\":0,\"c\":0,\"b\":0}}]", .repeatedName("b"), at: 19),
    ])
    func `a fault is reported with its reason and its place`(fault: Fault) {
        let error = #expect(throws: JSONError.self) { try JSON(parsing: fault.text) }
        #expect(error == JSONError(reason: fault.reason, offset: fault.offset))
    }

    @Test func `names are compared by code units, not by what they look like`() throws {
        let text = "{\"\u{E9}\":1,\"e\u{301}\":2,\"K\":3,\"\u{212A}\":4}"
        let value = try JSON(parsing: Array(text.utf8))
        #expect(value["\u{E9}"] == 1)
        #expect(value["e\u{301}"] == 2)
        #expect(value["K"] == 3)
        #expect(value["\u{212A}"] == 4)
    }

    @Test(arguments: [1, 2, 64])
    func `arrays and objects nest to the limit and no deeper`(limit: Int) throws {
        let limits = JSON.Limits(depth: limit)
        for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
            func nested(_ depth: Int) -> [UInt8] {
                let inside = open == "[" ? "" : "1"
                return Array(
                    (String(repeating: open, count: depth) + inside + String(repeating: close, count: depth)).utf8)
            }
            #expect(throws: Never.self) { try JSON(parsing: nested(limit), limits: limits) }
            let error = #expect(throws: JSONError.self) { try JSON(parsing: nested(limit + 1), limits: limits) }
            #expect(error == JSONError(reason: .tooDeep(limit: limit), offset: limit * open.utf8.count))
        }
    }

    @Test func `neighbours do not add to the depth`() throws {
        let text = "[" + Array(repeating: "[]", count: 100).joined(separator: ",") + "]"
        #expect(try JSON(parsing: Array(text.utf8), limits: JSON.Limits(depth: 2)).array?.count == 100)
    }

    @Test func `a text longer than the limit is refused before it is read`() throws {
        let limits = JSON.Limits(length: 4)
        #expect(try JSON(parsing: Array("1234".utf8), limits: limits) == 1234)
        let error = #expect(throws: JSONError.self) { try JSON(parsing: Array("!!!!!".utf8), limits: limits) }
        #expect(error == JSONError(reason: .tooLong(limit: 4), offset: 4))
    }

    @Test(arguments: [("[1,[2,{\"a\":3}]]", 6), ("{\"a\":{},\"b\":[[]]}", 4), ("7", 1)])
    func `as many values as the limit are read, and one more is refused`(text: String, count: Int) throws {
        let bytes = Array(text.utf8)
        #expect(throws: Never.self) { try JSON(parsing: bytes, limits: JSON.Limits(values: count)) }
        #expect(throws: Never.self) { try JSON5Document(parsing: bytes, limits: JSON.Limits(values: count)) }
        for read in [
            { try JSON(parsing: bytes, limits: JSON.Limits(values: count - 1)) },
            { try JSON5Document(parsing: bytes, limits: JSON.Limits(values: count - 1)).value },
        ] {
            let error = #expect(throws: JSONError.self) { try read() }
            #expect(error?.reason == .tooManyValues(limit: count - 1))
        }
    }

    @Test(arguments: [15, 16, 17, 500])
    func `a name that stands twice is found among any number`(count: Int) throws {
        let members = (0..<count).map { "\"n\($0)\":0" }.joined(separator: ",")
        #expect(try JSON(parsing: Array("{\(members)}".utf8)).object?.members.count == count)
        for repeated in [0, count - 1] {
            let error = #expect(throws: JSONError.self) {
                try JSON(parsing: Array("{\(members),\"n\(repeated)\":1}".utf8))
            }
            #expect(error == JSONError(reason: .repeatedName("n\(repeated)"), offset: members.utf8.count + 2))
        }
    }

    @Test func `eight times as many names take about eight times as long`() throws {
        func seconds(_ count: Int) throws -> Double {
            let members = (0..<count).map { "\"n\($0)\":0" }.joined(separator: ",")
            let text = Array("{\(members)}".utf8)
            // The fastest of several: whatever else the host does can only slow one down.
            return try (0..<5).map { _ in
                let time = try ContinuousClock().measure { _ = try JSON(parsing: text) }
                return Double(time.components.attoseconds) / 1e18 + Double(time.components.seconds)
            }.min() ?? 0
        }
        // Looked through one by one they would take 64 times as long.
        #expect(try seconds(16_000) < 30 * seconds(2000))
    }

    @Test func `every beginning of a text is refused or is a value of its own`() throws {
        let text = Array(#"{"a":[1.5e3,true,null,"\ud83d\ude00é"],"b":{"c":-12}}"#.utf8)
        for count in 0..<text.count {
            #expect(throws: JSONError.self) { try JSON(parsing: Array(text.prefix(count))) }
        }
        #expect(throws: Never.self) { try JSON(parsing: text) }
    }

    @Test func `no single wrong byte makes the reader fail otherwise than by its error`() {
        let text = Array(#"{"a":[1.5e3,true,"\ud83d\ude00"],"b":-1}"#.utf8)
        for index in text.indices {
            for byte in UInt8.min...UInt8.max {
                var broken = text
                broken[index] = byte
                do throws(JSONError) {
                    _ = try JSON(parsing: broken)
                } catch {
                    #expect((0...broken.count).contains(error.offset))
                }
            }
        }
    }
}
