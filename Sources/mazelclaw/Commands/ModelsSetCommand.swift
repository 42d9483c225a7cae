import ArgumentParser
import Configuration
import Gateway
import JSON

/// `mazelclaw models set`: chooses the model of agents that have none of their own.
struct ModelsSetCommand: InstanceCommand {
    static let configuration = CommandConfiguration(
        commandName: "set", abstract: "Choose the model of agents that have none of their own.",
        discussion: """
            MODEL is provider/model: a model listed at models.providers, a program of agents.defaults.cliBackends, or \
            operator. Nobody is asked; `chat` shows whether it answers.
            """)

    @Argument(help: ArgumentHelp("The model.", valueName: "model"))
    var model: String

    func run(in context: Context) async throws -> Int32 {
        let file = try ConfigurationFile.load(for: context.instance)
        let configuration = try GatewayConfiguration(instance: context.instance, file: file)
        let known = Self.known(in: configuration)
        let name = ModelName(model)
        // Which models a program has, only the program knows.
        guard known.contains(name.description) || known.contains(name.provider) else {
            throw ServiceError(
                "\"\(model)\" is none of the models of this profile (\(known.joined(separator: ", "))); describe its service at "
                    + "models.providers, or its program at agents.defaults.cliBackends")
        }
        let place = try ConfigurationPath("agents.defaults.model.primary")
        let store = ConfigurationStore(context.instance)
        let before = try store.snapshot()
        let after = try store.set(place, to: .string(name.description))
        Output.line("Agents answer with \(name) now. \(ReloadPlan.effect(from: before, to: after))")
        return 0
    }

    /// The models of `configuration`, and the programs, whose models are their own.
    private static func known(in configuration: GatewayConfiguration) -> [String] {
        let services = configuration.content.models.providers.sorted { $0.key < $1.key }.flatMap { id, provider in
            provider.models.map { "\(id)/\($0.id)" }
        }
        return services + configuration.agents.defaults.cliBackends.keys.sorted() + [ModelName.operatorProvider]
    }
}
