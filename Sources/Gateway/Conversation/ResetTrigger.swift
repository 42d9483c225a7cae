import Text

/// A message that has its conversation begin anew: one of `session.resetTriggers`, alone or before what is said first.
enum ResetTrigger {
    /// What `message` says behind the trigger it begins with; nil when it begins with none.
    static func rest(of message: String, triggers: [String]) -> String? {
        let message = message.trimmed
        for trigger in triggers where !trigger.isEmpty {
            let start = message.prefix(trigger.count)
            guard start.lowercased() == trigger.lowercased() else { continue }
            let rest = message[start.endIndex...]
            if rest.isEmpty || rest.first?.isWhitespace == true { return String(rest).trimmed }
        }
        return nil
    }
}
