/// Ids of agents and accounts as they stand in session keys: `[a-z0-9][a-z0-9_-]{0,63}`.
///
/// Whatever was written is brought into that form, as clients do it too: they compare keys.
public enum IdentifierText {
    /// The agent `text` names; `main` when nothing of it can be an id.
    public static func agent(_ text: String) -> String { normal(text) ?? "main" }

    /// The account `text` names; `default` when nothing of it can be an id.
    public static func account(_ text: String) -> String { normal(text) ?? "default" }

    private static let limit = 64

    private static func normal(_ text: String) -> String? {
        // Trimmed first: blanks around a name are no part of it.
        let words = text.lowercased().split(omittingEmptySubsequences: true, whereSeparator: \.isWhitespace)
        guard let first = words.first, let last = words.last else { return nil }
        let name = text.lowercased()[first.startIndex..<last.endIndex].utf8
        if isNormal(name) { return String(decoding: name, as: UTF8.self) }
        var slug: [UInt8] = []
        for byte in name {
            // However much is foreign, one dash stands for it.
            if isPermitted(byte) {
                slug.append(byte)
            } else if slug.last != UInt8(ascii: "-") {
                slug.append(UInt8(ascii: "-"))
            }
        }
        let trimmed = slug.drop { $0 == UInt8(ascii: "-") }.prefix(limit)
        let end = trimmed.lastIndex { $0 != UInt8(ascii: "-") }
        return end.map { String(decoding: trimmed[...$0], as: UTF8.self) }
    }

    private static func isNormal(_ name: some Collection<UInt8>) -> Bool {
        guard let first = name.first, first != UInt8(ascii: "-"), first != UInt8(ascii: "_") else { return false }
        return name.count <= limit && name.allSatisfy(isPermitted)
    }

    private static func isPermitted(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"),
            UInt8(ascii: "-"):
            true
        default: false
        }
    }
}
