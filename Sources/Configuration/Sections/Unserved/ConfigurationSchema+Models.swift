extension ConfigurationSchema {
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
