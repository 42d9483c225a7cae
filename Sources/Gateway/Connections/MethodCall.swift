import JSON

/// One request on its way: who asks, and how to answer.
struct MethodCall: Sendable {
    let client: Client
    /// The connection it came on. It may end before the answer; then nobody hears it.
    let connection: Connection
    /// The request's id.
    let id: String

    /// Answers ahead of the answer: the client hears both under the same id. A method's last answer is what
    /// its body returns.
    func answer(_ payload: JSON?) {
        connection.respond(to: id, with: .success(payload))
    }
}
