/// An entry of a list: an account of the network's services, or `nick!user@host`, in which `*` and `?` stand for others.
enum IRCMask {
    /// Whether `entry` means who is identified by `id`.
    ///
    /// A name alone is an account, and never a nick: anybody may take a nick.
    static func matches(_ entry: String, _ id: String, _ mapping: IRCCaseMapping) -> Bool {
        let entry = entry.hasPrefix("irc:") ? entry.dropFirst(4) : entry[...]
        guard !entry.isEmpty else { return false }
        let isMask = entry.contains("!") || entry.contains("@")
        guard isMask == id.contains("!") else { return false }
        let (pattern, name) = (mapping.folded(entry), mapping.folded(id))
        guard isMask else { return pattern == name }
        // user@host alone means any nick.
        let whole = pattern.contains("!") ? pattern : "*!\(pattern)"
        return matches(Array(whole.unicodeScalars), Array(name.unicodeScalars))
    }

    /// Whether `text` has the form `pattern`, in time that grows with the product of both lengths at most.
    private static func matches(_ pattern: [Unicode.Scalar], _ text: [Unicode.Scalar]) -> Bool {
        var (place, index) = (0, 0)
        var star: (place: Int, index: Int)?
        while index < text.count {
            if place < pattern.count, pattern[place] == "*" {
                star = (place, index)
                place += 1
            } else if place < pattern.count, pattern[place] == "?" || pattern[place] == text[index] {
                place += 1
                index += 1
            } else if let last = star {
                place = last.place + 1
                index = last.index + 1
                star = (last.place, index)
            } else {
                return false
            }
        }
        return pattern[place...].allSatisfy { $0 == "*" }
    }
}
