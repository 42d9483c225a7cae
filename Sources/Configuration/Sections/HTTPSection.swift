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
                .object(
                    source + [
                        .init(name: "maxChars", schema: .positive),
                        .init(
                            name: "pdf",
                            schema: .object([
                                "maxPages": .positive, "maxPixels": .positive, "minTextChars": .natural,
                            ])),
                    ]), "Files in requests."),
            Setting(unserved: "images", .object(source), "Images in requests."),
        ]

        private static let source: [ConfigurationSchema.Key] = [
            .init(name: "allowUrl", schema: .boolean), .init(name: "allowedMimes", schema: .strings),
            .init(name: "maxBytes", schema: .positive), .init(name: "maxRedirects", schema: .natural),
            .init(name: "timeoutMs", schema: .positive),
        ]
    }
}
