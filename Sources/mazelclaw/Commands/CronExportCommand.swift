import ArgumentParser
import Gateway
import GatewayProtocol
import JSON

/// `mazelclaw cron export`: the jobs as a file.
struct CronExportCommand: InstanceCommand {
    static let configuration = CommandConfiguration(
        commandName: "export", abstract: "Write the jobs as a file, as the original gateway keeps them.",
        discussion: "Nothing that is there is replaced. Exits 1 when there are none.")

    @Argument(help: ArgumentHelp("The file. Its directory must be there.", valueName: "file"))
    var file: String

    func run(in context: Context) async throws -> Int32 {
        let file = try context.path(file, argument: "FILE")
        let answer = try await GatewayClient.ask(context, "cron.list", ["includeDisabled": true], scope: .read)
        let jobs = answer["jobs"]?.array ?? []
        guard !jobs.isEmpty else {
            Output.error("mazelclaw: there are no jobs; nothing was written")
            return 1
        }
        try CronFile.write(jobs, to: file)
        Output.line(TerminalText.safe("Wrote \(file) (jobs: \(jobs.count))"))
        return 0
    }
}
