import JSON

/// An event as it is sent to a page or program that listens (HTML, server-sent events).
enum ServerSentEvent {
    /// `json`, perhaps as an event called `name`. JSON is written in one line.
    static func text(_ json: JSON, name: String? = nil) -> [UInt8] {
        Array((name.map { "event: \($0)\n" } ?? "").utf8) + Array("data: ".utf8) + json.serialized()
            + Array("\n\n".utf8)
    }

    /// What ends a stream of the interfaces under `/v1`.
    static let done = Array("data: [DONE]\n\n".utf8)
}
