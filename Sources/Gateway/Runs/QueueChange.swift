import Configuration
import Text
import Time

/// What somebody wants to change of what becomes of messages that come while a session's agent is answering: the message
/// `/queue`, with a mode and options, or `default`.
struct QueueChange: Sendable, Equatable {
    /// Whether the session's own choices are forgotten first.
    var isReset = false
    var mode: QueueMode?
    var debounce: TimeSpan?
    var cap: Int64?
    var drop: QueueDrop?
    /// What of it is not understood: a sentence.
    var fault: String?

    /// The most bytes that such a message has. What is longer is not even looked at: it is said to an agent.
    private static let longest = 512

    /// What `message` says; nil when it is no such message.
    init?(_ message: String) {
        guard message.utf8.count <= Self.longest else { return nil }
        let words = message.trimmed.split(whereSeparator: \.isWhitespace).map { $0.lowercased() }
        guard words.first == "/queue" else { return nil }
        for word in words.dropFirst() {
            if ["default", "reset"].contains(word) {
                isReset = true
            } else if let mode = QueueMode(rawValue: word) {
                self.mode = mode
            } else if !take(option: word) {
                let modes = QueueMode.allCases.map(\.rawValue).joined(separator: ", ")
                fault =
                    "\"\(word)\" is none of \(modes), default, debounce:2s, cap:20 and drop:old, new or summarize; nothing was changed."
                return
            }
        }
    }

    private mutating func take(option word: String) -> Bool {
        let parts = word.split(separator: ":", maxSplits: 1).map(String.init)
        guard parts.count == 2 else { return false }
        switch parts[0] {
        case "debounce":
            debounce = try? DurationText.span(parts[1], unit: .milliseconds)
            return debounce != nil
        case "cap":
            cap = Int64(parts[1]).flatMap { $0 > 0 ? $0 : nil }
            return cap != nil
        case "drop":
            drop = QueueDrop(rawValue: parts[1])
            return drop != nil
        default: return false
        }
    }
}

/// What becomes of a message that comes while its session's agent is answering: what the session chose, or else what is
/// configured.
struct QueueRules: Sendable, Equatable {
    /// The modes, without names that mean the same.
    enum Mode: String, Sendable {
        case followup, collect, steer, interrupt
        case steerBacklog = "steer-backlog"
    }

    var mode: Mode
    var debounce: TimeSpan
    /// How many messages may wait; nil means as many as the gateway takes in.
    var cap: Int?
    var drop: QueueDrop

    /// Those for messages that come through `channel` to the session of `entry`.
    init(_ section: QueueSection, _ entry: SessionEntry?, channel: String) {
        mode = Mode(entry?.queueMode ?? section.byChannel[channel] ?? section.mode ?? .followup)
        debounce = TimeSpan(
            clamping: min(
                entry?.queueDebounce ?? section.debounceByChannel[channel] ?? section.debounce,
                TimeSpan.longestWait.milliseconds))
        cap = (entry?.queueCap ?? section.cap).map { Int(clamping: $0) }
        drop = entry?.queueDrop ?? section.drop
    }

    /// What a person is told of them.
    var text: String {
        let meaning =
            switch mode {
            case .followup: "waits for a turn of its own (followup)"
            case .collect: "is answered together with others, when it has been quiet for \(debounce) (collect)"
            case .steer: "is told to the model at its next step (steer)"
            case .steerBacklog: "is told to the model at its next step, and answered by itself as well (steer-backlog)"
            case .interrupt: "ends the turn, and is answered next (interrupt)"
            }
        let message = "A message that comes while I answer \(meaning)."
        guard let cap else { return message }
        let rest =
            switch drop {
            case .new: "one more is refused"
            case .old: "of more, the oldest is not answered"
            case .summarize: "of more, the oldest is not answered, but told in short"
            }
        return "\(message) Up to \(cap) may wait; \(rest)."
    }
}

extension QueueRules.Mode {
    fileprivate init(_ mode: QueueMode) {
        self =
            switch mode {
            case .followup: .followup
            case .collect: .collect
            case .steer, .queue: .steer
            case .steerBacklog, .steerAndBacklog: .steerBacklog
            case .interrupt: .interrupt
            }
    }
}

extension SessionEntry {
    /// Takes over what `change` says of its queue.
    mutating func take(_ change: QueueChange) {
        guard change.fault == nil else { return }
        if change.isReset { forgetQueue() }
        if let mode = change.mode { queueMode = mode }
        if let debounce = change.debounce { queueDebounce = debounce.milliseconds }
        if let cap = change.cap { queueCap = cap }
        if let drop = change.drop { queueDrop = drop }
    }
}
