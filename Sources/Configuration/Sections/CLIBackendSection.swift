/// One of `agents.defaults.cliBackends`: a program of this host that answers.
public struct CLIBackendSection: ConfigurationSection {
    /// What the program writes.
    public enum Output: String, SettingWord {
        case json, text, jsonl
    }

    /// How the program gets the message.
    public enum Input: String, SettingWord {
        case argument = "arg"
        case stdin
    }

    /// When the program is told the session.
    public enum SessionMode: String, SettingWord {
        case always, existing, none
    }

    /// How the system prompt is given.
    public enum SystemPromptMode: String, SettingWord {
        case append, replace
    }

    /// When the system prompt is given.
    public enum SystemPromptWhen: String, SettingWord {
        case first, always, never
    }

    /// How images are given.
    public enum ImageMode: String, SettingWord {
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

    static let settings: [Setting<CLIBackendSection>] = [
        Setting("command", \.command, "The program: a name looked up in PATH, or a path.").required,
        Setting("args", \.arguments, "Its arguments."),
        Setting("output", \.output, "What it writes to standard output."),
        Setting("resumeOutput", \.resumeOutput, "The same for a session that goes on."),
        Setting(
            "input", \.input,
            "How it gets the message: as its last argument, or on standard input. One that begins with - always goes there, "
                + "unless the argument before it is --."),
        Setting(
            "maxPromptArgChars", \.maxPromptArgumentCharacters, .positive,
            "The longest message given as an argument; longer ones go to standard input."),
        Setting(
            "env", \.environment, .record(.string.secret),
            "Variables set for it. Those that the configuration takes secrets from it has only by this."),
        Setting("clearEnv", \.clearedEnvironment, "Variables taken from it."),
        Setting("modelArg", \.modelArgument, "The flag before the model."),
        Setting("modelAliases", \.modelAliases, "Its own names for models."),
        Setting("sessionArg", \.sessionArgument, "The flag before the session's id."),
        Setting("sessionArgs", \.sessionArguments, "Arguments that name the session; {sessionId} stands for its id."),
        Setting(
            "resumeArgs", \.resumeArguments, "The arguments for a session that goes on; {sessionId} stands for its id."),
        Setting("sessionMode", \.sessionMode, "When it is told a session: always, only one that goes on, or never."),
        Setting("sessionIdFields", \.sessionIDFields, "The members of its output that may hold the session's id."),
        Setting("systemPromptArg", \.systemPromptArgument, "The flag before the system prompt."),
        Setting("systemPromptMode", \.systemPromptMode, "Whether that adds to its own prompt or replaces it."),
        Setting("systemPromptWhen", \.systemPromptWhen, "Whether it is given at first only, always or never."),
        Setting("imageArg", \.imageArgument, "The flag before an image's path."),
        Setting("imageMode", \.imageMode, "Whether the flag is repeated for each image or lists all."),
        Setting("serialize", \.serialize, "Whether it runs only once at a time."),
    ]
}
