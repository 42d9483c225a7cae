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
            operator. Nobody is asked; `models test` tries whether it answers.
            """)

    @Argument(help: ArgumentHelp("The model.", valueName: "model"))
    var model: String

    func run(in context: Context) async throws -> Int32 {
        let file = try ConfigurationFile.load(for: context.instance)
        let configuration = try GatewayConfiguration(instance: context.instance, file: file)
        let name = try ConfiguredModels(configuration).require(model)
        let place = try ConfigurationPath("agents.defaults.model.primary")
        let store = ConfigurationStore(context.instance)
        let before = try store.snapshot()
        let after = try store.set(place, to: .string(name.description))
        Output.line("Agents answer with \(name) now. \(ReloadPlan.effect(from: before, to: after))")
        return 0
    }
}
