import Configuration

/// What hooks act by.
struct HookServices: Sendable {
    let configuration: Current<GatewayConfiguration>
    let access: AccessControl
    let conversations: Conversations
    let sessions: SessionResolver
    let notes: SessionNotes
    let agents: Current<AgentDirectory>
    let tasks: TaskSet
}
