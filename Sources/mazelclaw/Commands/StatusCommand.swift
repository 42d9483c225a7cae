import ArgumentParser
import Gateway
import JSON

/// `mazelclaw status`: whether this profile's gateway answers, and where each value came from.
struct StatusCommand: InstanceCommand {
    static let configuration = CommandConfiguration(
        commandName: "status", abstract: "Say whether this profile's gateway answers. Exits 1 when it does not.")

    @Flag(help: "Print JSON.")
    var json = false

    @Option(help: ArgumentHelp("How long to wait for an answer.", valueName: "milliseconds"))
    var timeout: Int64 = 2000

    func validate() throws {
        guard (1...600_000).contains(timeout) else {
            throw ValidationError("--timeout must be from 1 to 600000 milliseconds.")
        }
    }

    func enter(_ context: inout Context) throws {
        try context.readProof()
    }

    func run(in context: Context) async throws -> Int32 {
        let report = try await StatusSurvey(context: context, timeout: timeout).report()
        Output.line(json ? report.json.text(pretty: true) : TerminalText.safe(report.text))
        return report.health.isUp ? 0 : 1
    }
}
