/// Cuts an answer into pieces that a service takes.
///
/// A piece ends at a line's end where there is one, else between words, else between characters, and never within one. A piece
/// that would end within a fenced block of code ends that block, and the next one begins it again.
package struct Chunker: Sendable, Equatable {
    /// What the limit counts.
    package enum Unit: Sendable {
        case characters
        /// Bytes of UTF-8.
        case bytes
    }

    /// The longest piece. What is below `smallestLimit` counts as that.
    package let limit: Int
    package let mode: ChunkMode
    package let unit: Unit

    /// Whether fenced blocks are kept whole, which takes lines of their own.
    package let keepsFences: Bool

    /// Less than this holds no fence beside its content.
    package static let smallestLimit = 64

    package init(limit: Int, mode: ChunkMode = .length, unit: Unit = .characters, keepsFences: Bool = true) {
        self.limit = max(limit, Self.smallestLimit)
        self.mode = mode
        self.unit = unit
        self.keepsFences = keepsFences
    }

    /// All pieces of `text`.
    package func pieces(of text: String) -> [String] {
        var pieces: [String] = []
        var rest = text
        while let (piece, next) = first(of: rest) {
            pieces.append(piece)
            rest = next
        }
        return pieces
    }

    /// The first piece of `text`, and what is left of it; nil when nothing is to be said.
    package func first(of text: String) -> (piece: String, rest: String)? {
        guard let text = Self.said(text) else { return nil }
        let end = cut(text)
        var piece = String(text[..<end])
        // Where a line ends the next one keeps its indentation; between words nothing is left of the blanks.
        let isLineEnd = end < text.endIndex && text[end].isNewline
        var rest = String(isLineEnd ? text[end...].drop { $0.isNewline } : text[end...].drop { $0.isWhitespace })
        guard piece.contains(where: { !$0.isWhitespace }) else { return first(of: rest) }
        if let fence = openFence(in: piece), !rest.isEmpty {
            let isClosedNext = Fence.closes(rest.prefix { !$0.isNewline }, fence)
            if isClosedNext {
                // Only its end is left of the block.
                rest = String(rest.drop { !$0.isNewline }.drop { $0.isNewline })
            } else {
                rest = "\(fence.opening)\n\(rest)"
            }
            piece = "\(Self.trimmedEnd(piece))\n\(fence.marker)"
        }
        return (Self.trimmedEnd(piece), rest)
    }

    /// `text` without the lines at its beginning in which nothing stands; nil when nothing is said.
    private static func said(_ text: String) -> Substring? {
        var rest = text[...]
        while let newline = rest.firstIndex(where: \.isNewline), rest[..<newline].allSatisfy(\.isWhitespace) {
            rest = rest[rest.index(after: newline)...]
        }
        return rest.contains { !$0.isWhitespace } ? rest : nil
    }

    /// Where the first piece of `text` ends.
    private func cut(_ text: Substring) -> Substring.Index {
        if mode == .newline, let end = lineEnd(text) { return end }
        guard count(text) > limit else { return text.endIndex }
        var room = limit
        var end = furthest(text, room)
        // A block that is open where the piece ends is ended there, for which there must be room.
        if let fence = openFence(in: String(text[..<end])) {
            room = max(1, limit - count(fence.marker[...]) - 1)
            end = furthest(text, room)
        }
        let window = text[..<end]
        if let line = window.lastIndex(where: \.isNewline), isEnough(window[..<line]) { return line }
        if text[end].isWhitespace { return end }
        if let space = window.lastIndex(where: \.isWhitespace), isEnough(window[..<space]) { return space }
        return end
    }

    /// The end of the first line that is not within a fenced block, as far as the limit reaches; nil where there is none.
    private func lineEnd(_ text: Substring) -> Substring.Index? {
        var index = text.startIndex
        let end = count(text) > limit ? furthest(text, limit) : text.endIndex
        while let newline = text[index..<end].firstIndex(where: \.isNewline) {
            if openFence(in: String(text[..<newline])) == nil { return newline }
            index = text.index(after: newline)
        }
        return nil
    }

    /// Whether a piece may be as short as `text`: a line's or a word's end is no reason for crumbs, nor for a piece of nothing
    /// but the beginning of a block.
    private func isEnough(_ text: Substring) -> Bool {
        guard text.contains(where: { !$0.isWhitespace }) else { return false }
        if let fence = openFence(in: String(text)), text.hasSuffix(fence.opening) { return false }
        return count(text) * 4 >= limit
    }

    /// How far `room` reaches into `text`, by whole characters, at least one.
    private func furthest(_ text: Substring, _ room: Int) -> Substring.Index {
        switch unit {
        case .characters: return text.index(text.startIndex, offsetBy: room, limitedBy: text.endIndex) ?? text.endIndex
        case .bytes:
            var left = room
            var index = text.startIndex
            while index < text.endIndex {
                left -= text[index].utf8.count
                guard left >= 0 else { break }
                index = text.index(after: index)
            }
            if index > text.startIndex { return index }
            // One character that is longer than a piece is cut between its scalars.
            left = room
            while index < text.endIndex {
                left -= text.unicodeScalars[index].utf8.count
                guard left >= 0 || index == text.startIndex else { break }
                index = text.unicodeScalars.index(after: index)
            }
            return index
        }
    }

    private func openFence(in text: String) -> Fence? { keepsFences ? Fence.open(in: text) : nil }

    private func count(_ text: Substring) -> Int {
        switch unit {
        case .characters: text.count
        case .bytes: text.utf8.count
        }
    }

    private static func trimmedEnd(_ text: String) -> String {
        guard let last = text.lastIndex(where: { !$0.isWhitespace }) else { return "" }
        return String(text[...last])
    }
}
