/// Why something that was asked of a browser did not come about.
package enum DevToolsError: Error, Equatable, Sendable {
    /// Nothing could be reached at an address.
    case unreachable(String, reason: String)
    /// What answered at an address does not speak the DevTools protocol.
    case notDevTools(String, reason: String)
    /// The connection is over. Whoever waited for anything on it gets this.
    case disconnected(reason: String)
    /// The browser broke the protocol. The connection was closed for it.
    case violation(String)
    /// The browser refused a command, with a code of JSON-RPC 2.0 section 5.1 or of its own.
    case refused(method: String, code: Int64, message: String)
    /// The answer did not come in time.
    case timedOut(method: String, after: Duration)
    /// An answer or an event lacks a member, or it is of another kind than the protocol says.
    case malformed(source: String, member: String)
    /// The page, frame or worker that a session belonged to is gone, or nobody is attached to it any more.
    case sessionEnded(method: String)
    /// A subscriber took events more slowly than they came, until there was no room for more.
    case eventsLost(limit: Int)
    /// So many commands wait for an answer already that no more are sent.
    case tooManyCommands(limit: Int)
    /// A message is larger than is sent or taken, in bytes.
    case tooLarge(limit: Int)
    /// A program could not be started.
    case notStarted(String, reason: String)
}

extension DevToolsError: CustomStringConvertible {
    /// One sentence.
    package var description: String {
        switch self {
        case .unreachable(let address, let reason): "the browser at \(address) cannot be reached: \(reason)"
        case .notDevTools(let address, let reason): "what answers at \(address) is no browser's DevTools: \(reason)"
        case .disconnected(let reason): "the connection to the browser is over: \(reason)"
        case .violation(let what): "the browser broke the DevTools protocol: \(what)"
        case .refused(let method, let code, let message): "the browser refused \(method): \(message) (\(code))"
        case .timedOut(let method, let time): "the browser did not answer \(method) within \(time)"
        case .malformed(let source, let member): "\(source) came without a usable \"\(member)\""
        case .sessionEnded(let method): "what \(method) was for is gone"
        case .eventsLost(let limit): "more than \(limit) events came that nobody took"
        case .tooManyCommands(let limit): "\(limit) commands wait for the browser's answer already"
        case .tooLarge(let limit): "a message to or from the browser is larger than \(limit) bytes"
        case .notStarted(let program, let reason): "\(program) cannot be started: \(reason)"
        }
    }
}
