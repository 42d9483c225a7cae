import ArgumentParser
import Configuration
import Gateway
import JSON
import Policy

/// `mazelclaw agents remove`: one less who answers.
struct AgentsRemoveCommand: InstanceCommand {
    static let configuration = CommandConfiguration(
        commandName: "remove", abstract: "Take an agent out of the configuration. What it has on disk stays.")

    @Argument(help: ArgumentHelp("The agent.", valueName: "id"))
    var id: String

    func run(in context: Context) async throws -> Int32 {
        let id = id.lowercased()
        let store = ConfigurationStore(context.instance)
        let before = try store.snapshot()
        let configuration = try GatewayConfiguration(
            instance: context.instance, file: ConfigurationFile.load(for: context.instance))
        let workspace = configuration.agents.all.first { $0.id == id }.map(configuration.workspace)
        let after = try store.remove(agent: id)
        Output.line("Removed the agent \"\(id)\". \(ReloadPlan.effect(from: before, to: after))")
        if let workspace { Output.line("Its workspace stays: \(workspace)") }
        let list = CommandText.command("sessions list --agent \(id)", for: context.instance.name)
        Output.line("So do its conversations: `\(list)` lists them.")
        return 0
    }
}
