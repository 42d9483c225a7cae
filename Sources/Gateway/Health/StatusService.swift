import Configuration
import Storage

/// Tells the gateway's owner how things stand.
struct StatusService: Sendable {
    let configuration: Current<GatewayConfiguration>
    let identity: InstanceIdentity
    let confinement: any Confinement
    let reload: ConfigurationReload
    let clients: Clients
    let systemEvents: SystemEvents
    let health: HealthService
    let uptime: Uptime

    /// How things stand now, with the sessions that `overview` tells of.
    func report(_ overview: SessionOverview) -> StatusReport {
        let configuration = configuration.value
        return StatusReport(
            configuration: configuration, identity: identity, isSandboxed: confinement.isSandboxed, reload: reload.last,
            uptime: uptime.span, connections: clients.count,
            systemEvents: systemEvents.waiting(for: configuration.mainSessionKey), agents: health.reports(overview),
            channels: health.channels.lines)
    }
}
