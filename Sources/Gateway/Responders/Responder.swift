import JSON
import Time

/// Something that answers for an agent: a program of this host, or the operator.
protocol Responder: Sendable {
    /// Its name: the first part of a model, `provider/model`.
    var id: String { get }

    /// Answers `turn`. `progress` is told the answer as far as it goes, each time the whole of it.
    ///
    /// Ends early, and leaves nothing behind, when its task is cancelled.
    func answer(_ turn: Turn, progress: @escaping @Sendable (String) -> Void) async throws -> Reply

    /// Whether `model` failed a short while ago, so that others are asked first. Default no.
    func isResting(_ model: String?) -> Bool
}

extension Responder {
    func isResting(_ model: String?) -> Bool { false }
}

/// Why a responder gave no answer.
protocol ResponderError: Error {
    /// Whether it took too long.
    var isTimeout: Bool { get }
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
    /// How much the model is to think; nil where the session does not say.
    var thinking: String?
    /// Reads what was said in the conversation before, as its transcript keeps it, oldest first. For responders that do
    /// not remember it themselves.
    var history: @Sendable () async throws -> [JSON] = { [] }
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
    /// What the transcript keeps of the answer beside its text.
    var members: JSONObject?

    /// How long an answer may be, in bytes; the rest is left out, and the answer says so. What waits for one client
    /// is limited (`ProtocolLimits.bufferedBytes`), and a control character takes six bytes in a frame.
    static let lengthLimit = 256 << 10
}
