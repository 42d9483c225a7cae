import ArgumentParser
import Configuration
import Gateway
import JSON
import Policy
import Time

/// `mazelclaw sessions list`: this profile's conversations, those used last first.
struct SessionsListCommand: InstanceCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List the conversations, those used last first.")

    @Flag(help: "Print JSON.")
    var json = false

    @Option(help: ArgumentHelp("Only those of this agent.", valueName: "id"))
    var agent: String?

    @Option(help: ArgumentHelp("Only those used in so many minutes.", valueName: "minutes"))
    var active: Int64?

    @Option(help: ArgumentHelp("At most so many.", valueName: "number"))
    var limit: Int?

    func validate() throws {
        guard (1...10_000_000).contains(active ?? 1) else {
            throw ValidationError("--active must be from 1 to 10000000 minutes.")
        }
        guard limit ?? 1 > 0 else { throw ValidationError("--limit must be 1 or more.") }
    }

    func run(in context: Context) async throws -> Int32 {
        ReadGuard.begin()
        let reader = try ConversationReader(stateDirectory: context.instance.stateDirectory.value)
        let now = WallClock.system.now
        var filter = SessionFilter.everything
        (filter.agent, filter.limit) = (agent, limit)
        filter.usedSince = active.map { now - TimeSpan($0, .minutes) }
        let entries = try reader.sessions(filter)
        if json {
            Output.line(report(entries, reader, now).text(pretty: true))
        } else {
            table(entries, now)
        }
        return 0
    }

    private func report(_ entries: [SessionEntry], _ reader: ConversationReader, _ now: Timestamp) -> JSON {
        let sessions = entries.map { entry -> JSON in
            guard case .object(var row) = SessionRow(entry: entry).json else { return .null }
            row["ageMs"] = now.since(entry.updatedAt).json
            return .object(row)
        }
        return [
            "path": .string(reader.path.text), "count": .integer(Int64(entries.count)), "sessions": .array(sessions),
        ]
    }

    private func table(_ entries: [SessionEntry], _ now: Timestamp) {
        guard !entries.isEmpty else { return Output.line("No conversations.") }
        Output.table(
            entries.map { entry in
                let minutes = now.since(entry.updatedAt).count(.minutes)
                return [entry.key.text, "last used \(minutes) min ago"] + (entry.label.map { [$0] } ?? [])
            })
    }
}
