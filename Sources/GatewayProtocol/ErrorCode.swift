/// The error codes of the protocol.
public enum ErrorCode: String, Sendable, CaseIterable {
    /// No account is linked to the service asked for.
    case notLinked = "NOT_LINKED"
    /// The device is not paired.
    case notPaired = "NOT_PAIRED"
    /// An agent took too long.
    case agentTimeout = "AGENT_TIMEOUT"
    /// The request is wrong.
    case invalidRequest = "INVALID_REQUEST"
    /// The gateway cannot do it now.
    case unavailable = "UNAVAILABLE"
}
