import ArgumentParser

/// `mazelclaw models`: what agents answer with.
struct ModelsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "models", abstract: "List the models that agents answer with, and choose one.",
        subcommands: [ModelsListCommand.self, ModelsSetCommand.self],
        defaultSubcommand: ModelsListCommand.self)
}
