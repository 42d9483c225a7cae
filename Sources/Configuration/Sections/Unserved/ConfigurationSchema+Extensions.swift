extension ConfigurationSchema {
    static let skills = ConfigurationSchema.object([
        "allowBundled": .strings,
        "load": .object([
            "extraDirs": .strings,
            "watch": .boolean,
            "watchDebounceMs": .natural,
        ]),
        "install": .object([
            "preferBrew": .boolean,
            "nodeManager": .words("npm", "pnpm", "yarn", "bun"),
        ]),
        "entries": .record(
            .object([
                "enabled": .boolean,
                "apiKey": .string.secret,
                "env": .record(.string.secret),
                "config": .anyObject,
            ])),
    ])

    /// `plugins`. What a plugin takes is for the plugin to check.
    static let plugins = ConfigurationSchema.object([
        "enabled": .boolean,
        "allow": .strings,
        "deny": .strings,
        "load": .object(["paths": .strings]),
        "slots": .object(["memory": .string]),
        "entries": .record(
            .object([
                "enabled": .boolean,
                "config": .anyObject,
            ])),
        "installs": .record(
            .object([
                "source": .words("npm", "archive", "path").required,
                "spec": .string,
                "sourcePath": .string,
                "installPath": .string,
                "version": .string,
                "installedAt": .string,
            ])),
    ])

    static let nodeHost = ConfigurationSchema.object([
        "browserProxy": .object([
            "enabled": .boolean,
            "allowProfiles": .strings,
        ])
    ])

    static let diagnostics = ConfigurationSchema.object([
        "enabled": .boolean,
        "flags": .strings,
        "otel": .object([
            "enabled": .boolean,
            "endpoint": .string,
            "protocol": .words("http/protobuf", "grpc"),
            "headers": .record(.string.secret),
            "serviceName": .string,
            "traces": .boolean,
            "metrics": .boolean,
            "logs": .boolean,
            "sampleRate": .share,
            "flushIntervalMs": .natural,
        ]),
        "cacheTrace": .object([
            "enabled": .boolean,
            "filePath": .string,
            "includeMessages": .boolean,
            "includePrompt": .boolean,
            "includeSystem": .boolean,
        ]),
    ])

    static let update = ConfigurationSchema.object([
        "channel": .words("stable", "beta", "dev"),
        "checkOnStart": .boolean,
    ])

    /// `ui`.
    static let userInterface = ConfigurationSchema.object([
        "seamColor": .string(pattern: .color),
        "assistant": .object([
            "name": .string(length: ...50),
            "avatar": .string(length: ...200),
        ]),
    ])
}
