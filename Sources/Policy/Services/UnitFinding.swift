public import JSON

/// A directive of a unit that does not do what it says, or that the launcher cannot work under.
public struct UnitFinding: Equatable, Sendable {
    /// How bad it is.
    public enum Kind: String, Equatable, Sendable {
        /// It does nothing, without a word from systemd.
        case inert
        /// The launcher refuses to start under it, or what the unit is for does not work.
        case breaks
    }

    /// The line in the file, from 1 on.
    public var line: Int
    /// The directive as it stands in the file.
    public var directive: String
    /// Whether it does nothing, or keeps the launcher from its work.
    public var kind: Kind
    /// Why that is so, in words that name the launcher's need or systemd's rule.
    public var reason: String
    /// What to do about it.
    public var remedy: String

    /// An object of `line`, `directive`, `kind`, `reason` and `remedy`, as `unit --check --json` prints it.
    public var json: JSON {
        [
            "line": .integer(Int64(line)), "directive": .string(directive), "kind": .string(kind.rawValue),
            "reason": .string(reason), "remedy": .string(remedy),
        ]
    }
}

extension UnitFinding: CustomStringConvertible {
    /// `line 7: ProcSubset=pid is inert: …; …`.
    public var description: String {
        let verb = kind == .inert ? "is inert" : "breaks the service"
        return "line \(line): \(directive.escapingControlCharacters) \(verb): \(reason); \(remedy)"
    }
}
