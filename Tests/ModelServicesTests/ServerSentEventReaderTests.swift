import Testing

@testable import ModelServices

@Suite struct ServerSentEventReaderTests {
    private func events(_ pieces: [String], limit: Int = 1000) throws -> [String] {
        var reader = ServerSentEventReader(limit: limit)
        var events: [ServerSentEvent] = []
        for piece in pieces { events += try reader.take(Array(piece.utf8)) }
        if let last = try reader.finish() { events.append(last) }
        return events.map { "\($0.name)|\(String(decoding: $0.data, as: UTF8.self))" }
    }

    private static let streams: [(String, [String])] = [
        ("data: a\n\ndata: b\n\n", ["|a", "|b"]),
        ("data:a\n\n", ["|a"]),
        ("data:  a\n\n", ["| a"]),
        ("event: x\ndata: a\ndata: b\n\ndata: c\n\n", ["x|a\nb", "|c"]),
        (": comment\n\ndata: a\n:\n\n\n\n", ["|a"]),
        ("data\n\n", ["|"]),
        ("id: 1\nretry: 3\nother: x\ndata: a\n\n", ["|a"]),
        ("\u{FEFF}data: a\n\n", ["|a"]),
        ("data: a\r\n\r\ndata: b\r\rdata: c\n\n", ["|a", "|b", "|c"]),
        ("data: a\r\n\r\n\r\ndata: b\r\n\r\n", ["|a", "|b"]),
        ("data: whole, without an end", ["|whole, without an end"]),
        ("data: [DONE]\n", ["|[DONE]"]),
        ("event: nothing\n\n", []),
        ("", []),
    ]

    @Test(arguments: streams)
    func `a stream is read the same in pieces of any size`(stream: String, expected: [String]) throws {
        #expect(try events([stream]) == expected)
        for size in 1...5 {
            var reader = ServerSentEventReader(limit: 1000)
            var found: [ServerSentEvent] = []
            let bytes = Array(stream.utf8)
            for start in Swift.stride(from: 0, to: bytes.count, by: size) {
                found += try reader.take(Array(bytes[start..<min(bytes.count, start + size)]))
            }
            if let last = try reader.finish() { found.append(last) }
            #expect(found.map { "\($0.name)|\(String(decoding: $0.data, as: UTF8.self))" } == expected, "size \(size)")
        }
    }

    @Test func `a line that is too long is not kept`() throws {
        var reader = ServerSentEventReader(limit: 100)
        #expect(throws: ModelFailure.self) {
            for _ in 0..<11 { _ = try reader.take(Array("data: 1234".utf8)) }
        }
        #expect(try events(["data: \(String(repeating: "x", count: 94))\n\n"], limit: 100).count == 1)
    }

    @Test func `an event of many lines is not kept beyond the limit`() throws {
        #expect(throws: ModelFailure.self) {
            try events(Array(repeating: "data: 1234567890\n", count: 11), limit: 100)
        }
    }

    @Test func `comments are not counted`() throws {
        #expect(try events(Array(repeating: ": keep-alive\n\n", count: 1000) + ["data: a\n\n"], limit: 100) == ["|a"])
    }
}
