public import JSON
import Text

/// One message of a conversation, as a model is told it.
public enum ModelMessage: Equatable, Sendable {
    /// What the user said.
    case user([InputContent])
    /// What a model answered.
    case assistant(ModelAnswer)
    /// What came of a tool call.
    case toolResult(ToolResult)
}

/// A part of what a user or a tool says.
public enum InputContent: Equatable, Sendable {
    /// Words, as plain text.
    case text(String)
    /// A picture.
    case image(ModelImage)
}

/// A picture, as the services take it.
public struct ModelImage: Equatable, Sendable {
    /// Its kind, as in `image/png`.
    public var mediaType: String
    /// Its bytes in base 64 (RFC 4648 section 4).
    public var base64: String

    /// A picture of the kind `mediaType`.
    public init(mediaType: String, base64: String) {
        self.mediaType = mediaType
        self.base64 = base64
    }

    /// The picture that `bytes` are.
    public init(mediaType: String, bytes: [UInt8]) {
        self.init(mediaType: mediaType, base64: Base64.text(bytes))
    }
}

/// What came of a tool call.
public struct ToolResult: Equatable, Sendable {
    /// The id of the call, as the model gave it.
    public var callID: String
    /// The tool's name.
    public var toolName: String
    /// What the tool says.
    public var content: [InputContent]
    /// Whether it failed.
    public var isError: Bool

    /// The result of the call `callID`.
    public init(callID: String, toolName: String, content: [InputContent], isError: Bool = false) {
        self.callID = callID
        self.toolName = toolName
        self.content = content
        self.isError = isError
    }
}

/// A tool a model may call.
public struct ModelTool: Equatable, Sendable {
    /// Its name: letters, digits, `_` and `-`, at most 64.
    public var name: String
    /// What it does, for the model.
    public var summary: String
    /// What it takes: a JSON Schema of an object.
    public var parameters: JSON

    /// The tool `name`.
    public init(name: String, summary: String, parameters: JSON) {
        self.name = name
        self.summary = summary
        self.parameters = parameters
    }
}
