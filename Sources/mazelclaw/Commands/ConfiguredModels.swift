import Configuration

/// The models that a configuration offers.
struct ConfiguredModels {
    private let names: [String]

    init(_ configuration: GatewayConfiguration) {
        let services = configuration.content.models.providers.sorted { $0.key < $1.key }.flatMap { id, provider in
            provider.models.map { "\(id)/\($0.id)" }
        }
        // Which models a program has, only the program knows.
        names = services + configuration.agents.defaults.cliBackends.keys.sorted() + [ModelName.operatorProvider]
    }

    /// The model that `text` names. Throws `ServiceError` when the configuration has none so called.
    func require(_ text: String) throws(ServiceError) -> ModelName {
        let name = ModelName(text)
        guard names.contains(name.description) || names.contains(name.provider) else {
            throw ServiceError(
                "\"\(text)\" is none of the models of this profile (\(names.joined(separator: ", "))); describe its service "
                    + "at models.providers, or its program at agents.defaults.cliBackends")
        }
        return name
    }
}
