import ArgumentParser
import Gateway
import GatewayProtocol
import JSON
import Time

/// `mazelclaw cron add`: makes a job.
struct CronAddCommand: InstanceCommand {
    static let configuration = CommandConfiguration(
        commandName: "add", abstract: "Make a job.",
        discussion: """
            When: one of --at, --every and --cron. What: --system-event tells the main session something; --message \
            has an agent answer in a session of the job's own. Prints the new job.
            """)

    @Option(help: ArgumentHelp("Its name.", valueName: "text"))
    var name: String

    @Option(help: ArgumentHelp("Once, at a time like 2026-01-31T12:00:00Z, or in a while: +20m.", valueName: "time"))
    var at: String?

    @Option(help: ArgumentHelp("Again and again: 30m, 2h, 1d.", valueName: "duration"))
    var every: String?

    @Option(help: ArgumentHelp("As a cron expression says: \"0 9 * * mon-fri\".", valueName: "expression"))
    var cron: String?

    @Option(help: ArgumentHelp("The time zone of --cron, like Europe/Berlin.", valueName: "zone"))
    var tz: String?

    @Option(help: ArgumentHelp("What the main session is told.", valueName: "text"))
    var systemEvent: String?

    @Option(help: ArgumentHelp("What an agent is asked.", valueName: "text"))
    var message: String?

    @Option(help: ArgumentHelp("The agent, instead of the default one.", valueName: "id"))
    var agent: String?

    @Flag(help: "Have the main session's agent act on it at once, not at its next turn.")
    var wake = false

    @Flag(help: "Forget the job once it went well; for --at.")
    var deleteAfterRun = false

    func validate() throws {
        guard [at, every, cron].compactMap(\.self).count == 1 else {
            throw ValidationError("Give one of --at, --every and --cron.")
        }
        guard [systemEvent, message].compactMap(\.self).count == 1 else {
            throw ValidationError("Give one of --system-event and --message.")
        }
        guard tz == nil || cron != nil else { throw ValidationError("--tz goes with --cron.") }
        _ = try schedule(at: .earliest)
    }

    func run(in context: Context) async throws -> Int32 {
        var params: JSONObject = [
            "name": .string(name), "schedule": try schedule(at: WallClock.system.now),
            "wakeMode": wake ? "now" : "next-heartbeat",
        ]
        if let message {
            params["sessionTarget"] = "isolated"
            params["payload"] = ["kind": "agentTurn", "message": .string(message)]
        } else {
            params["sessionTarget"] = "main"
            params["payload"] = ["kind": "systemEvent", "text": .string(systemEvent ?? "")]
        }
        params["agentId"] = agent.map(JSON.string)
        if deleteAfterRun { params["deleteAfterRun"] = true }
        let job = try await GatewayClient.ask(context, "cron.add", .object(params), scope: .admin)
        Output.table([CronCommand.row(job)])
        return 0
    }

    private func schedule(at now: Timestamp) throws -> JSON {
        if let cron {
            var object: JSONObject = ["kind": "cron", "expr": .string(cron)]
            object["tz"] = tz.map(JSON.string)
            return .object(object)
        }
        if let every { return ["kind": "every", "everyMs": try duration(every, of: "--every").json] }
        guard let at else { throw ValidationError("Give one of --at, --every and --cron.") }
        if at.hasPrefix("+") {
            return ["kind": "at", "atMs": (now + (try duration(String(at.dropFirst()), of: "--at"))).json]
        }
        guard let time = RFC3339.time(at) else {
            throw ValidationError("--at: \(at) is no time like 2026-01-31T12:00:00Z, nor a while like +20m.")
        }
        return ["kind": "at", "atMs": time.json]
    }

    private func duration(_ text: String, of option: String) throws -> TimeSpan {
        let span: TimeSpan
        do throws(DurationText.Fault) { span = try DurationText.span(text, unit: .minutes) } catch {
            throw ValidationError("\(option): \(error); expected one like 30m, 2h or 1d.")
        }
        guard span <= .longestInterval else {
            throw ValidationError("\(option): \(text) is too long; \(TimeSpan.longestInterval) is the most.")
        }
        return span
    }
}
