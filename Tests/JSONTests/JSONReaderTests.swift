import JSON
import Testing

@Test func `a value written is the value read`() throws {
    let value: JSON = ["a": [1, 2.5, true, .null, "é\u{1}\"\\"], "b": [:]]
    #expect(try JSON(parsing: value.serialized()) == value)
    #expect(try JSON(parsing: value.serialized(pretty: true)) == value)
}
