/// A guarantee the operator has given up by name (`--allow-degraded`).
public enum Degradation: String, Sendable, CaseIterable {
    /// Start without Landlock at all.
    case landlock
    /// Start without Landlock's TCP port rules (kernel before 6.7).
    case landlockNet = "landlock-net"
    /// Start without Landlock's scopes (kernel before 6.12).
    case landlockScope = "landlock-scope"
    /// Start without a fresh /proc, with none at all (masked /proc, as in containers).
    case proc
}
