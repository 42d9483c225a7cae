import ArgumentParser

/// `mazelclaw nodes`: the devices that do something for agents.
struct NodesCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "nodes", abstract: "List the nodes, rename one, have one carry out a command.",
        discussion: "A node that asks to come in is a device: see `mazelclaw devices`.",
        subcommands: [NodesListCommand.self, NodesRenameCommand.self, NodesInvokeCommand.self],
        defaultSubcommand: NodesListCommand.self)
}
