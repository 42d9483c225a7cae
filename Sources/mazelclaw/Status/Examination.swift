import Gateway
import GatewayProtocol
import JSON
import NIOCore

/// What this profile's gateway says to a client that signs in: whether it lets it in at all, and who else is there.
struct Examination {
    /// Why it was not let in, or not answered; nil when all is well.
    private(set) var fault: String?
    /// How long it took to be let in, in milliseconds.
    private(set) var latency: Int64?
    /// The answers to `health`, `status`, `system-presence` and `config.get`; nil for those that were not given.
    private(set) var health: JSON?
    private(set) var summary: JSON?
    private(set) var presence: JSON?
    private(set) var configuration: JSON?

    /// Asks the gateway of `context`, for `timeout` milliseconds at most until it is let in.
    init(_ context: Context, timeout: Int64) async {
        let start = NIODeadline.now()
        let client: GatewayClient
        do {
            client = try await GatewayClient.connect(to: context, scopes: [.admin], within: .milliseconds(timeout))
        } catch {
            fault = "\(error)"
            return
        }
        latency = (NIODeadline.now() - start).nanoseconds / 1_000_000
        // What is asked on one connection is not answered in turn.
        let limit = Task {
            try await Task.sleep(for: .milliseconds(timeout))
            await client.close()
        }
        do {
            async let health = client.call("health", ["probe": true])
            async let summary = client.call("status")
            async let presence = client.call("system-presence")
            async let configuration = client.call("config.get")
            (self.health, self.summary) = try await (health, summary)
            (self.presence, self.configuration) = try await (presence, configuration)
        } catch {
            fault = "it let a client in, and then did not answer: \(error)"
        }
        limit.cancel()
        await client.close()
    }

    /// Who is connected, as clients are told of them; this one, and those that left, are not among them.
    var connections: [JSON] {
        (presence?.array ?? []).filter { entry in
            !["self", "disconnect"].contains(entry["reason"]?.string) && entry["mode"]?.string != "cli"
        }
    }

    /// The lines of `status` that tell of it, for a person.
    var rows: [(String, String)] {
        var rows = [("Admission", fault ?? "signed in within \(latency ?? 0) ms")]
        guard fault == nil else { return rows }
        let agents = (health?["agents"]?.array ?? []).compactMap { $0["agentId"]?.string }
        rows.append(("Agents", agents.joined(separator: ", ")))
        rows.append(("Sessions", "\(summary?["sessions"]?["count"]?.integer ?? 0)"))
        rows.append(("Clients", connections.isEmpty ? "none" : "\(connections.count)"))
        rows += connections.map { ("", Self.line($0)) }
        return rows
    }

    private static func line(_ entry: JSON) -> String {
        let roles = entry["roles"]?.array?.compactMap(\.string).joined(separator: ", ") ?? ""
        return "\(entry["text"]?.string ?? entry["host"]?.string ?? "?")\(roles.isEmpty ? "" : " as \(roles)")"
            + (entry["ip"]?.string.map { " from \($0)" } ?? "")
    }

    /// The object that `status --json` has of it.
    var json: JSON {
        [
            "admitted": .bool(latency != nil), "ok": .bool(fault == nil), "error": fault.map(JSON.string) ?? .null,
            "latencyMs": latency.map(JSON.integer) ?? .null, "connections": .array(connections),
            "health": health ?? .null, "summary": summary ?? .null,
        ]
    }
}
