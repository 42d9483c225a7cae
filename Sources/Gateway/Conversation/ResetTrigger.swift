/// A message that has its conversation begin anew: one of `session.resetTriggers`, alone or before what is said first.
enum ResetTrigger {
    /// What `message` says behind the trigger it begins with; nil when it begins with none.
    static func rest(of message: String, triggers: [String]) -> String? {
        let message = message.trimmed
        for trigger in triggers where !trigger.isEmpty {
            guard message.lowercased().hasPrefix(trigger.lowercased()) else { continue }
            let rest = message.dropFirst(trigger.count)
            if rest.isEmpty || rest.first?.isWhitespace == true { return String(rest).trimmed }
        }
        return nil
    }
}
