import ArgumentParser

/// `mazelclaw completion`: what a shell needs to complete this command line.
struct CompletionCommand: ParsableCommand {
    enum Shell: String, ExpressibleByArgument, CaseIterable {
        case bash, zsh, fish
    }

    static let configuration = CommandConfiguration(
        commandName: "completion", abstract: "Print a script by which a shell completes commands and options.",
        discussion: """
            `make install` puts one where each shell looks for it. For one shell alone: \
            eval "$(mazelclaw completion bash)", or mazelclaw completion fish | source.
            """)

    @Argument(help: "The shell.")
    var shell: Shell

    func run() {
        let kind: CompletionShell =
            switch shell {
            case .bash: .bash
            case .zsh: .zsh
            case .fish: .fish
            }
        Output.line(Mazelclaw.completionScript(for: kind))
    }
}
