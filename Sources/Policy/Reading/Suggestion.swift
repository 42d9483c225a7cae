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

    /// The edit distance, in bytes, with upper and lower case alike. Two neighbours changed over are one edit.
    private static func distance(_ left: [UInt8], _ right: [UInt8]) -> Int {
        let left = left.map { $0 | 0x20 }
        let right = right.map { $0 | 0x20 }
        var before = [Int](repeating: 0, count: right.count + 1)
        var above = Array(0...right.count)
        for i in left.indices {
            var row = [i + 1]
            for j in right.indices {
                var distance = min(above[j] + (left[i] == right[j] ? 0 : 1), above[j + 1] + 1, row[j] + 1)
                if i > 0, j > 0, left[i] == right[j - 1], left[i - 1] == right[j] {
                    distance = min(distance, before[j - 1] + 1)
                }
                row.append(distance)
            }
            (before, above) = (above, row)
        }
        return above[right.count]
    }
}
