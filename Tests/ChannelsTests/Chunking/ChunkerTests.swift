import Testing

@testable import Channels

@Suite struct ChunkerTests {
    @Test(
        arguments: [
            ("short", ["short"]), ("", []), (" \n\n ", []),
            ("\n\nafter empty lines", ["after empty lines"]),
            (String(repeating: "a", count: 70), [String(repeating: "a", count: 64), "aaaaaa"]),
            // Between words, and at a line's end rather than between words.
            (
                String(repeating: "word ", count: 14),
                [
                    String(repeating: "word ", count: 12) + "word", "word",
                ]
            ),
            (
                String(repeating: "a", count: 40) + "\n" + String(repeating: "b ", count: 20),
                [String(repeating: "a", count: 40), String(repeating: "b ", count: 19) + "b"]
            ),
        ] as [(String, [String])])
    func `text is cut at lines' ends, words and characters`(text: String, pieces: [String]) {
        #expect(Chunker(limit: 64).pieces(of: text) == pieces)
    }

    @Test func `a block of code goes on in the next piece`() {
        let code = (1...8).map { "let number\($0) = \($0)" }.joined(separator: "\n")
        let pieces = Chunker(limit: 80).pieces(of: "See:\n```swift\n\(code)\n```\nDone.")
        #expect(pieces.count == 4 || pieces.count == 3)
        #expect(pieces[0].hasSuffix("\n```"))
        #expect(pieces[1].hasPrefix("```swift\nlet number"))
        for piece in pieces { #expect(piece.components("```").count % 2 == 1, "\(piece)") }
        let lines = pieces.flatMap { $0.split(separator: "\n").filter { !$0.hasPrefix("```") } }
        #expect(lines.joined(separator: "\n") == "See:\n\(code)\nDone.")
    }

    @Test func `by lines, a piece is a line, but for blocks of code`() {
        let text = "one\n\ntwo\n```\na\nb\n```\nthree"
        #expect(Chunker(limit: 100, mode: .newline).pieces(of: text) == ["one", "two", "```\na\nb\n```", "three"])
    }

    @Test func `bytes are counted where a service counts them`() {
        let chunker = Chunker(limit: 64, unit: .bytes)
        let pieces = chunker.pieces(of: String(repeating: "ü", count: 50))
        #expect(pieces.map(\.utf8.count) == [64, 36])
        // One character that is longer than a piece.
        let flag = "e" + String(repeating: "\u{301}", count: 100)
        let parts = chunker.pieces(of: flag)
        #expect(parts.allSatisfy { $0.utf8.count <= 64 })
        #expect(parts.joined().unicodeScalars.count == 101)
    }
}

extension String {
    fileprivate func components(_ separator: String) -> [Substring] {
        split(separator: separator, omittingEmptySubsequences: false)
    }
}
