import ArgumentParser
import Configuration
import Gateway
import Glibc
import JSON

/// `mazelclaw config get`: prints what counts.
struct ConfigGetCommand: InstanceCommand {
    static let configuration = CommandConfiguration(
        commandName: "get",
        abstract: "Print a value: what counts, with includes, variables and defaults.",
        discussion:
            "Secrets are printed as <secret>, so that they do not end up in a log by accident; --reveal prints them.")

    @Argument(help: ArgumentHelp("Where. Without it: everything.", valueName: "path"))
    var path: String?

    @Flag(help: "Print JSON, also for text.")
    var json = false

    @Flag(help: "Print secrets as they are.")
    var reveal = false

    func run(in context: Context) async throws -> Int32 {
        try reportingFailure {
            let (whole, secrets) = try resolvedConfiguration(context)
            let redacted = ConfigurationSchema.root.redacted(whole, knowing: secrets)
            guard let path else { return print(reveal ? whole : redacted, isHidden: whole != redacted) }
            let place = try ConfigurationPath(path)
            guard let value = place.value(in: whole), let shown = place.value(in: redacted) else {
                throw ConfigurationChangeError.absent(path)
            }
            print(reveal ? value : shown, isHidden: value != shown)
        }
    }

    private func print(_ value: JSON, isHidden: Bool) {
        switch value {
        case .string(let text) where !json:
            // A program gets it as it is.
            Output.line(isatty(STDOUT_FILENO) == 1 ? TerminalText.safe(text) : text)
        default: Output.line(value.text(pretty: true))
        }
        if isHidden, !reveal { Output.error("mazelclaw: secrets are not shown; --reveal prints them") }
    }
}
