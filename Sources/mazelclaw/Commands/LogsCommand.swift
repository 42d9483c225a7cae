import ArgumentParser
import Configuration
import Gateway
import JSON

/// `mazelclaw logs`: what this profile's gateway wrote into its log.
struct LogsCommand: InstanceCommand {
    static let configuration = CommandConfiguration(
        commandName: "logs", abstract: "Print the end of the gateway's log.",
        discussion: "The log is a file, and is read whether the gateway runs or not.")

    @Flag(help: "Go on with what comes, until Ctrl-C.")
    var follow = false

    @Flag(help: "Print JSON, one object a line.")
    var json = false

    @Option(help: ArgumentHelp("At most so many lines, from 1 to 5000.", valueName: "number"))
    var limit = 200

    /// How often it looks for more.
    private static let interval = Duration.milliseconds(200)

    func validate() throws {
        guard (1...5000).contains(limit) else { throw ValidationError("--limit must be from 1 to 5000.") }
    }

    func run(in context: Context) async throws -> Int32 {
        let follower = LogFollower(stateDirectory: context.instance.stateDirectory.value)
        let last = try follower.last(limit)
        if last == nil, !follow {
            Output.error("mazelclaw: there is no log yet: \(follower.path) is written when the gateway runs")
            return 1
        }
        last?.forEach(write)
        while follow {
            let lines = try follower.next()
            lines.forEach(write)
            if lines.isEmpty { try await Task.sleep(for: Self.interval) }
        }
        return 0
    }

    private func write(_ line: String) {
        if json {
            Output.line(((try? JSON(parsing: Array(line.utf8))) ?? ["raw": .string(line)]).text())
        } else {
            Output.line(TerminalText.safe(LogLine(line)?.text ?? line))
        }
    }
}
