import Time

/// Something that answers for an agent: a program of this host, or the operator.
protocol Responder: Sendable {
    /// Its name: the first part of a model, `provider/model`.
    var id: String { get }

    /// Answers `turn`. `progress` is told the answer as far as it goes, each time the whole of it.
    ///
    /// Ends early, and leaves nothing behind, when its task is cancelled.
    func answer(_ turn: Turn, progress: @escaping @Sendable (String) -> Void) async throws -> Reply
}

/// One message to an agent, with what is needed to answer it.
struct Turn: Sendable {
    var runID: String
    var agent: Agent
    /// The session's key and the id of its transcript.
    var sessionKey: String
    var sessionID: String
    var message: String
    /// Whether who asks may do everything.
    var isByAdmin = false
    /// What happened meanwhile that the agent is to know.
    var notes: [String] = []
    /// Pictures that came with it, as files.
    var images: [String] = []
    /// The model, without its provider; nil means the responder's own choice.
    var model: String?
    /// What the agent is told before everything else.
    var systemPrompt: String?
    /// How the responder called this conversation at its last turn.
    var providerSession: String?
    /// How long it may take.
    var time: TimeSpan
}

/// What came of a turn.
struct Reply: Sendable, Equatable {
    /// The whole answer.
    var text: String
    /// Who answered; nil when it was the gateway itself.
    var provider: String?
    var model: String?
    var usage: TokenUsage?
    /// How the responder calls this conversation, to go on with it.
    var providerSession: String?

    /// How long an answer may be, in bytes; the rest is left out, and the answer says so. What waits for one client
    /// is limited (`ProtocolLimits.bufferedBytes`), and a control character takes six bytes in a frame.
    static let lengthLimit = 256 << 10
}
