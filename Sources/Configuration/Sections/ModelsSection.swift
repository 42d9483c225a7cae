public import Text

/// `models`: services that agents' models are at.
public struct ModelsSection: ConfigurationSection {
    /// `providers`, by id: the first part of a model, `provider/model`.
    public var providers: [String: ModelProviderSection] = [:]

    static let settings: [Setting<ModelsSection>] = [
        // There is no list of models in this program with which the file's could be merged.
        Setting(
            unserved: "mode", .words("merge", "replace"),
            "Whether the models here are added to those the original gateway knows."),
        Setting("providers", \.providers, "Model services, by id: the first part of provider/model."),
        Setting(
            unserved: "bedrockDiscovery",
            .object([
                "enabled": .boolean,
                "region": .string,
                "providerFilter": .strings,
                "refreshInterval": .natural,
                "defaultContextWindow": .positive,
                "defaultMaxTokens": .positive,
            ]), "Models found at a cloud service."),
    ]
}

/// One of `models.providers`: a model service.
public struct ModelProviderSection: ConfigurationSection {
    /// `baseUrl`.
    public var baseURL = ""
    /// `apiKey`.
    public var apiKey: Secret?
    /// `api`; nil means `openai-completions`.
    public var api: ModelAPI?
    /// `headers`.
    public var headers: [String: String] = [:]
    /// `authHeader`.
    public var hasAuthorizationHeader = false
    /// `models`.
    public var models: [ModelSection] = []

    static let settings: [Setting<ModelProviderSection>] = [
        Setting(
            "baseUrl", \.baseURL, .nonEmpty,
            "Its address, as in http://127.0.0.1:11434/v1: what stands before /chat/completions, /responses or /v1/messages."
        ).required,
        Setting(
            "apiKey", \.apiKey,
            "Its key. With ${NAME} it is taken from a variable. Without one, the service is asked without a key."),
        Setting(
            unserved: "auth", .words("api-key", "aws-sdk", "oauth", "token"),
            "How the original gateway signs in to it."),
        Setting(
            "api", \.api,
            "The wire format it speaks. Without it, openai-completions. google-generative-ai, github-copilot and "
                + "bedrock-converse-stream are not spoken by this version."),
        Setting("headers", \.headers, .record(.string.secret), "More header fields of each request."),
        Setting(
            "authHeader", \.hasAuthorizationHeader,
            "Whether the key goes into Authorization: Bearer where the format has another place for it."),
        Setting("models", \.models, "Its models.").required,
    ]
}

/// The wire format a model service speaks.
public enum ModelAPI: String, SettingWord {
    case chatCompletions = "openai-completions"
    case responses = "openai-responses"
    case messages = "anthropic-messages"
    case google = "google-generative-ai"
    case copilot = "github-copilot"
    case bedrock = "bedrock-converse-stream"
}

/// One model of a service.
public struct ModelSection: ConfigurationSection {
    /// What it takes.
    public enum Input: String, SettingWord {
        case text, image
    }

    /// `id`.
    public var id = ""
    /// `name`.
    public var name = ""
    /// `api`; nil means the service's.
    public var api: ModelAPI?
    /// `reasoning`.
    public var isReasoning = false
    /// `input`.
    public var input: [Input] = []
    /// `cost`.
    public var cost = Cost()
    /// `contextWindow`.
    public var contextWindow: Double?
    /// `maxTokens`.
    public var maxTokens: Double?
    /// `headers`.
    public var headers: [String: String] = [:]
    /// `compat`.
    public var compatibility = Compatibility()

    static let settings: [Setting<ModelSection>] = [
        Setting("id", \.id, .nonEmpty, "What the service calls it: the second part of provider/model.").required,
        Setting("name", \.name, .nonEmpty, "Its name, for people.").required,
        Setting("api", \.api, "The wire format, where it is not the service's."),
        Setting("reasoning", \.isReasoning, "Whether it can be told how much to think."),
        Setting("input", \.input, "What it takes. Without it, text."),
        Setting("cost", \.cost, "What a million tokens cost, in US dollars."),
        Setting(
            "contextWindow", \.contextWindow, .positiveNumber,
            "How many tokens it reads and writes at most. Older messages than fit are not sent."),
        Setting("maxTokens", \.maxTokens, .positiveNumber, "How many tokens it writes at most."),
        Setting("headers", \.headers, .record(.string.secret), "More header fields of each request for it."),
        Setting("compat", \.compatibility, "What the service bears, where its address does not tell."),
    ]

    /// What a million tokens cost, in US dollars.
    public struct Cost: ConfigurationSection {
        /// `input`.
        public var input = 0.0
        /// `output`.
        public var output = 0.0
        /// `cacheRead`.
        public var cacheRead = 0.0
        /// `cacheWrite`.
        public var cacheWrite = 0.0

        init() {}

        static let settings: [Setting<Cost>] = [
            Setting("input", \.input, "Read."),
            Setting("output", \.output, "Written, with what is thought."),
            Setting("cacheRead", \.cacheRead, "Read from the service's cache."),
            Setting("cacheWrite", \.cacheWrite, "Written into it."),
        ]
    }

    /// What a service bears.
    public struct Compatibility: ConfigurationSection {
        /// What the most tokens are called.
        public enum MaxTokensField: String, SettingWord {
            case maxCompletionTokens = "max_completion_tokens"
            case maxTokens = "max_tokens"
        }

        /// `supportsStore`.
        public var hasStore: Bool?
        /// `supportsDeveloperRole`.
        public var hasDeveloperRole: Bool?
        /// `supportsReasoningEffort`.
        public var hasReasoningEffort: Bool?
        /// `maxTokensField`.
        public var maxTokensField: MaxTokensField?

        init() {}

        static let settings: [Setting<Compatibility>] = [
            Setting("supportsStore", \.hasStore, "Whether it knows store."),
            Setting("supportsDeveloperRole", \.hasDeveloperRole, "Whether it knows the role developer."),
            Setting("supportsReasoningEffort", \.hasReasoningEffort, "Whether it knows reasoning_effort."),
            Setting("maxTokensField", \.maxTokensField, "What it calls the most tokens of an answer."),
        ]
    }
}
