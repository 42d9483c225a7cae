import JSON

extension GatewayEvent {
    static let health = GatewayEvent(
        "health", "Sent every 60 seconds. Carries `stateVersion`. Left out for a client that is slow.",
        HealthReport.shape)

    /// All of them, as hello-ok lists them.
    static let all = [
        challenge, tick, presence, health, shutdown, agent, chat, cron, heartbeat, pairRequested, pairResolved,
        nodePairRequested, nodePairResolved, nodeInvokeRequest, wakeWordsChanged, talkMode,
    ]
}
