import JSON
public import Text

/// A key as the configuration has it: itself, or where it is.
public enum KeySetting: SettingValue {
    /// The key itself.
    case text(Secret)
    /// Where it is.
    case reference(KeyReference)

    static let schema = ConfigurationSchema.union(.string.secret, KeyReference.schema.secret).secret

    init?(_ json: JSON) {
        if let secret = Secret(json) {
            self = .text(secret)
        } else if let reference = KeyReference(json) {
            self = .reference(reference)
        } else {
            return nil
        }
    }

    var fallback: JSON? { nil }
}

/// Where a key is, as `{source, provider, id}`.
public struct KeyReference: ConfigurationSection {
    /// What holds it.
    public enum Source: String, SettingWord {
        /// The variables of the gateway, with those that a service manager keeps for it.
        case environment = "env"
        /// A file.
        case file
        /// The output of a program. Not served.
        case exec
    }

    /// `source`: what holds it. Required.
    public var source = Source.environment
    /// `provider`: which of `secrets.providers`. Without one `id` is the path of a file that holds the key alone, or the
    /// name of a variable.
    public var provider: String?
    /// `id`: which of the keys there. Required.
    public var id = ""

    static let settings: [Setting<KeyReference>] = [
        Setting("source", \.source, "What holds it: file, or env for a variable. exec is not served.").required,
        Setting("provider", \.provider, "Which of secrets.providers. Without it, id says all."),
        Setting(
            "id", \.id, .nonEmpty,
            "Of env: the variable's name. Of file: the path of a file that holds the key alone; with provider, the place of "
                + "the key in that provider's file."
        ).required,
    ]
}
