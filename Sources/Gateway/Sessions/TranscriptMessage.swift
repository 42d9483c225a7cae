public import JSON
public import Time

/// A line of a transcript that is a message: who said what, and when.
public struct TranscriptMessage: Equatable, Sendable {
    /// Its place in the transcript, from 1; lines that are no messages count too.
    public var sequence: Int64
    /// Its id within the transcript, eight hexadecimal digits.
    public var id: String
    /// When it was said.
    public var timestamp: Timestamp
    /// `user`, `assistant`, `toolResult`, …
    public var role: String
    /// What it says, without what is no text.
    public var text: String
    /// The message itself: `role`, `content`, `timestamp`, …
    public var message: JSON

    /// What the message `message` says: its content when that is text, otherwise the parts of it that are, a line each.
    static func text(of message: JSON) -> String {
        guard let content = message["content"] else { return "" }
        if let text = content.string { return text }
        let parts = content.array ?? []
        return parts.compactMap { part in
            part["type"]?.string == "text" ? part["text"]?.string : part.string
        }.joined(separator: "\n")
    }
}

/// What became of a message that was kept.
public struct AppendedMessage: Equatable, Sendable {
    /// Its place in the transcript, from 1.
    public var sequence: Int64
    /// Its id within the transcript.
    public var id: String
}
