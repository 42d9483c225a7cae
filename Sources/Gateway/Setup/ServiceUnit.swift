public import Policy

/// The systemd unit a profile's gateway runs as.
public enum ServiceUnit {
    /// The unit's name without `.service`: `mazelclaw-gateway[-NAME]`.
    public static func name(of profile: ProfileName) -> String {
        "mazelclaw-gateway\(profile.suffix)"
    }

    /// The unit's description: `MazelClaw Gateway (profile: NAME, vVERSION)`.
    public static func description(of profile: ProfileName, version: String = Version.current) -> String {
        let name = profile.isDefault ? "" : "profile: \(profile), "
        return "MazelClaw Gateway (\(name)v\(version))"
    }
}
