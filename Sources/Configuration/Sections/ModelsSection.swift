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
    /// `baseUrl`: the service's address up to the path that the wire format adds (`/chat/completions`, `/responses` or
    /// `/v1/messages`), such as `http://127.0.0.1:11434/v1`. Required.
    public var baseURL = ""
    /// `apiKey`: the service's key, or where it is. Nil means that requests carry none.
    public var apiKey: KeySetting?
    /// `api`; nil means `openai-completions`.
    public var api: ModelAPI?
    /// `headers`: header fields added to each request to the service.
    public var headers: [String: String] = [:]
    /// `authHeader`: whether the key is sent as `Authorization: Bearer` where the wire format has another place for it.
    /// The default is false.
    public var hasAuthorizationHeader = false
    /// `models`: the models that the service offers. Required.
    public var models: [ModelSection] = []

    static let settings: [Setting<ModelProviderSection>] = [
        Setting(
            "baseUrl", \.baseURL, .nonEmpty,
            "Its address, as in http://127.0.0.1:11434/v1: what stands before /chat/completions, /responses or /v1/messages."
        ).required,
        Setting(
            "apiKey", \.apiKey,
            "Its key, or where it is: ${NAME} takes it from a variable, {source: \"file\", id: PATH} from a file. Without one, the "
                + "service is asked without a key."),
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

    /// `id`: the service's own name for the model, which is the second part of `provider/model`. Required.
    public var id = ""
    /// `name`: the model's name, for people. Required.
    public var name = ""
    /// `api`; nil means the service's.
    public var api: ModelAPI?
    /// `reasoning`: whether the model can be told how much to think. The default is false.
    public var isReasoning = false
    /// `input`: the kinds of content that the model takes. Without any it takes text.
    public var input: [Input] = []
    /// `cost`: the price of a million tokens, in US dollars.
    public var cost = Cost()
    /// `contextWindow`: how many tokens the model reads and writes at most, above 0. Older messages that do not fit are
    /// not sent.
    public var contextWindow: Double?
    /// `maxTokens`: how many tokens the model writes at most, above 0.
    public var maxTokens: Double?
    /// `headers`: header fields added to each request for this model.
    public var headers: [String: String] = [:]
    /// `compat`: what the service supports, where its address does not tell.
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
        /// `input`: the price of tokens that are read. The default is 0.
        public var input = 0.0
        /// `output`: the price of tokens that are written, thoughts included. The default is 0.
        public var output = 0.0
        /// `cacheRead`: the price of tokens that are read from the service's cache. The default is 0.
        public var cacheRead = 0.0
        /// `cacheWrite`: the price of tokens that are written into the service's cache. The default is 0.
        public var cacheWrite = 0.0

        init() {}

        static let settings: [Setting<Cost>] = [
            Setting("input", \.input, "Read."),
            Setting("output", \.output, "Written, with what is thought."),
            Setting("cacheRead", \.cacheRead, "Read from the service's cache."),
            Setting("cacheWrite", \.cacheWrite, "Written into it."),
        ]
    }

    /// `compat`: what a service supports.
    public struct Compatibility: ConfigurationSection {
        /// The member of a request that limits the tokens of its answer.
        public enum MaxTokensField: String, SettingWord {
            case maxCompletionTokens = "max_completion_tokens"
            case maxTokens = "max_tokens"
        }

        /// `supportsStore`: whether the service knows the member `store` of a request.
        public var hasStore: Bool?
        /// `supportsDeveloperRole`: whether the service knows messages of the role `developer`.
        public var hasDeveloperRole: Bool?
        /// `supportsReasoningEffort`: whether the service knows the member `reasoning_effort` of a request.
        public var hasReasoningEffort: Bool?
        /// `maxTokensField`: the member of a request that limits the tokens of its answer.
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
