import Configuration
import GatewayProtocol
import JSON
import Policy
import Time

/// What the reports of the gateway's health and status say of its agents.
struct AgentReports {
    private let directory: AgentDirectory
    private let heartbeats: HeartbeatService
    private let overview: SessionOverview
    /// Where the sessions are kept.
    private let database: AbsolutePath
    private let now: Timestamp

    init(
        of directory: AgentDirectory, _ heartbeats: HeartbeatService, _ overview: SessionOverview,
        in database: AbsolutePath,
        at now: Timestamp
    ) {
        self.directory = directory
        self.heartbeats = heartbeats
        self.overview = overview
        self.database = database
        self.now = now
    }

    /// The agents, in the order configured.
    var all: [Agent] { directory.all }

    /// The agent that answers when none is named.
    var defaultID: String { directory.defaultID }

    /// The first model of the default agent.
    var defaultModel: ModelName? { directory.named(defaultID)?.models.first }

    // MARK: Heartbeats

    /// The heartbeat of the agent `id`; nil when it has none, or no model to answer to it.
    func heartbeat(of id: String) -> Heartbeat? {
        heartbeats.of(id).flatMap { heartbeat in
            heartbeat.model != nil || directory.named(id)?.hasModel == true ? heartbeat : nil
        }
    }

    /// The same, for clients.
    func heartbeatJSON(of id: String) -> JSON {
        guard let heartbeat = heartbeat(of: id) else {
            return ["enabled": false, "every": "disabled", "everyMs": .null]
        }
        return [
            "enabled": true, "every": .string(heartbeat.every), "everyMs": heartbeat.interval.json,
            "prompt": .string(heartbeat.prompt), "target": .string(heartbeat.target),
            "ackMaxChars": .integer(Int64(heartbeat.quietLimit)),
        ]
    }

    // MARK: Sessions

    /// The sessions of the agent `id`, or of all: where they are kept, how many there are, and the newest.
    func sessions(of id: String?) -> JSON {
        let part = part(of: id)
        return [
            "path": path, "count": .integer(Int64(part.count)),
            "recent": .array(
                part.recent.map { entry in
                    [
                        "key": .string(entry.key.text), "updatedAt": entry.updatedAt.json,
                        "age": now.since(entry.updatedAt).json,
                    ]
                }),
        ]
    }

    /// Where sessions are kept.
    var path: JSON { .string(database.text) }

    /// How many sessions the agent `id` has, or all.
    func count(of id: String?) -> JSON { .integer(Int64(part(of: id).count)) }

    /// The newest sessions of the agent `id`, or of all, with more of what is known of them.
    func recent(of id: String?) -> JSON {
        .array(
            part(of: id).recent.map { entry in
                guard case .object(var object) = SessionRow(entry: entry).json else { return .null }
                object["agentId"] = entry.agent.map(JSON.string)
                object["age"] = now.since(entry.updatedAt).json
                return .object(object)
            })
    }

    private func part(of id: String?) -> SessionOverview.Part {
        guard let id else { return overview.all }
        return overview.byAgent[id] ?? SessionOverview.Part()
    }
}
