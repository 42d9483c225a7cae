import ArgumentParser

/// `mazelclaw models`: what agents answer with.
struct ModelsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "models", abstract: "List the models that agents answer with, choose one, and try it.",
        subcommands: [
            ModelsListCommand.self, ModelsSetCommand.self, ModelsStatusCommand.self, ModelsTestCommand.self,
        ],
        defaultSubcommand: ModelsListCommand.self)
}
