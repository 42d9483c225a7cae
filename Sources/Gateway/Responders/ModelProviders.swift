import Configuration
import JSON
import ModelServices
import Text

/// The model services of a configuration.
struct ModelProviders: Sendable {
    /// Those that can be asked, by id.
    let responders: [String: ModelResponder]
    /// What is wrong with the others, a sentence each.
    let faults: [String]
    /// The keys of those that can be asked.
    let keys: [Secret]
    /// Whether keys that are elsewhere were read.
    let hasReadKeys: Bool

    /// Without any.
    static let none = ModelProviders(responders: [:], faults: [], keys: [], hasReadKeys: true)

    private init(responders: [String: ModelResponder], faults: [String], keys: [Secret], hasReadKeys: Bool) {
        self.responders = responders
        self.faults = faults
        self.keys = keys
        self.hasReadKeys = hasReadKeys
    }

    /// The services of `section`, which `client` asks, with what `defaults` say of their models. `reader` reads keys that stand
    /// elsewhere; nil leaves them where they are, for a report in which nobody is asked.
    init(
        _ section: ModelsSection, defaults: AgentDefaults, keys reader: KeyReader?,
        client: @autoclosure () -> any ModelAnswering
    ) {
        var responders: [String: ModelResponder] = [:]
        var keys: [Secret] = []
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
            var key: Secret?
            do throws(KeyReader.Fault) {
                if let setting = provider.apiKey { key = try reader?.key(setting) }
            } catch {
                faults.append("models.providers.\(id).apiKey cannot be had: \(error)")
                continue
            }
            if let key { keys.append(key) }
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
                    id: id, address: address, key: key, hasBearerKey: provider.hasAuthorizationHeader,
                    headers: provider.headers), models: models,
                parameters: Dictionary(
                    models.compactMap { model in
                        defaults.models["\(id)/\(model.id)"]?.parameters?.object.map { (model.id, $0) }
                    }, uniquingKeysWith: { $1 }),
                rules: TurnRules(defaults), client: client)
        }
        self.init(responders: responders, faults: faults, keys: keys, hasReadKeys: reader != nil)
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
