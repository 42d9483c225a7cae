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

    /// `command`. The program: a name looked up in PATH, or a path.
    public var command = ""
    /// `args`. Its arguments.
    public var arguments: [String] = []
    /// `output`. What it writes to standard output.
    public var output = Output.json
    /// `resumeOutput`; nil means as `output`.
    public var resumeOutput: Output?
    /// `input`. How it gets the message: as its last argument, or on standard input. One that begins with - always goes
    /// there, unless the argument before it is --.
    public var input = Input.argument
    /// `maxPromptArgChars`. The longest message given as an argument; longer ones go to standard input.
    public var maxPromptArgumentCharacters: Int64?
    /// `env`. Variables set for it. Those that the configuration takes secrets from it has only by this.
    public var environment: [String: String] = [:]
    /// `clearEnv`. Variables taken from it.
    public var clearedEnvironment: [String] = []
    /// `modelArg`. The flag before the model.
    public var modelArgument: String?
    /// `modelAliases`. Its own names for models.
    public var modelAliases: [String: String] = [:]
    /// `sessionArg`. The flag before the session's id.
    public var sessionArgument: String?
    /// `sessionArgs`. Arguments that name the session; {sessionId} stands for its id.
    public var sessionArguments: [String] = []
    /// `resumeArgs`. The arguments for a session that goes on; {sessionId} stands for its id.
    public var resumeArguments: [String] = []
    /// `sessionMode`. When it is told a session: always, only one that goes on, or never.
    public var sessionMode: SessionMode?
    /// `sessionIdFields`. The members of its output that may hold the session's id.
    public var sessionIDFields: [String] = []
    /// `systemPromptArg`. The flag before the system prompt.
    public var systemPromptArgument: String?
    /// `systemPromptMode`. Whether that adds to its own prompt or replaces it.
    public var systemPromptMode: SystemPromptMode?
    /// `systemPromptWhen`. Whether it is given at first only, always or never.
    public var systemPromptWhen: SystemPromptWhen?
    /// `imageArg`. The flag before an image's path.
    public var imageArgument: String?
    /// `imageMode`. Whether the flag is repeated for each image or lists all.
    public var imageMode: ImageMode?
    /// `serialize`. Whether it runs only once at a time.
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
