extension ConfigurationSchema {
    /// A model that understands media.
    static let mediaModel = ConfigurationSchema.object([
        "provider": .string,
        "model": .string,
        "capabilities": .array(.words("image", "audio", "video")),
        "type": .words("provider", "cli"),
        "command": .string,
        "args": .strings,
        "prompt": .string,
        "maxChars": .positive,
        "maxBytes": .positive,
        "timeoutSeconds": .positive,
        "language": .string,
        "providerOptions": .record(.record(.scalar)),
        "deepgram": .object([
            "detectLanguage": .boolean,
            "punctuate": .boolean,
            "smartFormat": .boolean,
        ]),
        "baseUrl": .string,
        "headers": .record(.string.secret),
        "profile": .string,
        "preferredProfile": .string,
    ])

    /// How one kind of media is understood.
    static let mediaTool = ConfigurationSchema.object([
        "enabled": .boolean,
        "scope": .scopeRules,
        "maxBytes": .positive,
        "maxChars": .positive,
        "prompt": .string,
        "timeoutSeconds": .positive,
        "language": .string,
        "providerOptions": .record(.record(.scalar)),
        "deepgram": .object([
            "detectLanguage": .boolean,
            "punctuate": .boolean,
            "smartFormat": .boolean,
        ]),
        "baseUrl": .string,
        "headers": .record(.string.secret),
        "attachments": .object([
            "mode": .words("first", "all"),
            "maxAttachments": .positive,
            "prefer": .words("first", "last", "path", "url"),
        ]),
        "models": .array(.mediaModel),
    ])

    static let audio = ConfigurationSchema.object([
        "transcription": .object([
            "command": .strings.required,
            "timeoutSeconds": .positive,
        ])
    ])

    static let media = ConfigurationSchema.object([
        "preserveFilenames": .boolean
    ])

    static let talk = ConfigurationSchema.object([
        "voiceId": .string,
        "voiceAliases": .record(.string),
        "modelId": .string,
        "outputFormat": .string,
        "apiKey": .string.secret,
        "interruptOnSpeech": .boolean,
    ])
}
