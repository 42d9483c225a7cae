import Fuzzing
import Testing

@testable import Channels

/// Answers that nobody thought of.
@Suite struct ChunkerFuzzTests {
    @Test func `whatever is cut, no piece is too long, and no word is lost`() {
        for seed in FuzzRun("chunker") {
            var random = SplitMix(seed: seed)
            let words = ["a", "bb", "\n", "\n```\n", "\n```swift\n", "\n~~~\n", " ", "ünïcode", "\t", "x", "\r\n", "👩‍👩‍👧"]
            let text = (0..<random.below(200)).map { _ in words[random.below(words.count)] }.joined()
            let limit = 64 + random.below(140)
            let unit: Chunker.Unit = random.below(2) == 0 ? .bytes : .characters
            let mode: ChunkMode = random.below(2) == 0 ? .length : .newline
            let pieces = Chunker(limit: limit, mode: mode, unit: unit).pieces(of: text)
            for piece in pieces {
                let length = unit == .bytes ? piece.utf8.count : piece.count
                #expect(length <= limit, "seed \(seed): \(length) > \(limit)")
                #expect(!piece.isEmpty, "seed \(seed)")
            }
            func said(_ text: String) -> String {
                text.filter { !$0.isWhitespace && $0 != "`" && $0 != "~" && !"swift".contains($0) }
            }
            #expect(said(pieces.joined()) == said(text), "seed \(seed)")
        }
    }
}
