extension ConfigurationSchema {
    /// How an agent finds what it remembers.
    static let memorySearch = ConfigurationSchema.object([
        "enabled": .boolean,
        "sources": .array(.words("memory", "sessions")),
        "extraPaths": .strings,
        "experimental": .object([
            "sessionMemory": .boolean
        ]),
        "provider": .words("openai", "local", "gemini"),
        "remote": .object([
            "baseUrl": .string,
            "apiKey": .string.secret,
            "headers": .record(.string.secret),
            "batch": .object([
                "enabled": .boolean,
                "wait": .boolean,
                "concurrency": .positive,
                "pollIntervalMs": .natural,
                "timeoutMinutes": .positive,
            ]),
        ]),
        "fallback": .words("openai", "gemini", "local", "none"),
        "model": .string,
        "local": .object([
            "modelPath": .string,
            "modelCacheDir": .string,
        ]),
        "store": .object([
            "driver": .words("sqlite"),
            "path": .string,
            "vector": .object([
                "enabled": .boolean,
                "extensionPath": .string,
            ]),
        ]),
        "chunking": .object([
            "tokens": .positive,
            "overlap": .natural,
        ]),
        "sync": .object([
            "onSessionStart": .boolean,
            "onSearch": .boolean,
            "watch": .boolean,
            "watchDebounceMs": .natural,
            "intervalMinutes": .natural,
            "sessions": .object([
                "deltaBytes": .natural,
                "deltaMessages": .natural,
            ]),
        ]),
        "query": .object([
            "maxResults": .positive,
            "minScore": .share,
            "hybrid": .object([
                "enabled": .boolean,
                "vectorWeight": .share,
                "textWeight": .share,
                "candidateMultiplier": .positive,
            ]),
        ]),
        "cache": .object([
            "enabled": .boolean,
            "maxEntries": .positive,
        ]),
    ])

    /// The containers of the original gateway.
    static let sandbox = ConfigurationSchema.object([
        "mode": .words("off", "non-main", "all"),
        "workspaceAccess": .words("none", "ro", "rw"),
        "sessionToolsVisibility": .words("spawned", "all"),
        "scope": .words("session", "agent", "shared"),
        "perSession": .boolean,
        "workspaceRoot": .string,
        "docker": .docker,
        "browser": .object([
            "enabled": .boolean,
            "image": .string,
            "containerPrefix": .string,
            "cdpPort": .positive,
            "vncPort": .positive,
            "noVncPort": .positive,
            "headless": .boolean,
            "enableNoVnc": .boolean,
            "allowHostControl": .boolean,
            "autoStart": .boolean,
            "autoStartTimeoutMs": .positive,
        ]),
        "prune": .object([
            "idleHours": .natural,
            "maxAgeDays": .natural,
        ]),
    ])

    /// How such a container is made.
    static let docker = ConfigurationSchema.object([
        "image": .string,
        "containerPrefix": .string,
        "workdir": .string,
        "readOnlyRoot": .boolean,
        "tmpfs": .strings,
        "network": .string,
        "user": .string,
        "capDrop": .strings,
        "env": .record(.string.secret),
        "setupCommand": .string,
        "pidsLimit": .positive,
        "memory": .stringOrNumber,
        "memorySwap": .stringOrNumber,
        "cpus": .positiveNumber,
        "ulimits": .record(.union(.string, .number, .ulimit)),
        "seccompProfile": .string,
        "apparmorProfile": .string,
        "dns": .strings,
        "extraHosts": .strings,
        "binds": .strings,
    ])

    /// A limit of such a container.
    static let ulimit = ConfigurationSchema.object(["soft": .number, "hard": .number])

    /// Pauses between messages, as a person makes them.
    static let humanDelay = ConfigurationSchema.object([
        "mode": .words("off", "natural", "custom"),
        "minMs": .natural,
        "maxMs": .natural,
    ])

    /// What is left out of a long conversation.
    static let contextPruning = ConfigurationSchema.object([
        "mode": .words("off", "cache-ttl"),
        "ttl": .string,
        "keepLastAssistants": .natural,
        "softTrimRatio": .share,
        "hardClearRatio": .share,
        "minPrunableToolChars": .natural,
        "tools": .object([
            "allow": .strings,
            "deny": .strings,
        ]),
        "softTrim": .object([
            "maxChars": .natural,
            "headChars": .natural,
            "tailChars": .natural,
        ]),
        "hardClear": .object([
            "enabled": .boolean,
            "placeholder": .string,
        ]),
    ])
}
