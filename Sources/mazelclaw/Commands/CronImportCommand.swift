import ArgumentParser
import Gateway
import GatewayProtocol
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
        let parts = try read.parts()
        // One part is taken over whole or not at all by the gateway. Of several each is looked through first.
        if parts.count > 1 {
            if !skipBad { try read.requireDifferentIDs() }
            guard let trial = try await send(read, parts, isTrial: true, in: context) else { return 1 }
            try await requireRoom(for: trial.added, in: context)
        }
        guard let (added, known, isWhole) = try await send(read, parts, isTrial: false, in: context) else { return 1 }
        Output.line(TerminalText.safe("Read \(path) (new jobs: \(added), here already: \(known))"))
        return isWhole ? 0 : 1
    }

    /// Sends the parts of `read`, and says what is wrong with any job. Returns how many are new, how many were here already
    /// and whether nothing was left out; nil when nothing is taken over, as something is wrong.
    private func send(
        _ read: CronFile, _ parts: [Range<Int>], isTrial: Bool, in context: Context
    ) async throws -> (added: Int64, known: Int64, isWhole: Bool)? {
        var (added, known, isWhole) = (Int64(0), Int64(0), true)
        for part in parts {
            let params: JSON = [
                "jobs": .array(Array(read.jobs[part])), "skipBad": .bool(skipBad), "dryRun": .bool(isTrial),
            ]
            let answer = try await GatewayClient.ask(context, "cron.import", params, scope: .admin)
            // With --skip-bad the trial goes on over what is wrong, and what comes after it tells that.
            for issue in answer["issues"]?.array ?? [] where !isTrial || !skipBad {
                let place = read.place(of: part.lowerBound + Int(clamping: issue["index"]?.integer ?? -1))
                Output.error(TerminalText.safe("mazelclaw: \(place): \(issue["message"]?.string ?? "")"))
            }
            isWhole = isWhole && answer["ok"] == true
            added += answer["added"]?.integer ?? 0
            known += answer["known"]?.integer ?? 0
        }
        guard isWhole || skipBad else {
            Output.error("mazelclaw: no job was taken over; mend these, or leave them out with --skip-bad")
            return nil
        }
        return (added, known, isWhole)
    }

    /// Throws `ServiceError` when the gateway would have more jobs than it keeps with `count` new ones.
    private func requireRoom(for count: Int64, in context: Context) async throws {
        let kept = try await GatewayClient.ask(context, "cron.status", [:], scope: .read)["jobs"]?.integer ?? 0
        guard kept + count > CronFile.limit else { return }
        throw ServiceError(
            "there would be \(kept + count) cron jobs; no more than \(CronFile.limit) can be kept, and none was taken over"
        )
    }
}
