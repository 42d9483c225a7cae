extension ConfigurationSchema {
    static let models = ConfigurationSchema.object([
        "mode": .words("merge", "replace"),
        "providers": .record(
            .object([
                "baseUrl": .nonEmpty.required,
                "apiKey": .string.secret,
                "auth": .words("api-key", "aws-sdk", "oauth", "token"),
                "api": .modelAPI,
                "headers": .record(.string.secret),
                "authHeader": .boolean,
                "models": .array(
                    .object([
                        "id": .nonEmpty.required,
                        "name": .nonEmpty.required,
                        "api": .modelAPI,
                        "reasoning": .boolean,
                        "input": .array(.words("text", "image")),
                        "cost": .object([
                            "input": .number,
                            "output": .number,
                            "cacheRead": .number,
                            "cacheWrite": .number,
                        ]),
                        "contextWindow": .positiveNumber,
                        "maxTokens": .positiveNumber,
                        "headers": .record(.string.secret),
                        "compat": .object([
                            "supportsStore": .boolean,
                            "supportsDeveloperRole": .boolean,
                            "supportsReasoningEffort": .boolean,
                            "maxTokensField": .words("max_completion_tokens", "max_tokens"),
                        ]),
                    ])
                ).required,
            ])),
        "bedrockDiscovery": .object([
            "enabled": .boolean,
            "region": .string,
            "providerFilter": .strings,
            "refreshInterval": .natural,
            "defaultContextWindow": .positive,
            "defaultMaxTokens": .positive,
        ]),
    ])

    /// The protocol a model provider speaks.
    static let modelAPI = words(
        "openai-completions", "openai-responses", "anthropic-messages", "google-generative-ai", "github-copilot",
        "bedrock-converse-stream")

    /// `auth`.
    static let authentication = ConfigurationSchema.object([
        "profiles": .record(
            .object([
                "provider": .string.required,
                "mode": .words("api_key", "oauth", "token").required,
                "email": .string,
            ])),
        "order": .record(.strings),
        "cooldowns": .object([
            "billingBackoffHours": .positiveNumber,
            "billingBackoffHoursByProvider": .record(.positiveNumber),
            "billingMaxHours": .positiveNumber,
            "failureWindowHours": .positiveNumber,
        ]),
    ])
}
