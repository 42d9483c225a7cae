import JSON
import Policy

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
    let variables: Set<String>

    /// A text this short, in bytes, is hidden only where a secret belongs: as a word it would be found everywhere.
    private static let shortestWhole = 4
    /// A text this short is not looked for within others.
    static let shortestPart = 6

    /// Those of `snapshot`, and `others`.
    public init(_ snapshot: ConfigurationSnapshot?, and others: [Secret] = []) {
        let taken = (snapshot?.taken ?? [:]).filter { !Self.isHarmless($0.key) && !Self.isPath($0.value) }
        let known = ConfigurationSchema.root.secrets(in: snapshot?.resolved ?? [:])
        // Of a variable that stands in no secret's place a short text may be anything.
        let long = taken.values.filter { $0.utf8.count >= Self.shortestPart }
        self.init(
            texts: known + long + others.map { $0.revealed() },
            variables: Set(taken.keys).subtracting(snapshot?.variables.keys.map { $0 } ?? []))
    }

    init(texts: [String], variables: Set<String> = []) {
        self.texts = Set(texts.filter { $0.utf8.count >= Self.shortestWhole })
        self.variables = variables
    }

    /// Those of both.
    func union(_ other: KnownSecrets) -> KnownSecrets {
        KnownSecrets(texts: Array(texts.union(other.texts)), variables: variables.union(other.variables))
    }

    /// Whether `text` is one of them, or holds one.
    func hides(_ text: String) -> Bool {
        texts.contains(text) || parts.contains { text.utf8.firstRange(of: $0.utf8) != nil }
    }

    /// Whether `text` is one of them, and no shorter than what is looked for within others.
    func isOne(_ text: String) -> Bool {
        text.utf8.count >= Self.shortestPart && texts.contains(text)
    }

    /// Those looked for within other texts, the longest first: one may hold another.
    var parts: [String] {
        texts.filter { $0.utf8.count >= Self.shortestPart }.sorted { ($1.utf8.count, $0) < ($0.utf8.count, $1) }
    }

    /// Whether a variable called `name` says nothing secret.
    static func isHarmless(_ name: String) -> Bool {
        if name.hasPrefix("MAZELCLAW_") { return !name.hasSuffix("_TOKEN") && !name.hasSuffix("_PASSWORD") }
        return harmless.contains(name) || name.hasPrefix("XDG_") || name.hasPrefix("LC_")
    }

    /// Whether `text` is an absolute path: there is a directory of its first name. A key may begin with a slash too.
    private static func isPath(_ text: String) -> Bool {
        let names = text.split(separator: "/", omittingEmptySubsequences: false)
        guard names.count >= 2, names[0].isEmpty, !names[1].isEmpty, let path = AbsolutePath("/\(names[1])") else {
            return false
        }
        return FileIdentity(path) != nil
    }

    private static let harmless: Set = [
        "HOME", "HOSTNAME", "LANG", "LANGUAGE", "LOGNAME", "PATH", "PWD", "SHELL", "TERM", "TMPDIR", "TZ", "USER",
    ]
}
