package import Text

/// The texts of a configuration that are shown to nobody, wherever they stand: what stands in a secret's place, and what
/// was taken from variables of the environment.
///
/// A variable counts as a secret unless its name is one that says nothing secret, as HOME does, or it holds the path of
/// something: people keep keys in variables in order not to write them down, and put them into arguments and texts where no
/// description knows them.
public struct KnownSecrets: Sendable {
    /// Without any.
    static let none = KnownSecrets(texts: [])

    /// Every text of at least `shortestWhole` bytes.
    private let texts: Set<String>
    /// The names of the variables they were taken from.
    package let variables: Set<String>

    /// A text this short, in bytes, is hidden only where a secret belongs: as a word it would be found everywhere.
    private static let shortestWhole = 4
    /// A text this short is not looked for within others.
    package static let shortestPart = 6

    package init(texts: [String], variables: Set<String> = []) {
        self.texts = Set(texts.filter { $0.utf8.count >= Self.shortestWhole })
        self.variables = variables
    }

    /// The texts of `secrets`.
    package init(_ secrets: [Secret]) {
        self.init(texts: secrets.map { $0.revealed() })
    }

    /// Those of both.
    package func union(_ other: KnownSecrets) -> KnownSecrets {
        KnownSecrets(texts: Array(texts.union(other.texts)), variables: variables.union(other.variables))
    }

    /// Whether `text` is one of them, or holds one.
    func hides(_ text: String) -> Bool {
        texts.contains(text) || parts.contains { text.utf8.firstRange(of: $0.utf8) != nil }
    }

    /// Whether `text` is one of them, and no shorter than what is looked for within others.
    package func isOne(_ text: String) -> Bool {
        text.utf8.count >= Self.shortestPart && texts.contains(text)
    }

    /// Those looked for within other texts, the longest first: one may hold another.
    var parts: [String] {
        texts.filter { $0.utf8.count >= Self.shortestPart }.sorted { ($1.utf8.count, $0) < ($0.utf8.count, $1) }
    }
}
