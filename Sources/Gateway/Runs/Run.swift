public import JSON
public import Time

/// One piece of work somebody asked for, and what became of it.
public struct Run: Equatable, Sendable {
    /// Where its idempotency key counts: each kind of request has keys of its own.
    public enum Space: String, Sendable, CaseIterable {
        case chat, agent, send, poll, node
    }

    /// How far it is.
    public enum Status: String, Sendable, CaseIterable {
        case accepted, running, ok, error, aborted

        /// Whether it is over.
        public var isEnd: Bool {
            switch self {
            case .accepted, .running: false
            case .ok, .error, .aborted: true
            }
        }
    }

    /// Where its key counts.
    public var space: Space
    /// What the client chose, so that asking again is not another request.
    public var idempotencyKey: String
    /// Its id.
    public var runID: String
    /// The session it belongs to.
    public var sessionKey: SessionKey?
    /// How far it is.
    public var status: Status
    /// When it was accepted.
    public var acceptedAt: Timestamp
    /// When it was begun.
    public var startedAt: Timestamp?
    /// When it ended.
    public var endedAt: Timestamp?
    /// Why it failed.
    public var error: String?
    /// What was answered at the end.
    public var result: JSON?

    /// A run that is accepted at `acceptedAt`.
    public init(
        _ space: Space, idempotencyKey: String, runID: String, sessionKey: SessionKey? = nil, acceptedAt: Timestamp
    ) {
        self.space = space
        self.idempotencyKey = idempotencyKey
        self.runID = runID
        self.sessionKey = sessionKey
        self.acceptedAt = acceptedAt
        status = .accepted
    }
}
