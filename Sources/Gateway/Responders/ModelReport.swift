package import Configuration
package import JSON
import ModelServices
import Time

/// What each agent is answered by: its models in the order in which they are asked, where their services are, and where the
/// keys come from. Holds no key.
package struct ModelReport: Sendable {
    private let content: RootSection
    private let snapshot: ConfigurationSnapshot?
    private let providers: ModelProviders

    /// What `snapshot` says, whether a gateway runs with it or not. Throws `ConfigurationError.invalid` when it is wrong in
    /// more than that variables are missing, which the gateway may have.
    package init(_ snapshot: ConfigurationSnapshot) throws(ConfigurationError) {
        let faults = snapshot.faults.filter { $0.kind != .variable && $0.kind != .excess }
        guard faults.isEmpty, let content = snapshot.resolved.flatMap(RootSection.reading) else {
            throw .invalid(faults)
        }
        self.init(
            content, snapshot,
            providers: ModelProviders(
                content.models, defaults: content.agents.defaults, keys: nil,
                client: ModelClient(environment: [:])))
    }

    /// What a gateway with `configuration` is doing, whose services `providers` are.
    init(_ configuration: GatewayConfiguration, providers: ModelProviders) {
        self.init(configuration.content, configuration.file?.snapshot, providers: providers)
    }

    private init(_ content: RootSection, _ snapshot: ConfigurationSnapshot?, providers: ModelProviders) {
        self.content = content
        self.snapshot = snapshot
        self.providers = providers
    }

    /// The answer of `models.status`.
    package var json: JSON {
        [
            "agents": .array(
                content.agents.all.map { agent in
                    let models = content.agents.models(of: agent)
                    return [
                        "id": .string(agent.id), "isDefault": .bool(agent.id == content.agents.defaultID),
                        "models": .array(
                            (models.isEmpty ? [ModelName(ModelName.operatorProvider)] : models).map(model)),
                    ]
                }), "faults": .array(providers.faults.map(JSON.string)),
        ]
    }

    private func model(_ name: ModelName) -> JSON {
        var object: JSONObject = ["model": .string(name.description)]
        let id = name.provider
        if name.isOperator {
            object["kind"] = "operator"
        } else if let backend = content.agents.defaults.cliBackends[id] {
            object["kind"] = "program"
            object["command"] = .string(backend.command)
        } else if content.models.providers[id] != nil {
            object["kind"] = "service"
            let responder = providers.responders[id]
            object["address"] = responder.map { .string($0.address.description) }
            object["key"] = key(of: id, isReady: responder != nil)
            object["restingUntilMs"] = responder?.restingEnd(name.model)?.json
            if responder?.model(name.model) == nil {
                object["fault"] = .string(
                    responder == nil
                        ? "the service cannot be asked" : "models.providers.\(id).models does not list it")
            }
        } else {
            object["kind"] = "unknown"
            object["fault"] = .string(
                "\"\(id)\" is neither a service of models.providers nor a program of agents.defaults.cliBackends")
        }
        return .object(object)
    }

    private func key(of id: String, isReady: Bool) -> JSON {
        guard let snapshot else { return ["source": "none", "isSet": false] }
        switch KeySource(ofService: id, in: snapshot) {
        case .none: return ["source": "none", "isSet": false]
        case .file: return ["source": "configuration", "isSet": true]
        case .included: return ["source": "included", "isSet": true]
        case .keyFile(let path):
            var key: JSONObject = ["source": "file", "path": .string(path)]
            if providers.hasReadKeys { key["isSet"] = .bool(isReady) }
            return .object(key)
        case .variables(let names, let missing):
            return [
                "source": "variable", "variables": .array(names.map(JSON.string)),
                "isSet": .bool(missing.isEmpty && isReady),
            ]
        }
    }
}
