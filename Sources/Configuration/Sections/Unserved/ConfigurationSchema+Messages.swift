extension ConfigurationSchema {
    /// How an agent behaves in groups.
    static let groupChat = ConfigurationSchema.object([
        "mentionPatterns": .strings,
        "historyLimit": .positive,
    ])

    /// What becomes of a message that arrives during a run.
    static let queueMode = QueueMode.schema

    /// Answers read aloud.
    static let tts = ConfigurationSchema.object([
        "auto": .words("off", "always", "inbound", "tagged"),
        "enabled": .boolean,
        "mode": .words("final", "all"),
        "provider": .words("elevenlabs", "openai", "edge"),
        "summaryModel": .string,
        "modelOverrides": .object([
            "enabled": .boolean,
            "allowText": .boolean,
            "allowProvider": .boolean,
            "allowVoice": .boolean,
            "allowModelId": .boolean,
            "allowVoiceSettings": .boolean,
            "allowNormalization": .boolean,
            "allowSeed": .boolean,
        ]),
        "elevenlabs": .object([
            "apiKey": .string.secret,
            "baseUrl": .string,
            "voiceId": .string,
            "modelId": .string,
            "seed": .integer(0, 4294967295),
            "applyTextNormalization": .words("auto", "on", "off"),
            "languageCode": .string,
            "voiceSettings": .object([
                "stability": .share,
                "similarityBoost": .share,
                "style": .share,
                "useSpeakerBoost": .boolean,
                "speed": .number(0.5, 2),
            ]),
        ]),
        "openai": .object([
            "apiKey": .string.secret,
            "model": .string,
            "voice": .string,
        ]),
        "edge": .object([
            "enabled": .boolean,
            "voice": .string,
            "lang": .string,
            "outputFormat": .string,
            "pitch": .string,
            "rate": .string,
            "volume": .string,
            "saveSubtitles": .boolean,
            "proxy": .string,
            "timeoutMs": .integer(1000, 120000),
        ]),
        "prefsPath": .string,
        "maxTextLength": .integer(1),
        "timeoutMs": .integer(1000, 120000),
    ])

    static let approvals = ConfigurationSchema.object([
        "exec": .object([
            "enabled": .boolean,
            "mode": .words("session", "targets", "both"),
            "agentFilter": .strings,
            "sessionFilter": .strings,
            "targets": .array(
                .object([
                    "channel": .nonEmpty.required,
                    "to": .nonEmpty.required,
                    "accountId": .string,
                    "threadId": .stringOrNumber,
                ])),
        ])
    ])

    static let web = ConfigurationSchema.object([
        "enabled": .boolean,
        "heartbeatSeconds": .positive,
        "reconnect": .object([
            "initialMs": .positiveNumber,
            "maxMs": .positiveNumber,
            "factor": .positiveNumber,
            "jitter": .share,
            "maxAttempts": .natural,
        ]),
    ])
}
