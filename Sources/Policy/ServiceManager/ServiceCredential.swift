/// A secret that a service manager keeps for a service, in a file of its own (`LoadCredential=`,
/// `LoadCredentialEncrypted=`, systemd.exec(5)).
public struct ServiceCredential: Equatable, Sendable {
    /// The file on the host, in the directory that $CREDENTIALS_DIRECTORY names.
    public let source: AbsolutePath

    /// A credential. `source` is the file's path on the host.
    public init(source: AbsolutePath) { self.source = source }

    /// Its name, which is the file's.
    public var name: String { source.lastComponent }

    /// Where the payload finds it.
    public var destination: AbsolutePath { Self.directory / name }

    /// What $CREDENTIALS_DIRECTORY is inside.
    public static let directory = AbsolutePath.root / "run/credentials"

    /// How large one may be, in bytes: what systemd admits for all of a service together.
    public static let limit = 1 << 20
}
