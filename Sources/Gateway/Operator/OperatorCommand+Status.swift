import Configuration
import GatewayProtocol
import Policy
import Storage

extension OperatorCommand {
    static let status = OperatorCommand("status", "", "Tells what runs here, where, since when, and who answers.") {
        request in
        let sources = request.sources
        let configuration = sources.configuration.value
        let instance = configuration.instance
        var rows = [
            ("Profile", "\(instance.name), instance \(sources.identity.id)"),
            ("Version", "\(Version.current), protocol \(ProtocolVersion.current)"),
            ("Running", "for \(OperatorText.time(sources.uptime.span)); clients connected: \(sources.clients.count)"),
            ("Port", "\(configuration.ports.value.gateway) (\(configuration.ports.source))"),
            ("Sandbox", sources.confinement.summary),
            ("State", "\(instance.stateDirectory.value) (\(instance.stateDirectory.source))"),
            ("Workspace", "\(configuration.workspace.value) (\(configuration.workspace.source))"),
        ]
        let agents = sources.agents.value
        for agent in agents.all {
            let models =
                agent.models.isEmpty
                ? "no model: the operator" : agent.models.map(\.description).joined(separator: ", ")
            rows.append(("Agent", "\(agent.id)\(agent.id == agents.defaultID ? " (default)" : ""): \(models)"))
        }
        let runs = sources.runs.open
        rows.append(("Runs", runs.isEmpty ? "none but this" : "\(runs.count) under way, this one included"))
        return OperatorText.table(rows)
    }

    static let ports = OperatorCommand("ports", "", "Tells this instance's ports, and which are listened on now.") {
        request in
        let configuration = request.sources.configuration.value
        let ports = configuration.ports.value
        let listening = ListeningPorts.current
        func state(_ port: UInt16) -> String {
            guard let listening else { return "cannot see whether it is listened on" }
            return listening.contains(port) ? "listened on" : "free"
        }
        var rows = [
            ("Gateway", "\(ports.gateway): \(state(ports.gateway)) (\(configuration.ports.source))"),
            ("Control", "\(ports.control): \(state(ports.control)), loopback only"),
        ]
        let busy = ports.allCDP.filter { listening?.contains($0) == true }.map(String.init).joined(separator: ", ")
        let range = "\(ports.cdp.lowerBound) to \(ports.cdp.upperBound)"
        let use =
            listening == nil ? "cannot see which are listened on" : busy.isEmpty ? "all free" : "listened on: \(busy)"
        rows.append(("CDP", "\(range), loopback only: \(use)"))
        if !ports.pinned.isEmpty { rows.append(("Pinned", ports.pinned.map(String.init).joined(separator: ", "))) }
        return OperatorText.table(rows) + "\n\nThe ports of other instances are not visible from here; "
            + "`mazelclaw-run ports --all` on the host shows them."
    }
}
