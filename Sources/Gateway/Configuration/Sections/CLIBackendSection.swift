/// One of `agents.defaults.cliBackends`: a program of this host that answers.
public struct CLIBackendSection: Sendable {
    /// What the program writes.
    public enum Output: String, Sendable {
        case json, text, jsonl
    }

    /// How the program gets the message.
    public enum Input: String, Sendable {
        case argument = "arg"
        case stdin
    }

    /// When the program is told the session.
    public enum SessionMode: String, Sendable {
        case always, existing, none
    }

    /// How the system prompt is given.
    public enum SystemPromptMode: String, Sendable {
        case append, replace
    }

    /// When the system prompt is given.
    public enum SystemPromptWhen: String, Sendable {
        case first, always, never
    }

    /// How images are given.
    public enum ImageMode: String, Sendable {
        case `repeat`, list
    }

    /// `command`.
    public var command = ""
    /// `args`.
    public var arguments: [String] = []
    /// `output`.
    public var output = Output.json
    /// `resumeOutput`; nil means as `output`.
    public var resumeOutput: Output?
    /// `input`.
    public var input = Input.argument
    /// `maxPromptArgChars`.
    public var maxPromptArgumentCharacters: Int64?
    /// `env`.
    public var environment: [String: String] = [:]
    /// `clearEnv`.
    public var clearedEnvironment: [String] = []
    /// `modelArg`.
    public var modelArgument: String?
    /// `modelAliases`.
    public var modelAliases: [String: String] = [:]
    /// `sessionArg`.
    public var sessionArgument: String?
    /// `sessionArgs`.
    public var sessionArguments: [String] = []
    /// `resumeArgs`.
    public var resumeArguments: [String] = []
    /// `sessionMode`.
    public var sessionMode: SessionMode?
    /// `sessionIdFields`.
    public var sessionIDFields: [String] = []
    /// `systemPromptArg`.
    public var systemPromptArgument: String?
    /// `systemPromptMode`.
    public var systemPromptMode: SystemPromptMode?
    /// `systemPromptWhen`.
    public var systemPromptWhen: SystemPromptWhen?
    /// `imageArg`.
    public var imageArgument: String?
    /// `imageMode`.
    public var imageMode: ImageMode?
    /// `serialize`.
    public var serialize = true

    /// Nothing set.
    public init() {}
}
