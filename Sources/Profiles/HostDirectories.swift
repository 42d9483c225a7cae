public import Policy

/// Where the host keeps what is never visible inside a sandbox.
public struct HostDirectories: Equatable, Sendable {
    /// Profile files and policies: `$XDG_CONFIG_HOME/mazelclaw`, else `/etc/mazelclaw` for root, else
    /// `~/.config/mazelclaw`.
    public var configuration: AbsolutePath
    /// Locks and logs: `$XDG_STATE_HOME/mazelclaw`, else `/var/lib/mazelclaw-run` for root, else
    /// `~/.local/state/mazelclaw`.
    public var state: AbsolutePath
    /// The state directories of root's profiles that have a user ID of their own: `$XDG_STATE_HOME/mazelclaw-profiles`,
    /// else `/var/lib/mazelclaw-profiles`.
    public var instances: AbsolutePath
    /// Where each user of the host tells the others which ports their profiles have: /var/tmp (hier(7)), which is
    /// everybody's. Who keeps the state elsewhere by `$XDG_STATE_HOME` tells nobody, and asks nobody.
    public var claims: AbsolutePath

    /// The directories for a launcher of user `userID` (XDG Base Directory Specification: a relative
    /// value is ignored). `environment` looks a variable up.
    public init(userID: UInt32, home: AbsolutePath, environment: (String) -> String?) {
        func directory(_ variable: String, root: AbsolutePath, user: String) -> AbsolutePath {
            if let base = environment(variable).flatMap(AbsolutePath.init) { return base / "mazelclaw" }
            return userID == 0 ? root : home / user
        }
        configuration = directory("XDG_CONFIG_HOME", root: .root / "etc/mazelclaw", user: ".config/mazelclaw")
        state = directory("XDG_STATE_HOME", root: .root / "var/lib/mazelclaw-run", user: ".local/state/mazelclaw")
        let base = environment("XDG_STATE_HOME").flatMap(AbsolutePath.init)
        instances = (base ?? .root / "var/lib") / "mazelclaw-profiles"
        claims = base.map { $0 / "mazelclaw/claims" } ?? .root / "var/tmp"
    }
}
