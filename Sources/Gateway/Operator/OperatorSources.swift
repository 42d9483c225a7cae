import Configuration
import Storage
import Time

/// Where the operator looks for what it answers.
struct OperatorSources: Sendable {
    let configuration: Current<GatewayConfiguration>
    let agents: Current<AgentDirectory>
    let confinement: any Confinement
    let identity: InstanceIdentity
    let clients: Clients
    let runs: RunTable
    let cron: CronService
    let store: ConversationStore
    let logFile: LogFile
    let clock: WallClock
    let uptime: Uptime
}
