import Files
import Policy
import Testing

@testable import Gateway

/// The lines that are read from a file that holds `text`.
private func lines(of text: String) throws -> [String] {
    let directory = try TemporaryDirectory(inMemory: true)
    try directory.write(text, to: "file")
    var reader = LineReader(try #require(try FilePlace(directory.path / "file").open("read", .reading)))
    var lines: [String] = []
    while let line = try reader.next() { lines.append(String(decoding: line, as: UTF8.self)) }
    #expect(try reader.next() == nil)
    return lines
}

@Test(arguments: [
    ("", []), ("\n", [""]), ("a", ["a"]), ("a\n", ["a"]), ("a\nb", ["a", "b"]), ("a\r\nb\r\n", ["a", "b"]),
    ("\n\na\n\n", ["", "", "a", ""]), ("a\rb\n", ["a\rb"]),
])
func `a file is read line by line`(text: String, expected: [String]) throws {
    #expect(try lines(of: text) == expected)
}

@Test func `a line may be longer than what is read at a time, and end anywhere in it`() throws {
    for length in [(64 << 10) - 1, 64 << 10, (64 << 10) + 1, 200_000] {
        let long = String(repeating: "x", count: length)
        #expect(try lines(of: "first\n\(long)\nlast") == ["first", long, "last"])
    }
    let many = (0..<20_000).map { "line \($0)" }
    #expect(try lines(of: many.joined(separator: "\n")) == many)
}
