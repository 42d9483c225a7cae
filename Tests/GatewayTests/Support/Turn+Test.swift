import Policy

@testable import Gateway
@testable import Time

extension Turn {
    /// A turn of the agent `main`.
    static func test(
        _ message: String, in workspace: AbsolutePath = .root, model: String? = nil, systemPrompt: String? = nil,
        providerSession: String? = nil, time: TimeSpan = TimeSpan(60, .seconds)
    ) -> Turn {
        Turn(
            runID: "run", agent: Agent(id: "main", workspace: workspace), sessionKey: "agent:main:main",
            sessionID: "id",
            message: message, model: model, systemPrompt: systemPrompt, providerSession: providerSession, time: time)
    }
}
