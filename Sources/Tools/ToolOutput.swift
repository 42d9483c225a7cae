public import JSON

/// What a tool says to its caller.
public struct ToolOutput: Equatable, Sendable {
    /// A part of it.
    public enum Part: Equatable, Sendable {
        /// Text.
        case text(String)
        /// A picture: its kind, as in `image/png`, and its bytes in base 64 (RFC 4648 section 4).
        case image(mediaType: String, base64: String)
    }

    /// What the model is told.
    public var parts: [Part]
    /// Whether the call failed. Default false.
    public var isError: Bool
    /// More, for clients and transcripts alone: the model is not told.
    public var details: JSON?

    /// An output of these parts.
    public init(_ parts: [Part], isError: Bool = false, details: JSON? = nil) {
        self.parts = parts
        self.isError = isError
        self.details = details
    }

    /// The output `text`.
    public init(_ text: String, isError: Bool = false) {
        self.init([.text(text)], isError: isError)
    }

    /// The output `json`, which the model is told as its text.
    public init(_ json: JSON) {
        self.init([.text(json.text())], details: json)
    }

    /// Its texts, a line each.
    public var text: String {
        parts.compactMap { if case .text(let text) = $0 { text } else { nil } }.joined(separator: "\n")
    }

    /// As transcripts and clients have it: `content`, and `details` where there are some.
    public var json: JSON {
        var object: JSONObject = ["content": .array(parts.map(\.json))]
        object["details"] = details
        return .object(object)
    }
}

extension ToolOutput.Part {
    /// As a transcript keeps it.
    public var json: JSON {
        switch self {
        case .text(let text): ["type": "text", "text": .string(text)]
        case .image(let type, let base64): ["type": "image", "data": .string(base64), "mimeType": .string(type)]
        }
    }
}
