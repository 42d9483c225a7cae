import ArgumentParser

/// `mazelclaw sessions`: this profile's conversations.
struct SessionsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sessions", abstract: "List and search this profile's conversations, take them in and out.",
        discussion: "They are in the profile's database: the gateway need not run.",
        subcommands: [
            SessionsListCommand.self, SessionsSearchCommand.self, SessionsExportCommand.self,
            SessionsImportCommand.self,
        ],
        defaultSubcommand: SessionsListCommand.self
    )
}
