import Configuration
import Tools

/// The endpoints of a gateway, as far as the configuration has them served.
struct Endpoints: Sendable {
    let configuration: Current<GatewayConfiguration>
    let access: AccessControl
    let questions: Questions
    let hooks: HookServices
    let models: ModelList
    let metrics: Metrics
    let tools: AgentTools

    /// The endpoint at `path`; nil when none is served there now.
    func endpoint(at path: String) -> (any Endpoint)? {
        let content = configuration.value.content
        // First: whoever configures them at the path of something else wants them there.
        if let hooks = Hooks(content.hooks, at: path, hooks) { return hooks }
        let endpoints = content.gateway.http.endpoints
        return switch path {
        case ChatCompletionRequest.path where endpoints.chatCompletions.enabled:
            ModelEndpoint<ChatCompletionRequest>(access: access, questions: questions, bodyLimit: 1 << 20)
        case ResponsesRequest.path where endpoints.responses.enabled:
            ModelEndpoint<ResponsesRequest>(
                access: access, questions: questions, bodyLimit: Int(clamping: endpoints.responses.maxBodyBytes))
        case ModelList.path where endpoints.chatCompletions.enabled || endpoints.responses.enabled: models
        case ToolInvocation.path: ToolInvocation(access: access, tools: tools, sessions: questions.sessions)
        case Metrics.path: metrics
        default: nil
        }
    }
}
