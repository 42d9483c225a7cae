import Text

/// What an agent is told before everything else: where it is, and what its workspace says.
struct SystemPrompt: Sendable {
    let agent: Agent
    let sessionKey: String
    /// What the one who asks adds.
    let extra: String?
    /// The most characters of each file.
    let limit: Int

    var text: String {
        let name = agent.name.map { " (\($0))" } ?? ""
        var parts = [
            "You are the agent \"\(agent.id)\"\(name) of a MazelClaw gateway. Your workspace is \(agent.workspace); "
                + "it is your working directory. This is the session \(sessionKey)."
        ]
        if let extra = extra?.trimmed, !extra.isEmpty { parts.append(extra) }
        let workspace = AgentWorkspace(agent.workspace)
        for name in names {
            guard let (text, isWhole) = workspace.text(of: name, limit: limit) else { continue }
            parts.append("## \(name)\n\n\(text)\(isWhole ? "" : "\n\n[cut here: read the rest in \(name)]")")
        }
        return parts.joined(separator: "\n\n")
    }

    private var names: [String] {
        let standard = BootstrapFile.standard.map(\.name)
        if sessionKey.contains(":subagent:") { return standard.filter(BootstrapFile.forSubagents.contains) }
        return standard + [BootstrapFile.bootstrap.name] + BootstrapFile.memoryNames.prefix(1)
    }
}
