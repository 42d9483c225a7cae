/// Which model, of which service, spoken to in which wire format. An answer carries it, and only the model that has the same
/// is given back what it signed.
public struct ModelIdentity: Hashable, Sendable {
    /// The service's id in the configuration.
    public var provider: String
    /// What the service calls the model.
    public var model: String
    /// How the service is spoken to.
    public var format: WireFormat

    /// The model `model` of `provider`.
    public init(provider: String, model: String, format: WireFormat) {
        self.provider = provider
        self.model = model
        self.format = format
    }
}

/// How a service is spoken to: the name of a protocol, as the configuration (`api`) and transcripts spell it.
public enum WireFormat: String, Hashable, Sendable, CaseIterable {
    /// `POST …/chat/completions`, which most services and local servers understand.
    case chatCompletions = "openai-completions"
    /// `POST …/responses`.
    case responses = "openai-responses"
    /// `POST …/v1/messages`.
    case messages = "anthropic-messages"
}
