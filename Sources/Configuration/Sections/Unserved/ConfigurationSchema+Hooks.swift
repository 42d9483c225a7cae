extension ConfigurationSchema {
    /// Mail as a hook.
    static let gmail = ConfigurationSchema.object([
        "account": .string,
        "label": .string,
        "topic": .string,
        "subscription": .string,
        "pushToken": .string.secret,
        "hookUrl": .string,
        "includeBody": .boolean,
        "maxBytes": .positive,
        "renewEveryMinutes": .positive,
        "allowUnsafeExternalContent": .boolean,
        "serve": .object([
            "bind": .string,
            "port": .positive,
            "path": .string,
        ]),
        "tailscale": .object([
            "mode": .words("off", "serve", "funnel"),
            "path": .string,
            "target": .string,
        ]),
        "model": .string,
        "thinking": .words("off", "minimal", "low", "medium", "high"),
    ])

    /// Hooks inside the original gateway.
    static let internalHooks = ConfigurationSchema.object([
        "enabled": .boolean,
        "handlers": .array(
            .object([
                "event": .string.required,
                "module": .string.required,
                "export": .string,
            ])),
        "entries": .record(
            .object([
                "enabled": .boolean,
                "env": .record(.string.secret),
            ])),
        "load": .object([
            "extraDirs": .strings
        ]),
        "installs": .record(
            .object([
                "source": .words("npm", "archive", "path").required,
                "spec": .string,
                "sourcePath": .string,
                "installPath": .string,
                "version": .string,
                "installedAt": .string,
                "hooks": .strings,
            ])),
    ])
}
