/// What two texts have of each other.
public enum TextDifference {
    /// The lines that went and came, with their numbers, in the order of the text: `-3: …`, `+3: …`.
    public static func lines(from old: String, to new: String) -> [String] {
        func lines(_ text: String) -> [Substring] { text.split(separator: "\n", omittingEmptySubsequences: false) }
        let changes = lines(new).difference(from: lines(old)).map { change -> (line: Int, isNew: Int, text: String) in
            switch change {
            case .remove(let offset, let line, _): (offset, 0, "-\(offset + 1): \(line)")
            case .insert(let offset, let line, _): (offset, 1, "+\(offset + 1): \(line)")
            }
        }
        return changes.sorted { ($0.line, $0.isNew) < ($1.line, $1.isNew) }.map(\.text)
    }
}
