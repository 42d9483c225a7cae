import JSON
import Testing

/// The reader against the JSON5 specification: what it takes, what it refuses, and where it says the fault is.
@Suite struct JSON5ReaderTests {
    private func value(_ text: String) throws -> JSON {
        try JSON5Document(parsing: Array(text.utf8)).value
    }

    @Test(
        arguments: [
            ("{}", [:]), ("[]", []), ("{a: 1,}", ["a": 1]), ("[1,]", [1]), ("{'a': 'b'}", ["a": "b"]),
            ("// c\n{a: /* c */ 1 // c\n}// c", ["a": 1]), ("/* a\n * b */ null", .null), ("/**/ true", true),
            ("{$_a1: 1, \u{e4}\u{30}: 2, \\u0061b: 3, null: 4}", ["$_a1": 1, "\u{e4}0": 2, "ab": 3, "null": 4]),
            ("\u{FEFF}\u{A0}\u{2028}\u{3000}{}\t\u{B}\u{C}", [:]), ("{a: 1}//", ["a": 1]), ("// a\r{}", [:]),
            ("// a\u{2028}{}", [:]),
        ] as [(String, JSON)])
    func `what JSON lacks is read`(text: String, value: JSON) throws {
        #expect(try self.value(text) == value)
    }

    @Test(
        arguments: [
            ("+1", .integer(1)), ("-1", .integer(-1)), (".5", .double(0.5)), ("-.5", .double(-0.5)),
            ("5.", .double(5)), ("5.e2", .double(500)), ("0x1F", .integer(31)), ("-0Xff", .integer(-255)),
            ("0xFFFFFFFFFFFFFFFFF", .double(0x1p68)), ("9223372036854775807", .integer(.max)),
            ("-9223372036854775808", .integer(.min)), ("9223372036854775808", .double(0x1p63)), ("1E-2", .double(0.01)),
        ] as [(String, JSON)])
    func `numbers in every form keep their value`(text: String, value: JSON) throws {
        #expect(try self.value(text) == value)
    }

    @Test(arguments: [
        (#"'a"b'"#, #"a"b"#), (#""a'b""#, "a'b"), (#"'\'\"\\\/\b\f\n\r\t\v\0'"#, "'\"\\/\u{8}\u{C}\n\r\t\u{B}\0"),
        (#"'\x41\u0042\uD83D\uDE00'"#, "AB\u{1F600}"), ("'a\\\nb\\\r\nc\\\rd\\\u{2029}e'", "abcde"), (#"'\q\ä'"#, "qä"),
        ("'a\tb\u{2028}'", "a\tb\u{2028}"),
    ])
    func `strings in every form keep their text`(text: String, value: String) throws {
        #expect(try self.value(text) == .string(value))
    }

    @Test(
        arguments: [
            ("", .unexpectedEnd, 0), ("{", .unexpectedEnd, 1), ("[1", .unexpectedEnd, 2), ("'a", .unexpectedEnd, 2),
            ("/* a", .unclosedComment, 0), ("{} /* a *", .unclosedComment, 3), ("{} /", nil, 3), ("{}}", nil, 2),
            ("{,}", nil, 1), ("[,]", nil, 1), ("[1,,]", nil, 3), ("{a:1 b:2}", nil, 5), ("[1 2]", nil, 3),
            ("{a b}", nil, 3), ("{1a: 1}", nil, 1), ("{a-b: 1}", nil, 2), ("{\\u0020: 1}", .invalidEscape, 1),
            ("{\\x41: 1}", .invalidEscape, 1), ("{a: 1, 'a': 2}", .repeatedName("a"), 7),
            ("{a: 1, \\u0061: 2}", .repeatedName("a"), 7), ("'a\nb'", .lineEndInString, 2),
            (#"'\1'"#, .invalidEscape, 1), (#"'\01'"#, .invalidEscape, 1), (#"'\x4'"#, .invalidEscape, 1),
            (#"'\uD800'"#, .invalidEscape, 1), (#"'\uDC00'"#, .invalidEscape, 1), ("Infinity", .notFinite, 0),
            ("{a: -Infinity}", .notFinite, 4), ("NaN", .notFinite, 0), ("1e400", .notFinite, 0),
            ("01", .invalidNumber, 0), (".", .invalidNumber, 0), ("+", .invalidNumber, 0), ("0x", .invalidNumber, 0),
            ("1e", .invalidNumber, 0), ("--1", .invalidNumber, 0), ("tru", nil, 0), ("True", nil, 0),
            ("undefined", nil, 0),
        ] as [(String, JSONError.Reason?, Int)])
    func `what is no JSON5 is refused, with its place`(text: String, reason: JSONError.Reason?, offset: Int) {
        do throws(JSONError) {
            _ = try JSON5Document(parsing: Array(text.utf8))
            Issue.record("accepted")
        } catch {
            #expect(error.offset == offset)
            if let reason { #expect(error.reason == reason) }
        }
    }

    @Test(arguments: [
        ([0x7B, 0x7D, 0xFF], 2), ([0x27, 0xC3, 0x27], 1), ([0x2F, 0x2F, 0xED, 0xA0, 0x80], 2), ([0x27, 0xF0, 0x9F], 1),
    ])
    func `text that is no UTF-8 is refused wherever it stands`(text: [UInt8], offset: Int) {
        #expect(throws: JSONError(reason: .invalidUTF8, offset: offset)) { try JSON5Document(parsing: text) }
    }

    @Test func `depth and length have limits`() throws {
        let limits = JSON.Limits(depth: 3, length: 8)
        #expect(throws: Never.self) { try JSON5Document(parsing: Array("[[[1]]]".utf8), limits: limits) }
        #expect(throws: JSONError(reason: .tooDeep(limit: 3), offset: 3)) {
            try JSON5Document(parsing: Array("[[[[".utf8), limits: limits)
        }
        #expect(throws: JSONError(reason: .tooLong(limit: 8), offset: 8)) {
            try JSON5Document(parsing: Array("[1, 2, 3]".utf8), limits: limits)
        }
    }

    @Test func `every part has its place`() throws {
        let text = "// c\n{\n  a: {b: [1,\n 'x']}, 'c d': null}"
        let document = try JSON5Document(parsing: Array(text.utf8))
        func place(_ path: JSON.PathComponent...) -> String? { document.position(of: path)?.description }
        #expect(place() == "2:1")
        #expect(place(.name("a")) == "3:6")
        #expect(place(.nameOf("a")) == "3:3")
        #expect(place(.name("a"), .name("b"), .index(1)) == "4:2")
        #expect(place(.name("c d")) == "4:16")
        #expect(place(.nameOf("c d")) == "4:9")
        #expect(place(.name("x")) == nil)
        #expect(place(.name("a"), .index(0)) == nil)
        #expect(place(.name("a"), .name("b"), .index(2)) == nil)
    }
}
