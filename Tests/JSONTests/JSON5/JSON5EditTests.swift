import JSON
import Testing

/// What changes in a text when it is made to say something else, and what does not.
@Suite struct JSON5EditTests {
    struct Row: CustomTestStringConvertible, Sendable {
        let name: String
        let before: String
        let value: JSON
        let after: String

        init(_ name: String, _ before: String, _ value: JSON, _ after: String) {
            self.name = name
            self.before = before
            self.value = value
            self.after = after
        }

        var testDescription: String { name }
    }

    static let rows = [
        Row("nothing changes", "{a:1 , /*c*/}", ["a": 1], "{a:1 , /*c*/}"),
        Row("a value", "{\n  // c\n  a: 1, // d\n}\n", ["a": 2], "{\n  // c\n  a: 2, // d\n}\n"),
        Row(
            "a value deep inside", "{a: {b: [1, 2, {c: 3}]}}", ["a": ["b": [1, 2, ["c": "x"]]]],
            "{a: {b: [1, 2, {c: \"x\"}]}}"),
        Row("a string, quoted as it was", "{a: 'x', b: \"y\"}", ["a": "z", "b": "z"], "{a: 'z', b: \"z\"}"),
        Row("a string that needs other quotes", "{a: 'x'}", ["a": "it's"], "{a: \"it's\"}"),
        Row("an empty text", "{}", ["a": ["b": 1]], "{\n  \"a\": {\n    \"b\": 1\n  }\n}"),
        Row("a comment alone", "{ // c\n}", ["a": 1], "{ // c\n  \"a\": 1\n}"),
        Row("a comment alone inside", "{ /* c */ }", ["a": 1], "{ /* c */\n  \"a\": 1\n}"),
        Row("one more", "{\n  \"a\": 1\n}", ["a": 1, "b": 2], "{\n  \"a\": 1,\n  \"b\": 2\n}"),
        Row(
            "one more after a comment", "{\n  a: 1 // about a\n  // more\n}", ["a": 1, "b": 2],
            "{\n  a: 1, // about a\n  // more\n  b: 2\n}"),
        Row("one more after a comma", "{\n\ta: 1,\n}", ["a": 1, "b": [true]], "{\n\ta: 1,\n\tb: [\n\t\ttrue\n\t],\n}"),
        Row("one more on one line", "{ a: 1 }", ["a": 1, "b": ["c": 2]], "{ a: 1, b: {c: 2} }"),
        Row("one more, tight", #"{"a":1}"#, ["a": 1, "b": ["c": [2, 3]]], #"{"a":1,"b":{"c":[2,3]}}"#),
        Row("one more behind a line comment", "{ a: 1 // c\n}", ["a": 1, "b": 2], "{ a: 1, // c\n  b: 2\n}"),
        Row("one more, single quotes", "{\n 'a': 1\n}", ["a": 1, "b": 2], "{\n 'a': 1,\n 'b': 2\n}"),
        Row("one more, not bare", "{\n a: 1\n}", ["a": 1, "b c": 2], "{\n a: 1,\n \"b c\": 2\n}"),
        Row("lines end as they did", "{\r\n  a: 1\r\n}", ["a": 1, "b": 2], "{\r\n  a: 1,\r\n  b: 2\r\n}"),
        Row("an object inside", "{\n  a: {},\n}", ["a": ["b": 1]], "{\n  a: {\n    b: 1\n  },\n}"),
        Row("one less", "{\n  a: 1,\n  b: 2,\n  c: 3\n}", ["a": 1, "c": 3], "{\n  a: 1,\n  c: 3\n}"),
        Row("the last less", "{\n  a: 1, // c\n  b: 2\n}", ["a": 1], "{\n  a: 1 // c\n}"),
        Row("the last less, with a comma", "{\n  a: 1,\n  b: 2,\n}", ["a": 1], "{\n  a: 1,\n}"),
        Row("the only one less", "{\n  a: 1\n}", [:], "{\n}"),
        Row("one less on one line", "{ a: 1, b: 2 }", ["b": 2], "{ b: 2 }"),
        Row("the last less on one line", "{ a: 1, b: 2 }", ["a": 1], "{ a: 1 }"),
        Row("its comments stay", "{\n  // a\n  a: 1, // b\n  c: 2\n}", ["c": 2], "{\n  // a\n  // b\n  c: 2\n}"),
        Row("a comment before the comma stays", "{a: 1 /*x*/, b: 2}", ["b": 2], "{/*x*/ b: 2}"),
        Row("several lines less", "{\n  a: {\n    b: 1\n  },\n  c: 2\n}", ["c": 2], "{\n  c: 2\n}"),
        Row("one for another", "{\n  a: 1,\n  b: 2\n}", ["a": 1, "c": 3], "{\n  a: 1,\n  c: 3\n}"),
        Row("one for another on one line", "{a: 1, b: 2}", ["a": 1, "c": 3], "{a: 1, c: 3}"),
        Row("all for another", "{\n  a: 1,\n  b: 2,\n}", ["c": 3], "{\n  c: 3,\n}"),
        Row("all for another on one line", "{a: 1}", ["b": 2], "{b: 2}"),
        Row("an element more", "[1, 2]", [1, 2, 3], "[1, 2, 3]"),
        Row("an element in the middle", "[1, /*b*/ 3]", [1, 2, 3], "[1, /*b*/ 2, 3]"),
        Row("an element less in front", "[\n  1, // one\n  2, // two\n]", [2], "[\n  // one\n  2, // two\n]"),
        Row("an element in the middle, spread", "[\n  1,\n  3\n]", [1, 2, 3], "[\n  1,\n  2,\n  3\n]"),
        Row(
            "an element changed keeps its neighbours", "[{a: 1}, {a: 2 /*c*/}, 3]", [["a": 1], ["a": 5], 3],
            "[{a: 1}, {a: 5 /*c*/}, 3]"),
        Row("another kind", "{a: [1] /*c*/}", ["a": "x"], "{a: \"x\" /*c*/}"),
    ]

    @Test(arguments: rows)
    func `only what must change changes`(row: Row) throws {
        let document = try JSON5Document(parsing: Array(row.before.utf8))
        let text = document.text(for: row.value)
        #expect(String(decoding: text, as: UTF8.self) == row.after)
        #expect(try JSON5Document(parsing: text).value.isSame(as: row.value))
    }

    @Test func `names that look alike are two names`() throws {
        let document = try JSON5Document(parsing: Array("{'\u{e9}': 1}".utf8))
        let value: JSON = ["\u{e9}": 1, "e\u{301}": 2]
        let text = document.text(for: value)
        #expect(
            String(decoding: text, as: UTF8.self).unicodeScalars.elementsEqual(
                "{'\u{e9}': 1, 'e\u{301}': 2}".unicodeScalars))
        #expect(!JSON.string("\u{e9}").isSame(as: .string("e\u{301}")))
    }
}
