/// A guarantee the administrator has given up by name (`--allow-degraded`).
public enum Degradation: String, Sendable, CaseIterable {
    /// Start without Landlock at all.
    case landlock
    /// Start without Landlock's TCP port rules (kernel before 6.7).
    case landlockNet = "landlock-net"
    /// Start without Landlock's scopes (kernel before 6.12).
    case landlockScope = "landlock-scope"
    /// Start without the broker: UDP ports, listen(2) without bind(2), and which address a port is bound to are not
    /// held then (a listener slot already taken, or ptrace forbidden, as in some containers).
    case broker
    /// Start with the host's own inodes where the policy asks for a view with others (an overlayfs that cannot be had).
    case ownInodes = "own-inodes"
    /// Start without what the profile says in "limits" (no cgroup of version 2 that the launcher may divide).
    case limits
    /// Start as root without the limit on processes, which the kernel does not hold for user ID 0 (getrlimit(2),
    /// RLIMIT_NPROC).
    case processLimit = "process-limit"
    /// Start without a fresh /proc, with none at all (masked /proc, as in containers).
    case proc
}
