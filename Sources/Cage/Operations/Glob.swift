/// A pattern of file names: `*` and `?` stand for anything but a slash, `**` for anything, `[a-z]` for one of these, `{a,b}` for
/// either.
struct Glob {
    private let patterns: [[UInt8]]
    /// Whether it is about whole paths; otherwise the last name of a path counts.
    private let hasSlash: Bool

    /// The most patterns that braces may stand for.
    private static let limit = 256

    init(_ text: String) throws(OperationError) {
        hasSlash = text.utf8.contains(UInt8(ascii: "/"))
        var expanded = [Array(text.utf8)]
        while let index = expanded.firstIndex(where: { Self.braces(in: $0) != nil }) {
            guard expanded.count <= Self.limit, let (open, close) = Self.braces(in: expanded[index]) else {
                throw OperationError("The pattern \(text) stands for too many.")
            }
            let pattern = expanded.remove(at: index)
            for choice in pattern[(open + 1)..<close].split(
                separator: UInt8(ascii: ","), omittingEmptySubsequences: false)
            {
                expanded.append(Array(pattern[..<open]) + Array(choice) + Array(pattern[(close + 1)...]))
            }
        }
        patterns = expanded
    }

    /// The first pair of braces without another inside.
    private static func braces(in pattern: [UInt8]) -> (Int, Int)? {
        guard let close = pattern.firstIndex(of: UInt8(ascii: "}")),
            let open = pattern[..<close].lastIndex(of: UInt8(ascii: "{"))
        else { return nil }
        return (open, close)
    }

    /// Whether a path, relative to where is looked, is meant.
    func matches(_ path: String) -> Bool {
        let bytes = Array(path.utf8)
        let name = hasSlash ? bytes[...] : bytes[((bytes.lastIndex(of: UInt8(ascii: "/")) ?? -1) + 1)...]
        return patterns.contains { Self.matches($0[...], name) }
    }

    private static func matches(_ pattern: ArraySlice<UInt8>, _ text: ArraySlice<UInt8>) -> Bool {
        // Where to go on when what was tried does not match: behind the last star, one byte further in the text. A `**` in front
        // of it is tried anew only when the star can go no further.
        var (pattern, text) = (pattern, text)
        var star: (pattern: ArraySlice<UInt8>, text: ArraySlice<UInt8>)?
        var doubleStar: (pattern: ArraySlice<UInt8>, text: ArraySlice<UInt8>)?
        while true {
            if let first = pattern.first {
                if first == UInt8(ascii: "*") {
                    if pattern.dropFirst().first == UInt8(ascii: "*") {
                        pattern = pattern.dropFirst(2)
                        // "**/" stands for no directory too.
                        if pattern.first == UInt8(ascii: "/") { pattern = pattern.dropFirst() }
                        doubleStar = (pattern, text)
                        star = nil
                    } else {
                        pattern = pattern.dropFirst()
                        star = (pattern, text)
                    }
                    continue
                }
                if let byte = text.first, let rest = Self.rest(of: pattern, after: byte) {
                    pattern = rest
                    text = text.dropFirst()
                    continue
                }
            } else if text.isEmpty {
                return true
            }
            if let (behind, from) = star, let byte = from.first, byte != UInt8(ascii: "/") {
                star = (behind, from.dropFirst())
                (pattern, text) = (behind, from.dropFirst())
            } else if let (behind, from) = doubleStar, !from.isEmpty {
                doubleStar = (behind, from.dropFirst())
                star = nil
                (pattern, text) = (behind, from.dropFirst())
            } else {
                return false
            }
        }
    }

    /// What follows in `pattern` when its first element stands for `byte`; nil when it does not.
    private static func rest(of pattern: ArraySlice<UInt8>, after byte: UInt8) -> ArraySlice<UInt8>? {
        switch pattern.first {
        case UInt8(ascii: "?"): return byte == UInt8(ascii: "/") ? nil : pattern.dropFirst()
        case UInt8(ascii: "["):
            guard let close = pattern.dropFirst(2).firstIndex(of: UInt8(ascii: "]")) else { break }
            var inside = pattern[(pattern.startIndex + 1)..<close]
            let isInverted = inside.first == UInt8(ascii: "!") || inside.first == UInt8(ascii: "^")
            if isInverted { inside = inside.dropFirst() }
            var isIn = false
            while let low = inside.popFirst() {
                if inside.first == UInt8(ascii: "-"), let high = inside.dropFirst().first {
                    inside = inside.dropFirst(2)
                    if low <= byte, byte <= high { isIn = true }
                } else if low == byte {
                    isIn = true
                }
            }
            return isIn != isInverted && byte != UInt8(ascii: "/") ? pattern[(close + 1)...] : nil
        case UInt8(ascii: "\\"):
            guard let escaped = pattern.dropFirst().first else { break }
            return escaped == byte ? pattern.dropFirst(2) : nil
        default: break
        }
        return pattern.first == byte ? pattern.dropFirst() : nil
    }
}
