/// `gateway.http`.
public struct HTTPSection: ConfigurationSection {
    /// `endpoints`. Which of the endpoints beside the protocol are served.
    public var endpoints = Endpoints()

    static let settings: [Setting<HTTPSection>] = [
        Setting("endpoints", \.endpoints, "The endpoints.")
    ]

    /// `gateway.http.endpoints`.
    public struct Endpoints: ConfigurationSection {
        /// `chatCompletions`. POST /v1/chat/completions.
        public var chatCompletions = ChatCompletions()
        /// `responses`. POST /v1/responses.
        public var responses = Responses()

        static let settings: [Setting<Endpoints>] = [
            Setting("chatCompletions", \.chatCompletions, "POST /v1/chat/completions."),
            Setting("responses", \.responses, "POST /v1/responses."),
        ]
    }

    /// `gateway.http.endpoints.chatCompletions`.
    public struct ChatCompletions: ConfigurationSection {
        /// `enabled`. Whether it is served.
        public var enabled = false

        static let settings: [Setting<ChatCompletions>] = [
            Setting("enabled", \.enabled, "Whether it is served.")
        ]
    }

    /// `gateway.http.endpoints.responses`.
    public struct Responses: ConfigurationSection {
        /// `enabled`. Whether it is served.
        public var enabled = false
        /// `maxBodyBytes`. The largest request, in bytes.
        public var maxBodyBytes: Int64 = 20 << 20

        static let settings: [Setting<Responses>] = [
            Setting("enabled", \.enabled, "Whether it is served."),
            Setting("maxBodyBytes", \.maxBodyBytes, .positive, "The largest request, in bytes."),
            Setting(
                unserved: "files",
                source.adding([
                    "maxChars": .positive,
                    "pdf": .object(["maxPages": .positive, "maxPixels": .positive, "minTextChars": .natural]),
                ]), "Files in requests."),
            Setting(unserved: "images", source, "Images in requests."),
        ]

        private static let source = ConfigurationSchema.object([
            "allowUrl": .boolean,
            "allowedMimes": .strings,
            "maxBytes": .positive,
            "maxRedirects": .natural,
            "timeoutMs": .positive,
        ])
    }
}
