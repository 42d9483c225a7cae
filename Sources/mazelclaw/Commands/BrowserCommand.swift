import ArgumentParser

/// `mazelclaw browser`: the browser that agents use.
struct BrowserCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "browser", abstract: "Ask about the browser that agents use.",
        subcommands: [BrowserStatusCommand.self])
}
