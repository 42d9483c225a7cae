public import Configuration

extension Gateway {
    /// What the agent `id` looks like; nil when there is no such agent, or its picture is a letter or an emoji.
    public func picture(ofAgent id: String) -> AgentPicture? { agents.named(id)?.picture }
}
