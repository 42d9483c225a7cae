public import Policy

/// Commands as they are shown to a person, ready to be pasted.
public enum CommandText {
    /// `mazelclaw --profile NAME REST`, without the flag for the default profile.
    public static func command(_ rest: String, for profile: ProfileName) -> String {
        text("mazelclaw \(rest)", for: profile)
    }

    /// `command` with `--profile NAME` after its first word, unless a profile flag already stands in it or
    /// the profile is the default.
    public static func text(_ command: String, for profile: ProfileName) -> String {
        let words = command.split(separator: " ")
        let hasFlag = words.contains { $0 == "--dev" || $0 == "--profile" || $0.hasPrefix("--profile=") }
        guard !profile.isDefault, !hasFlag, let program = words.first else { return command }
        return ([program, "--profile", profile.text[...]] + words.dropFirst()).joined(separator: " ")
    }
}
