import JSON
public import Text
public import Time

/// `hooks`: what other programs may tell agents by HTTP.
public struct HooksSection: ConfigurationSection {
    /// `enabled`. Whether they are served. They need a token.
    public var enabled = false
    /// `path`. The path they are under.
    public var path = "/hooks"
    /// `token`. Their own secret, not the gateway's.
    public var token: Secret?
    /// `maxBodyBytes`. The largest request, in bytes.
    public var maxBodyBytes: Int64 = 262_144
    /// `mappings`. What becomes of requests under other paths.
    public var mappings: [Mapping] = []

    static let settings: [Setting<HooksSection>] = [
        Setting("enabled", \.enabled, "Whether they are served. They need a token."),
        Setting("path", \.path, "The path they are under."),
        Setting("token", \.token, "Their own secret, not the gateway's."),
        Setting("maxBodyBytes", \.maxBodyBytes, .positive, "The largest request, in bytes."),
        Setting(unserved: "presets", .strings, "Mappings known by name."),
        Setting(unserved: "transformsDir", .string, "Where scripts that rewrite requests are."),
        Setting("mappings", \.mappings, "What becomes of requests under other paths."),
        Setting(unserved: "gmail", .gmail, "Mail as a hook."),
        Setting(unserved: "internal", .internalHooks, "Hooks inside the original gateway."),
    ]

    static let checks = [
        ObjectCheck { hooks in
            guard let path = hooks["path"]?.string?.trimmed, !path.isEmpty, path.allSatisfy({ $0 == "/" }) else {
                return nil
            }
            return (
                [.name("path")],
                "\"\(path)\" would be every path of the gateway; expected one of their own, such as /hooks"
            )
        }
    ]

    /// What becomes of a request.
    public struct Mapping: ConfigurationSection {
        /// Whom a request is told.
        public enum Action: String, SettingWord {
            case wake, agent
        }

        /// When the main session is told.
        public enum WakeMode: String, SettingWord {
            case now
            case nextHeartbeat = "next-heartbeat"
        }

        /// `id`. Its name.
        public var id: String?
        /// `match`. What it fits.
        public var match = Match()
        /// `action`. wake: tell the main session. agent: a run of its own.
        public var action = Action.agent
        /// `wakeMode`. Of wake: now has the main session act on it at once, next-heartbeat at its next turn.
        public var wakeMode = WakeMode.now
        /// `name`. What the run is called.
        public var name: String?
        /// `sessionKey`. The session of the run.
        public var sessionKey: String?
        /// `messageTemplate`. The message; {{name}} stands for a member of the request.
        public var messageTemplate: String?
        /// `textTemplate`. The text for wake, in the same way.
        public var textTemplate: String?
        /// `deliver`. Whether the answer is sent to a channel.
        public var deliver: Bool?
        /// `allowUnsafeExternalContent`. Give the agent the text without a warning.
        public var allowsUnsafeContent = false
        /// `model`. The model, as provider/model.
        public var model: String?
        /// `timeoutSeconds`. How long the run may take.
        public var timeout: TimeSpan?

        static let settings: [Setting<Mapping>] = [
            Setting("id", \.id, "Its name."),
            Setting("match", \.match, "What it fits."),
            Setting("action", \.action, "wake: tell the main session. agent: a run of its own."),
            Setting(
                "wakeMode", \.wakeMode,
                "Of wake: now has the main session act on it at once, next-heartbeat at its next turn."),
            Setting("name", \.name, "What the run is called."),
            Setting("sessionKey", \.sessionKey, "The session of the run."),
            Setting("messageTemplate", \.messageTemplate, "The message; {{name}} stands for a member of the request."),
            Setting("textTemplate", \.textTemplate, "The text for wake, in the same way."),
            Setting("deliver", \.deliver, "Whether the answer is sent to a channel.").unserved,
            Setting(
                "allowUnsafeExternalContent", \.allowsUnsafeContent, "Give the agent the text without a warning."),
            Setting(
                unserved: "channel",
                .words("last", "whatsapp", "telegram", "discord", "slack", "signal", "imessage", "msteams"),
                "The channel the answer goes to."),
            Setting(unserved: "to", .string, "Whom it goes to there."),
            Setting("model", \.model, "The model, as provider/model."),
            Setting(unserved: "thinking", .string, "How much it thinks."),
            Setting(
                "timeoutSeconds", \.timeout, .seconds, TimeSpan(1, .seconds) ... .longestWait,
                "How long the run may take."),
            Setting(
                unserved: "transform", .object(["module": .string.required, "export": .string]),
                "A script that rewrites the request."),
        ]
    }

    /// What a mapping fits.
    public struct Match: ConfigurationSection {
        /// `path`. The path below the hooks' own.
        public var path: String?
        /// `source`. The member `source` of the request.
        public var source: String?

        static let settings: [Setting<Match>] = [
            Setting("path", \.path, "The path below the hooks' own."),
            Setting("source", \.source, "The member `source` of the request."),
        ]
    }
}
