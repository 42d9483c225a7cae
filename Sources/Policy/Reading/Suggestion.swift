/// Finds the word a misspelt one was meant to be.
public enum Suggestion {
    /// The candidate within two edits of `word` (a third of its length for short words), or nil.
    public static func nearest(to word: String, among candidates: some Sequence<String>) -> String? {
        let limit = min(2, max(1, word.utf8.count / 3))
        var best: (candidate: String, distance: Int)?
        for candidate in candidates {
            let distance = distance(Array(word.utf8), Array(candidate.utf8))
            if distance <= limit, distance < best?.distance ?? .max { best = (candidate, distance) }
        }
        return best?.candidate
    }

    /// Levenshtein's edit distance, in bytes, with upper and lower case alike.
    private static func distance(_ left: [UInt8], _ right: [UInt8]) -> Int {
        var row = Array(0...right.count)
        for (i, a) in left.enumerated() {
            var diagonal = row[0]
            row[0] = i + 1
            for (j, b) in right.enumerated() {
                let substituted = diagonal + (a | 0x20 == b | 0x20 ? 0 : 1)
                diagonal = row[j + 1]
                row[j + 1] = min(substituted, diagonal + 1, row[j] + 1)
            }
        }
        return row[right.count]
    }
}
