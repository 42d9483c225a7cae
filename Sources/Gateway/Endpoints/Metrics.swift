import Configuration
import GatewayProtocol
import Policy
import Storage
import Time

/// `GET /metrics`: numbers about this gateway, for Prometheus and those who read the same.
struct Metrics: Endpoint {
    static let path = "/metrics"

    let configuration: Current<GatewayConfiguration>
    let identity: InstanceIdentity
    let access: AccessControl
    let clients: Clients
    let runs: RunTable
    let health: HealthService
    let database: InstanceDatabase
    let usage: Usage
    let tallies: Tallies
    let uptime: Uptime

    /// What is counted.
    struct Tallies: Sendable {
        /// Requests of the protocol, by method and outcome.
        let requests: Tally
        /// Requests over HTTP, by route and status.
        let http: Tally
        /// Runs that ended, by agent and outcome.
        let runs: Tally
        /// How often a limit was reached, and what became of what was over it.
        let limits: Tally
    }

    var name: String { Self.path }
    var bodyLimit: Int { 0 }

    func refusal(of request: EndpointRequest) -> EndpointAnswer? {
        if let fault = access.readerFault(of: request) {
            let error = APIError(fault)
            return .text(error.message, error.status, headers: fault.headers)
        }
        guard ["GET", "HEAD"].contains(request.method) else {
            return .text("use GET or HEAD", 405, headers: [("allow", "GET, HEAD")])
        }
        return nil
    }

    func answer(_ request: EndpointRequest, body: [UInt8]) async -> EndpointAnswer {
        EndpointAnswer(200, .text(text, type: MetricsText.type))
    }

    private typealias Sample = MetricsText.Sample

    private var text: String {
        var text = MetricsText()
        let labels = [
            ("version", Version.current), ("profile", configuration.value.instance.name.text),
            ("instance_id", identity.id),
        ]
        text.add("mazelclaw_info", .gauge, "What runs here.", [Sample(labels: labels, value: 1)])
        text.add("mazelclaw_ready", .gauge, "Whether clients are welcome.", clients.isReady ? 1 : 0)
        text.add(
            "mazelclaw_uptime_seconds", .gauge, "Since the start.",
            Double(uptime.span.milliseconds) / 1000)
        addConnections(to: &text)
        addRuns(to: &text)
        text.add(
            "mazelclaw_requests_total", "Requests of the protocol, by method and how they were answered.",
            tallies.requests, by: "method", "outcome")
        text.add(
            "mazelclaw_http_requests_total", "Requests over HTTP, by what was asked for and the status.",
            tallies.http, by: "route", "status")
        addLimits(to: &text)
        text.add(
            "mazelclaw_database_bytes", .gauge, "The database on disk.",
            database.sizes.map { Sample(labels: [("file", $0.name)], value: Double($0.bytes)) })
        text.add(
            "mazelclaw_sessions", .gauge, "Conversations, as they were counted last.",
            Double(health.overview.all.count))
        let facts = ProcessFacts.current
        text.add("process_resident_memory_bytes", .gauge, "Bytes in memory.", facts.residentBytes)
        text.add("process_virtual_memory_bytes", .gauge, "Bytes of address space.", facts.virtualBytes)
        text.add("process_cpu_seconds_total", .counter, "Processor time.", facts.processorSeconds)
        text.add("process_threads", .gauge, "Threads.", facts.threads)
        text.add("process_open_fds", .gauge, "Open file descriptors.", facts.openDescriptors)
        return text.text
    }

    private func addLimits(to text: inout MetricsText) {
        let all = usage.all
        text.add(
            "mazelclaw_limit", .gauge, "The most there may be of what is limited.",
            all.map { Sample(labels: [("limit", $0.name)], value: Double($0.limit)) })
        text.add(
            "mazelclaw_limit_used", .gauge, "How much there is of it.",
            all.map { Sample(labels: [("limit", $0.name)], value: Double($0.used())) })
        text.add(
            "mazelclaw_limit_reached_total", "How often a limit was reached, and what became of what was over it.",
            tallies.limits, by: "limit", "outcome")
    }

    private func addConnections(to text: inout MetricsText) {
        let clients = clients.all
        let roles = [Role.operator, .node].map { role in
            Sample(
                labels: [("role", role.rawValue)], value: Double(clients.count { $0?.role == role }))
        }
        let others = Sample(labels: [("role", "none")], value: Double(clients.count { $0 == nil }))
        text.add(
            "mazelclaw_connections", .gauge, "WebSocket connections; those of no role are before their handshake.",
            roles + [others])
    }

    private func addRuns(to text: inout MetricsText) {
        let open = runs.open
        let running = open.count { $0.startedAt != nil }
        text.add(
            "mazelclaw_runs", .gauge, "Runs that are not over.",
            [
                Sample(labels: [("state", "running")], value: Double(running)),
                Sample(labels: [("state", "waiting")], value: Double(open.count - running)),
            ])
        text.add(
            "mazelclaw_runs_total", "Runs that ended, by agent and how.", tallies.runs, by: "agent", "outcome")
    }
}
