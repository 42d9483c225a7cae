extension ConfigurationSchema {
    /// The tools allowed and denied.
    static let toolPolicy = ConfigurationSchema.object([
        "allow": .strings,
        "alsoAllow": .strings,
        "deny": .strings,
    ])

    /// Who may run commands outside the container.
    static let elevated = ConfigurationSchema.object([
        "enabled": .boolean,
        "allowFrom": .record(.array(.stringOrNumber)),
    ])

    /// Where something applies.
    static let scopeRules = ConfigurationSchema.object([
        "default": .words("allow", "deny"),
        "rules": .array(
            .object([
                "action": .words("allow", "deny").required,
                "match": .object([
                    "channel": .string,
                    "chatType": .words("direct", "group", "channel"),
                    "keyPrefix": .string,
                ]),
            ])),
    ])

    /// Searching and fetching.
    static let webTools = object([
        "search": .object([
            "enabled": .boolean,
            "provider": .words("brave", "perplexity"),
            "apiKey": .string.secret,
            "maxResults": .positive,
            "timeoutSeconds": .positive,
            "cacheTtlMinutes": .naturalNumber,
            "perplexity": .object([
                "apiKey": .string.secret,
                "baseUrl": .string,
                "model": .string,
            ]),
        ]),
        "fetch": .object([
            "enabled": .boolean,
            "maxChars": .positive,
            "timeoutSeconds": .positive,
            "cacheTtlMinutes": .naturalNumber,
            "maxRedirects": .natural,
            "userAgent": .string,
        ]),
    ])

    /// Understanding media.
    static let mediaTools = object([
        "models": .array(.mediaModel),
        "concurrency": .positive,
        "image": .mediaTool,
        "audio": .mediaTool,
        "video": .mediaTool,
    ])

    /// Understanding links.
    static let linkTools = object([
        "enabled": .boolean,
        "scope": .scopeRules,
        "maxLinks": .positive,
        "timeoutSeconds": .positive,
        "models": .array(
            .object([
                "type": .words("cli"),
                "command": .nonEmpty.required,
                "args": .strings,
                "timeoutSeconds": .positive,
            ])),
    ])

    /// Sending messages.
    static let messageTool = object([
        "allowCrossContextSend": .boolean,
        "crossContext": .object([
            "allowWithinProvider": .boolean,
            "allowAcrossProviders": .boolean,
            "marker": .object([
                "enabled": .boolean,
                "prefix": .string,
                "suffix": .string,
            ]),
        ]),
        "broadcast": .object([
            "enabled": .boolean
        ]),
    ])
}
