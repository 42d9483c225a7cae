extension MethodTable {
    /// Every method there is.
    static let standard = MethodTable([
        .health, .configuration, .presence, .chat, .runs, .sessions, .cron, .agents, .logs, .devices, .nodes,
        .nodePairing, .approvals, .dashboard,
    ])
}
