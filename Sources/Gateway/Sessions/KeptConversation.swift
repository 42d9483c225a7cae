import JSON

/// What a transcript keeps of a conversation that is to go on.
struct KeptConversation: Sendable {
    /// What was said before `messages`, in short, as the last compaction has it; nil when nothing was summed up.
    var summary: String?
    /// The messages since, oldest first, without the one that is to be answered and what came of it.
    var messages: [TranscriptMessage] = []
    /// What the transcript calls the message that is to be answered; nil when nothing is.
    var messageID: String?
    /// What came of the message that is to be answered so far: answers with calls, and their results.
    var steps: [TranscriptMessage] = []

    /// Nothing said so far.
    init() {}

    /// What `lines`, oldest first, keep of it.
    ///
    /// The message at `place` is to be answered, which began when the transcript had no line behind `beginning`. What a user
    /// says behind it waits, and is not told yet, unless the turn took it in
    /// (`steered`); other lines between the two are answers to messages before it. A `place` of nil means the whole conversation.
    init(_ lines: [Line], answering place: Int64? = nil, begunAfter beginning: Int64? = nil) {
        let lines = Self.path(lines)
        let steered = Set(lines.compactMap(\.steeredID))
        var start = lines.startIndex
        if let index = lines.lastIndex(where: { $0.json["type"] == "compaction" }),
            let text = lines[index].json["summary"]?.string
        {
            summary = text
            let kept = lines[index].json["firstKeptEntryId"]?.string
            start = lines[..<index].firstIndex { $0.id == kept } ?? index
        }
        for line in lines[start...] {
            guard let message = line.message else { continue }
            guard let place else {
                messages.append(message)
                continue
            }
            if line.sequence == place {
                messageID = message.id
            } else if line.sequence < place {
                messages.append(message)
            } else if message.role != "user" || steered.contains(message.id) {
                if line.sequence > beginning ?? .max { steps.append(message) } else { messages.append(message) }
            }
        }
    }

    /// The lines from the first to the last along `parentId`: what another branch of the conversation says is left out. A line
    /// whose parent is not there follows the one before it.
    private static func path(_ lines: [Line]) -> [Line] {
        let ids = Set(lines.lazy.map(\.id).filter { !$0.isEmpty })
        var path: [Line] = []
        var next: String?
        for line in lines.reversed() {
            if let next, !line.id.isEmpty, line.id != next { continue }
            path.append(line)
            next = line.json["parentId"]?.string.flatMap { ids.contains($0) ? $0 : nil }
        }
        return path.reversed()
    }

    /// A line of a transcript.
    struct Line: Sendable {
        var sequence: Int64
        var id: String
        var json: JSON
        /// What of it is a message of the conversation; nil for everything else.
        var message: TranscriptMessage?

        /// The message that a turn took in while it was under way, where the line says so.
        var steeredID: String? {
            guard json["type"] == "custom", json["customType"]?.string == TranscriptLine.steeredType else { return nil }
            return json["data"]?["entryId"]?.string
        }
    }
}
