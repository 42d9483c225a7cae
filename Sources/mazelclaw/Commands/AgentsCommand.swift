import ArgumentParser

/// `mazelclaw agents`: who answers.
struct AgentsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "agents", abstract: "List this profile's agents, add one, or remove one.",
        subcommands: [AgentsListCommand.self, AgentsAddCommand.self, AgentsRemoveCommand.self],
        defaultSubcommand: AgentsListCommand.self)
}
