import Configuration
import JSON
import ModelServices

/// The model services of a configuration.
struct ModelProviders: Sendable {
    /// Those that can be asked, by id.
    let responders: [String: ModelResponder]
    /// What is wrong with the others, a sentence each.
    let faults: [String]

    /// Without any.
    static let none = ModelProviders(responders: [:], faults: [])

    private init(responders: [String: ModelResponder], faults: [String]) {
        self.responders = responders
        self.faults = faults
    }

    /// The services of `section`, which `client` asks, with what `defaults` say of their models.
    init(_ section: ModelsSection, defaults: AgentDefaults, client: @autoclosure () -> any ModelAnswering) {
        var responders: [String: ModelResponder] = [:]
        var faults: [String] = []
        let client = section.providers.isEmpty ? nil : client()
        for (id, provider) in section.providers.sorted(by: { $0.key < $1.key }) {
            let address: ServiceAddress
            do throws(ServiceAddress.Fault) {
                address = try ServiceAddress(provider.baseURL)
            } catch {
                faults.append("models.providers.\(id).baseUrl cannot be used: \(error)")
                continue
            }
            var models: [ModelDescription] = []
            for model in provider.models {
                guard let format = WireFormat(model.api ?? provider.api ?? .chatCompletions) else {
                    faults.append(
                        "the model \"\(id)/\(model.id)\" cannot be asked: this version speaks openai-completions, "
                            + "openai-responses and anthropic-messages (api)")
                    continue
                }
                models.append(ModelDescription(model, format: format))
            }
            if models.isEmpty {
                faults.append("models.providers.\(id) has no model that can be asked; list one in models")
            }
            guard let client, !models.isEmpty else { continue }
            responders[id] = ModelResponder(
                service: ServiceDescription(
                    id: id, address: address, key: provider.apiKey, hasBearerKey: provider.hasAuthorizationHeader,
                    headers: provider.headers), models: models,
                parameters: Dictionary(
                    models.compactMap { model in
                        defaults.models["\(id)/\(model.id)"]?.parameters?.object.map { (model.id, $0) }
                    }, uniquingKeysWith: { $1 }),
                rules: TurnRules(defaults), client: client)
        }
        self.init(responders: responders, faults: faults)
    }
}

extension WireFormat {
    /// The format so called in the configuration; nil for one that is not spoken.
    fileprivate init?(_ api: ModelAPI) {
        switch api {
        case .chatCompletions: self = .chatCompletions
        case .responses: self = .responses
        case .messages: self = .messages
        case .google, .copilot, .bedrock: return nil
        }
    }
}

extension ModelDescription {
    /// The model that `section` describes.
    fileprivate init(_ section: ModelSection, format: WireFormat) {
        self.init(id: section.id, name: section.name, format: format)
        isReasoning = section.isReasoning
        takesImages = section.input.contains(.image)
        price = ModelPrice(
            input: section.cost.input, output: section.cost.output, cacheRead: section.cost.cacheRead,
            cacheWrite: section.cost.cacheWrite)
        contextWindow = section.contextWindow.map(Self.count)
        maxTokens = section.maxTokens.map(Self.count)
        headers = section.headers
        compatibility.hasStore = section.compatibility.hasStore
        compatibility.hasDeveloperRole = section.compatibility.hasDeveloperRole
        compatibility.hasReasoningEffort = section.compatibility.hasReasoningEffort
        compatibility.maxTokensName = section.compatibility.maxTokensField?.rawValue
    }

    /// A number of tokens: at least 1, and no more than anybody has.
    private static func count(_ number: Double) -> Int64 { Int64(min(max(number, 1), 1e12)) }
}
