import ArgumentParser
import Gateway
import JSON

/// `mazelclaw status`: whether this profile's gateway answers, and where each value came from.
struct StatusCommand: InstanceCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "Say whether this profile's gateway answers and takes clients. Exits 1 when it does not.",
        discussion: """
            Without an option it asks what everybody may know. The last word is up, or why not: down, silent, unready (it \
            lives and takes no clients), closed (it takes clients, and let this one not in), foreign (no gateway is there) or \
            other (another instance's is).
            """)

    @Flag(help: "Print JSON.")
    var json = false

    @Flag(help: "Sign in as well, and list who is connected.")
    var deep = false

    @Flag(help: "As --deep, with what doctor finds.")
    var all = false

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
        let report = try await StatusSurvey(
            context: context, timeout: timeout, depth: all ? .everything : deep ? .inside : .outside
        ).report()
        if json {
            Output.line(report.json.text(pretty: true))
        } else {
            Output.line(TerminalText.safe(report.text))
            Output.line(report.verdict, as: report.isHealthy ? .good : .bad)
        }
        return report.isHealthy ? 0 : 1
    }
}
