import Text

/// A message that has its conversation summed up: `/compact` alone.
enum CompactionCommand {
    /// Whether `message` is it, and nothing else.
    static func isIn(_ message: String) -> Bool { message.trimmed.lowercased() == "/compact" }
}
