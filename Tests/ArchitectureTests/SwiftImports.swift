/// The modules a Swift file imports.
enum SwiftImports {
    private static let modifiers: Set<Substring> = ["public", "package", "internal", "fileprivate", "private"]
    private static let kinds: Set<Substring> = [
        "struct", "class", "enum", "protocol", "typealias", "func", "let", "var", "actor",
    ]

    /// The top-level module of each import in `source`, in order.
    static func modules(in source: String) -> [String] {
        source.split(whereSeparator: \.isNewline).flatMap { line in
            line.split(separator: ";").compactMap(module)
        }
    }

    /// The module of `statement`, when that is an import: attributes, access and kind are skipped.
    private static func module(_ statement: Substring) -> String? {
        var words = statement.split(whereSeparator: \.isWhitespace)[...]
        while let word = words.first, word.hasPrefix("@") || modifiers.contains(word) { words.removeFirst() }
        guard words.popFirst() == "import" else { return nil }
        if let word = words.first, kinds.contains(word) { words.removeFirst() }
        return words.first.map { String($0.prefix { $0 != "." }) }
    }
}
