/// `messages`: how messages come in and go out.
public struct MessagesSection: ConfigurationSection {
    /// `queue`: what becomes of a message that comes while its session's agent is answering.
    public var queue = QueueSection()

    static let settings: [Setting<MessagesSection>] = [
        Setting(unserved: "messagePrefix", .string, "What stands before messages that come in."),
        Setting(unserved: "responsePrefix", .string, "What stands before answers."),
        Setting(unserved: "groupChat", .groupChat, "How agents behave in groups."),
        Setting("queue", \.queue, "What becomes of a message that comes while its session's agent is answering."),
        Setting(
            unserved: "inbound", .object(["debounceMs": .natural, "byChannel": .record(.natural)]),
            "How long to wait for more messages."),
        Setting(unserved: "ackReaction", .string, "The sign that a message was seen."),
        Setting(
            unserved: "ackReactionScope", .words("group-mentions", "group-all", "direct", "all"),
            "Which messages get it."),
        Setting(unserved: "removeAckAfterReply", .boolean, "Whether it is taken away after the answer."),
        Setting(unserved: "tts", .tts, "Answers read aloud."),
    ]
}

/// `messages.queue`.
public struct QueueSection: ConfigurationSection {
    /// `mode`; nil means `followup`.
    public var mode: QueueMode?
    /// `byChannel`: the mode for messages of one channel.
    public var byChannel: [String: QueueMode] = [:]
    /// `debounceMs`: with `collect`, how long it must have been quiet before collected messages are answered, in
    /// milliseconds.
    public var debounce: Int64 = 1000
    /// `debounceMsByChannel`: the same for messages of one channel.
    public var debounceByChannel: [String: Int64] = [:]
    /// `cap`: how many messages may wait in a session; nil means as many as the gateway takes in.
    public var cap: Int64?
    /// `drop`: what becomes of one more.
    public var drop = QueueDrop.summarize

    static let settings: [Setting<QueueSection>] = [
        Setting(
            "mode", \.mode,
            "followup: it waits for a turn of its own. collect: so do all that came meanwhile, together. steer: it is told to the "
                + "model at its next step. steer-backlog: that, and a turn of its own. interrupt: the turn ends. Without it, followup."
        ),
        Setting(
            "byChannel", \.byChannel,
            .object([
                "whatsapp": .queueMode, "telegram": .queueMode, "discord": .queueMode, "slack": .queueMode,
                "mattermost": .queueMode, "signal": .queueMode, "imessage": .queueMode, "msteams": .queueMode,
                "webchat": .queueMode,
            ]), "The mode for messages of one channel; those that clients send by themselves are of webchat."),
        Setting("debounceMs", \.debounce, .natural, "With collect, how long it must have been quiet, in milliseconds."),
        Setting("debounceMsByChannel", \.debounceByChannel, .record(.natural), "The same for messages of one channel."),
        Setting(
            "cap", \.cap, .positive,
            "How many messages may wait in a session. Without it, as many as the gateway takes in."),
        Setting(
            "drop", \.drop,
            "What becomes of one more. new: it is refused. old: the oldest is not answered. summarize: the same, and the agent is told "
                + "how that one began."),
    ]
}

/// What becomes of a message that comes while its session's agent is answering.
public enum QueueMode: String, SettingWord {
    case steer, followup, collect
    case steerBacklog = "steer-backlog"
    case steerAndBacklog = "steer+backlog"
    /// An older name of `steer`.
    case queue
    case interrupt
}

/// What becomes of a message when too many wait.
public enum QueueDrop: String, SettingWord {
    case old, new, summarize
}
