import ArgumentParser
import Configuration
import Gateway
import JSON
import Policy
import Time

/// `mazelclaw gateway probe`: whether this profile's gateway can be reached, takes clients and lets one in.
struct GatewayProbeCommand: InstanceCommand {
    static let configuration = CommandConfiguration(
        commandName: "probe",
        abstract: "Try to reach this profile's gateway as a client does, step by step. Exits 1 when it cannot be.",
        discussion: """
            Whether something listens that is this instance, whether it takes clients, and whether it let one in are told apart. \
            A secret is shown only to this profile's own gateway.
            """)

    @Flag(help: "Print JSON.")
    var json = false

    @Option(help: ArgumentHelp("How long to wait for each step.", valueName: "milliseconds"))
    var timeout: Int64 = 3000

    func validate() throws {
        guard (1...600_000).contains(timeout) else {
            throw ValidationError("--timeout must be from 1 to 600000 milliseconds.")
        }
    }

    func run(in context: Context) async throws -> Int32 {
        let clock = WallClock.system
        let start = clock.now
        let report = try await StatusSurvey(context: context, timeout: timeout, depth: .inside).report()
        let duration = clock.now.since(start)
        guard json else {
            Output.line(TerminalText.safe(report.probeText))
            Output.line(report.verdict, as: report.isHealthy ? .good : .bad)
            return report.isHealthy ? 0 : 1
        }
        Output.line(
            JSON.object([
                "ok": .bool(report.isHealthy), "ts": start.json, "durationMs": duration.json,
                "timeoutMs": .integer(timeout), "primaryTargetId": report.isHealthy ? "localLoopback" : .null,
                "warnings": [], "network": ["localLoopbackUrl": .string(report.webSocketURL)],
                "discovery": ["timeoutMs": 0, "count": 0, "beacons": []], "targets": [report.probeTarget],
            ]).text(pretty: true))
        return report.isHealthy ? 0 : 1
    }
}

extension InstanceStatus {
    /// Where clients connect to.
    fileprivate var webSocketURL: String {
        let scheme = if case .none = encryption { "ws" } else { "wss" }
        return "\(scheme)://127.0.0.1:\(configuration.ports.value.gateway)"
    }

    /// A line for each step.
    fileprivate var probeText: String {
        var rows = [("Reached", "\(health.isOwn ? "yes" : "no"), \(webSocketURL): \(health.detail)")]
        if health.isOwn { rows.append(("Ready", health.isUp ? "yes" : "no")) }
        if let examination { rows += examination.rows }
        return Output.fields(rows)
    }

    /// The one target there is, as the original tells of one.
    fileprivate var probeTarget: JSON {
        let fault = health.isUp ? examination?.fault : health.detail
        return [
            "id": "localLoopback", "kind": "localLoopback", "url": .string(webSocketURL), "active": true,
            "tunnel": .null,
            "reached": .bool(health.isOwn), "ready": .bool(health.isUp),
            "connect": [
                "ok": .bool(isHealthy), "latencyMs": examination?.latency.map(JSON.integer) ?? .null,
                "error": fault.map(JSON.string) ?? .null, "close": .null,
            ],
            "self": examination?.presence?.array?.first { $0["reason"] == "self" } ?? .null,
            "config": ["summary": configurationSummary], "health": examination?.health ?? .null,
            "summary": examination?.summary ?? .null, "presence": examination?.presence ?? .null,
        ]
    }

    private var configurationSummary: JSON {
        guard let answer = examination?.configuration else { return .null }
        return [
            "path": answer["path"] ?? .null, "exists": answer["exists"] ?? .null, "valid": answer["valid"] ?? .null,
            "issues": answer["issues"] ?? [],
        ]
    }
}
