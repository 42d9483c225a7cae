import Policy
import Testing

@testable import Gateway
@testable import Time

private let directory = AgentDirectory(
    all: ["main", "team", "guild", "peer", "account", "all"].map { Agent(id: $0, workspace: .root) }, defaultID: "main",
    time: TimeSpan(1, .seconds), backends: [:], bootstrap: BootstrapSettings(),
    bindings: [
        Binding(agentID: "all", channel: "telegram", accountID: "*"),
        Binding(agentID: "account", channel: "telegram", accountID: "work"),
        Binding(agentID: "team", channel: "slack", teamID: "t1"),
        Binding(agentID: "guild", channel: "discord", guildID: "g1"),
        Binding(agentID: "peer", channel: "discord", peer: (.group, "p1")),
        Binding(agentID: "gone", channel: "irc"),
    ])

@Test(arguments: [
    (MessageOrigin(channel: "telegram"), "all"), (MessageOrigin(channel: "Telegram", accountID: "work"), "account"),
    (MessageOrigin(channel: "slack", teamID: "t1"), "team"), (MessageOrigin(channel: "slack", teamID: "t2"), "main"),
    (MessageOrigin(channel: "discord", guildID: "g1"), "guild"),
    (MessageOrigin(channel: "discord", peer: (.group, "p1"), guildID: "g1"), "peer"),
    (MessageOrigin(channel: "discord", peer: (.direct, "p1"), guildID: "g1"), "guild"),
    (MessageOrigin(channel: "irc"), "main"), (MessageOrigin(channel: "matrix"), "main"),
])
func `a message goes to the agent of the binding that says most`(origin: MessageOrigin, agent: String) {
    #expect(directory.agentID(for: origin) == agent)
}
