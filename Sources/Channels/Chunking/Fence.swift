/// The mark that a fenced block of code begins with (CommonMark 0.31 section 4.5).
struct Fence: Equatable {
    /// The line that began it, without what stands around it.
    let opening: String
    /// What ends it.
    let marker: String

    /// The longest line that counts as one: a longer one could not be repeated in every piece.
    private static let lengthLimit = 16

    /// The block that is open at the end of `text`; nil when none is.
    static func open(in text: String) -> Fence? {
        var open: Fence?
        for line in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline) {
            if let fence = open {
                if closes(line, fence) { open = nil }
            } else {
                open = Fence(line)
            }
        }
        return open
    }

    /// Whether `line` ends the block that `fence` began.
    static func closes(_ line: some StringProtocol, _ fence: Fence) -> Bool {
        let line = line.trimmingSpaces
        return line.count >= fence.marker.count && line.allSatisfy { $0 == fence.marker.first }
    }

    private init?(_ line: Substring) {
        guard line.prefix(while: { $0 == " " }).count <= 3 else { return nil }
        let line = line.trimmingSpaces
        guard let mark = line.first, mark == "`" || mark == "~" else { return nil }
        let marker = line.prefix { $0 == mark }
        guard marker.count >= 3, mark == "~" || !line.dropFirst(marker.count).contains("`") else { return nil }
        guard marker.utf8.count <= 8 else { return nil }
        self.marker = String(marker)
        opening = line.utf8.count <= Self.lengthLimit ? String(line) : self.marker
    }
}

extension StringProtocol {
    /// The same without blanks around it.
    fileprivate var trimmingSpaces: Substring {
        let start = drop { $0 == " " || $0 == "\t" }
        guard let end = start.lastIndex(where: { $0 != " " && $0 != "\t" }) else { return "" }
        return Substring(start[...end])
    }
}
