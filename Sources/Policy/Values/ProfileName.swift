/// The name of a profile: `^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$`, the whole string.
///
/// The one rule for command lines, file names, units and the registry. `default`, in any case, is the
/// profile whose paths carry no suffix.
public struct ProfileName: Hashable, Sendable {
    /// The name as it was written.
    public let text: String

    /// Parses `text`; nil when it breaks the rule. Nothing is trimmed.
    public init?(_ text: String) {
        let bytes = text.utf8
        guard (1...64).contains(bytes.count), let first = bytes.first, Self.isAlphanumeric(first),
            bytes.allSatisfy({ Self.isAlphanumeric($0) || $0 == UInt8(ascii: "_") || $0 == UInt8(ascii: "-") })
        else { return nil }
        self.text = bytes.elementsEqual("default".utf8, by: { $0 | 0x20 == $1 }) ? "default" : text
    }

    private init(known text: String) {
        self.text = text
    }

    /// The profile without a suffix.
    public static let `default` = ProfileName(known: "default")

    /// What error messages say a name must look like.
    public static let rule = "letters, digits, \"_\" and \"-\" only, starting with a letter or digit, at most 64"

    /// Whether this is the profile whose paths carry no suffix.
    public var isDefault: Bool { text == "default" }

    /// `-NAME`, or nothing for the default profile: what paths and units end in.
    public var suffix: String { isDefault ? "" : "-\(text)" }

    /// The name with ASCII letters in lower case. Two profiles whose keys agree are refused: on a
    /// case-insensitive file system they would share every file.
    public var collisionKey: String { text.lowercased() }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
            || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
    }
}

extension ProfileName: CustomStringConvertible {
    /// The name, which needs no quoting in shells, units or file names.
    public var description: String { text }
}
