/// Paths that no payload has any business with: nobody is advised to bind them.
enum SensitivePaths {
    /// Whether `path` is one, lies in one or holds one; `home` is the payload's user's directory.
    static func contain(_ path: AbsolutePath, home: AbsolutePath) -> Bool {
        let places = host.compactMap(AbsolutePath.init) + personal.map { home / $0 }
        return path == .root || path == home || path == home.parent
            || places.contains { $0.contains(path) || path.contains($0) && path != home }
    }

    /// The kernel's own, passwords, keys, other people's files, and sockets that carry out orders.
    private static let host = [
        "/boot", "/dev", "/etc/gshadow", "/etc/mazelclaw", "/etc/shadow", "/etc/ssh", "/etc/ssl/private",
        "/etc/sudoers",
        "/etc/sudoers.d", "/proc", "/root", "/run", "/sys", "/var/lib/docker", "/var/lib/mazelclaw-profiles",
        "/var/lib/mazelclaw-run", "/var/run", "/var/spool/cron",
    ]

    /// Keys and sessions in a home directory.
    private static let personal = [
        ".aws", ".azure", ".bash_history", ".config/gcloud", ".config/mazelclaw", ".docker", ".gnupg", ".kube",
        ".local/share/keyrings", ".local/state/mazelclaw", ".mozilla", ".netrc", ".password-store", ".pki", ".ssh",
    ]
}
