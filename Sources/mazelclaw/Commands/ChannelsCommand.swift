import ArgumentParser

/// `mazelclaw channels`: accounts with messaging services.
struct ChannelsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "channels",
        abstract: "List, add and remove accounts with messaging services, and see how they are.",
        subcommands: [
            ChannelsListCommand.self, ChannelsStatusCommand.self, ChannelsAddCommand.self, ChannelsRemoveCommand.self,
        ],
        defaultSubcommand: ChannelsListCommand.self)
}
