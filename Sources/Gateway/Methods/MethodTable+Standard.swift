extension MethodTable {
    /// Every method there is, in the order of the reference.
    init(
        health: HealthMethods, configuration: ConfigurationMethods, presence: PresenceMethods, chat: ChatMethods,
        runs: RunMethods, sessions: SessionMethods, cron: CronMethods, agents: AgentMethods, logs: LogMethods,
        devices: DeviceMethods, nodes: NodeMethods, nodePairing: NodePairingMethods, approvals: ApprovalMethods,
        browser: BrowserMethods, usage: UsageMethods, dashboard: DashboardMethods, voice: VoiceMethods,
        installation: InstallationMethods, channels: ChannelMethods
    ) {
        self.init([
            health.group, configuration.group, presence.group, chat.group, runs.group, sessions.group, cron.group,
            agents.group, logs.group, devices.group, nodes.group, nodePairing.group, approvals.group, browser.group,
            usage.group, dashboard.group, voice.group, installation.group, channels.group,
        ])
    }
}
