import JSON
import Testing

@Suite struct JSONWriterTests {
    @Test func `a value written is the value read`() throws {
        let value: JSON = ["a": [1, 2.5, true, .null, "é\u{1}\"\\"], "b": [:], "c": [[], [[:]]]]
        #expect(try JSON(parsing: value.serialized()) == value)
        #expect(try JSON(parsing: value.serialized(pretty: true)) == value)
    }

    @Test(
        arguments: [
            (.null, "null"), (true, "true"), (.integer(.min), "-9223372036854775808"), (.double(1), "1"),
            (.double(0.1), "0.1"), (.double(1e300), "1e+300"), (.double(-2.5), "-2.5"), (.double(.infinity), "null"),
            (.double(.nan), "null"), ([], "[]"), (.object(JSONObject()), "{}"),
            (["a": [1, "b"]], #"{"a":[1,"b"]}"#),
        ] as [(JSON, String)])
    func `a value has one compact form`(value: JSON, text: String) {
        #expect(value.text() == text)
    }

    @Test func `control characters, quotes and backslashes are escaped, and nothing else`() {
        let text = JSON.string("\u{0}\u{1F}\u{8}\u{C}\n\r\t\"\\/é😀\u{7F}").text()
        #expect(text == "\"\\u0000\\u001f\\b\\f\\n\\r\\t\\\"\\\\/é😀\\u007f\"")
    }

    @Test func `a character that is escaped is so wherever it stands, and its neighbours are not`() throws {
        for length in 0...17 {
            for place in 0...length {
                for code in UInt32(0)...0xFF {
                    let scalar = try #require(Unicode.Scalar(code))
                    let before = String(repeating: "!", count: place)
                    let after = String(repeating: "~", count: length - place)
                    let text = JSON.string(before + String(Character(scalar)) + after).text()
                    let isPlain = code >= 0x20 && code != 0x22 && code != 0x5C && code != 0x7F
                    let alone =
                        isPlain
                        ? String(Character(scalar)) : String(JSON.string("\(scalar)").text().dropFirst().dropLast())
                    #expect(isPlain || alone.hasPrefix("\\"))
                    #expect(text == "\"\(before)\(alone)\(after)\"")
                }
            }
        }
    }

    @Test func `a text grows beyond any size that was expected of it`() throws {
        for count in [509, 510, 511, 512, 513, 1023, 1025, 100_000] {
            let long = String(repeating: "a", count: count)
            #expect(JSON.string(long).serialized() == Array("\"\(long)\"".utf8))
            let escaped = String(repeating: "\u{1}", count: count)
            #expect(JSON.string(escaped).text() == "\"" + String(repeating: "\\u0001", count: count) + "\"")
            let many = JSON.array(Array(repeating: 7, count: count))
            #expect(try JSON(parsing: many.serialized()) == many)
        }
    }

    @Test func `the indented form puts each element on a line`() {
        let value: JSON = ["a": [1, 2], "b": [:]]
        #expect(value.text(pretty: true) == "{\n  \"a\": [\n    1,\n    2\n  ],\n  \"b\": {}\n}")
    }

    @Test(arguments: [
        1.0, 0.1, 1e15, 1e16, 1e21, 123_456_789.125, .leastNonzeroMagnitude, .greatestFiniteMagnitude,
        0.000001, 1e-7,
    ])
    func `a double written is the double read`(value: Double) throws {
        #expect(try JSON(parsing: JSON.double(value).serialized()).number == value)
        #expect(try JSON(parsing: JSON.double(-value).serialized()).number == -value)
    }
}
