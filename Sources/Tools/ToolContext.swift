/// For whom a tool is called, and who hears how it goes on.
public struct ToolContext: Sendable {
    /// What the model calls this call.
    public var callID: String
    /// The agent whose model calls.
    public var agentID: String
    /// The key of the session in which it does.
    public var sessionKey: String
    /// Whether the one who asked the agent may do everything.
    public var isByAdmin: Bool
    /// Tells what there is of a result so far, each time the whole of it. Default nobody.
    public var report: @Sendable (ToolOutput) -> Void

    /// A call in the session `sessionKey` of the agent `agentID`.
    public init(
        callID: String, agentID: String, sessionKey: String, isByAdmin: Bool = false,
        report: @escaping @Sendable (ToolOutput) -> Void = { _ in }
    ) {
        self.callID = callID
        self.agentID = agentID
        self.sessionKey = sessionKey
        self.isByAdmin = isByAdmin
        self.report = report
    }
}
