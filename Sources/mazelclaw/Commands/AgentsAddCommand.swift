import ArgumentParser
import Configuration
import Gateway
import JSON
import Policy

/// `mazelclaw agents add`: one more who answers.
struct AgentsAddCommand: InstanceCommand {
    static let configuration = CommandConfiguration(
        commandName: "add", abstract: "Add an agent to the configuration.",
        discussion: "Comments in the file stay. The gateway makes the agent's workspace when it takes the change over.")

    @Argument(help: ArgumentHelp("Its id: part of session keys and directory names.", valueName: "id"))
    var id: String

    @Option(help: ArgumentHelp("Its name, for people.", valueName: "text"))
    var name: String?

    @Option(
        help: ArgumentHelp("Its workspace. Without one: agents/ID in the profile's workspace.", valueName: "directory"))
    var workspace: String?

    @Option(help: ArgumentHelp("Its model, as provider/model. Without one, that of all agents.", valueName: "model"))
    var model: String?

    @Flag(help: "Have it answer when no agent is named.")
    var `default` = false

    func run(in context: Context) async throws -> Int32 {
        let store = ConfigurationStore(context.instance)
        let before = try store.snapshot()
        var entry: JSONObject = ["id": .string(id)]
        entry["name"] = name.map(JSON.string)
        entry["workspace"] = try workspace.map { .string(try context.path($0, argument: "--workspace").text) }
        if let model {
            let configuration = try GatewayConfiguration(
                instance: context.instance, file: ConfigurationFile.load(for: context.instance))
            entry["model"] = .string(try ConfiguredModels(configuration).require(model).description)
        }
        let after = try store.add(agent: entry, isDefault: `default`)
        Output.line("Added the agent \"\(id)\". \(ReloadPlan.effect(from: before, to: after))")
        if `default`, workspace == nil {
            Output.line(
                "It answers when none is named, and so it works in the profile's workspace. Others that have no workspace of "
                    + "their own work in a directory below that, named after them.")
        }
        return 0
    }
}
