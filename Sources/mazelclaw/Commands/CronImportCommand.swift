import ArgumentParser
import Gateway
import JSON
import Policy

/// `mazelclaw cron import`: the jobs the original gateway kept, for this profile's.
struct CronImportCommand: InstanceCommand {
    static let configuration = CommandConfiguration(
        commandName: "import", abstract: "Take over the jobs the original gateway kept in a file.",
        discussion: """
            The file is only read. All of its jobs come in, under the ids they have, or none: names those something is \
            wrong with, and exits 1 when there is any. What is here already is left alone, so that doing it again does \
            no harm. A job that was missed is done once, at once.
            """)

    @Argument(
        help: ArgumentHelp(
            "cron/jobs.json in the original's state directory, or a file that was exported.", valueName: "file"))
    var file: String

    @Flag(help: "Take over the others when there is something wrong with one.")
    var skipBad = false

    func run(in context: Context) async throws -> Int32 {
        let path = try context.path(file, argument: "FILE")
        let read = try CronFile(path)
        let params: JSON = ["jobs": .array(read.jobs), "skipBad": .bool(skipBad)]
        guard params.serialized().count < ProtocolLimits.inboundBytes - 1024 else {
            Output.error(
                TerminalText.safe(
                    "mazelclaw: \(path) holds more than a gateway takes in one message "
                        + "(\(ProtocolLimits.inboundBytes) bytes); split it into several files"))
            return Policy.ExitCode.configuration.rawValue
        }
        let answer = try await GatewayClient.ask(context, "cron.import", params, scope: .admin)
        for issue in answer["issues"]?.array ?? [] {
            let place = read.place(of: Int(clamping: issue["index"]?.integer ?? -1))
            Output.error(TerminalText.safe("mazelclaw: \(place): \(issue["message"]?.string ?? "")"))
        }
        guard answer["ok"] == true || skipBad else {
            Output.error("mazelclaw: no job was taken over; mend these, or leave them out with --skip-bad")
            return 1
        }
        let (added, known) = (answer["added"]?.integer ?? 0, answer["known"]?.integer ?? 0)
        Output.line(TerminalText.safe("Read \(path) (new jobs: \(added), here already: \(known))"))
        return answer["ok"] == true ? 0 : 1
    }
}
