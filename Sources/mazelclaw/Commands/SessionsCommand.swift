import ArgumentParser

/// `mazelclaw sessions`: this profile's conversations.
struct SessionsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sessions", abstract: "List this profile's conversations, or search what was said in them.",
        discussion: "They are read from the profile's database: the gateway need not run.",
        subcommands: [SessionsListCommand.self, SessionsSearchCommand.self], defaultSubcommand: SessionsListCommand.self
    )
}
