/// `secrets`: where keys are that do not stand in the configuration.
public struct SecretsSection: ConfigurationSection {
    /// `providers`, by the name that references have for them.
    public var providers: [String: SecretProviderSection] = [:]

    static let settings: [Setting<SecretsSection>] = [
        Setting("providers", \.providers, "Where keys are, by the name that references have for it.")
    ]
}

/// One of `secrets.providers`.
public struct SecretProviderSection: ConfigurationSection {
    /// How a file holds keys.
    public enum Mode: String, SettingWord {
        /// The file is JSON, and a reference names a place in it.
        case json
        /// The file holds one key and nothing else.
        case singleValue
    }

    /// `source`: what it is. Required.
    public var source = KeyReference.Source.environment
    /// `path`: the file, as it was written. Nil when there is none.
    public var path: String?
    /// `mode`: how the file holds keys. The default is `json`.
    public var mode = Mode.json

    static let settings: [Setting<SecretProviderSection>] = [
        Setting("source", \.source, "What it is: file, or env for the gateway's variables. exec is not served.")
            .required,
        Setting(
            "path", \.path,
            "Of file: its path, absolute or beginning with ~, outside of every workspace, and private to its owner."),
        Setting(
            "mode", \.mode,
            "Of file: json, in which a reference names a place such as /providers/one/apiKey, or singleValue, one key alone."
        ),
    ]
}
