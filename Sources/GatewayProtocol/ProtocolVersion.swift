/// The wire protocol this gateway speaks.
public enum ProtocolVersion {
    /// Protocol 3, as clients of early 2026 speak it.
    public static let current: Int64 = 3
}

/// The program's version.
public enum Version {
    /// The version, as `--version` prints it and clients see it.
    public static let current = "0.1.0"
}
