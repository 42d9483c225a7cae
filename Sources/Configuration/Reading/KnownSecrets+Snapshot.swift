import Files
import JSON
import Policy
public import Text

extension KnownSecrets {
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

    /// Whether a variable called `name` says nothing secret.
    package static func isHarmless(_ name: String) -> Bool {
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
