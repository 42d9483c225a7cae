import AgentLoop
import JSON
import Text
import Time
import Tools

/// Something that answers for an agent: a program of this host, or the operator.
protocol Responder: Sendable {
    /// Its name: the first part of a model, `provider/model`.
    var id: String { get }

    /// Answers `turn`. `tell` hears how that goes on.
    ///
    /// Ends early, and leaves nothing behind, when its task is cancelled.
    func answer(_ turn: Turn, tell: @escaping @Sendable (TurnEvent) -> Void) async throws -> Reply

    /// Whether `model` failed a short while ago, so that others are asked first. Default no.
    func isResting(_ model: String?) -> Bool

    /// Sums up the older part of the conversation of `turn`, in which nothing is to be answered. Default: it cannot.
    func compact(_ turn: Turn) async throws -> CompactionOutcome
}

/// What became of a conversation that was to be summed up.
enum CompactionOutcome: Sendable, Equatable {
    /// Who answers in it remembers it themselves, or does not know it at all.
    case unable
    /// There was nothing to sum up.
    case nothing
    /// About how many tokens it took before, and takes now.
    case done(before: Int64, after: Int64)
}

extension Responder {
    func isResting(_ model: String?) -> Bool { false }

    func compact(_ turn: Turn) async throws -> CompactionOutcome { .unable }
}

/// Why a responder gave no answer.
protocol ResponderError: Error {
    /// Whether it took too long.
    var isTimeout: Bool { get }
    /// Whether another may be asked instead. Default yes.
    var isForAnother: Bool { get }
}

extension ResponderError {
    var isForAnother: Bool { true }
}

/// One message to an agent, with what is needed to answer it.
struct Turn: Sendable {
    var runID: String
    var agent: Agent
    /// The session's key and the id of its transcript.
    var sessionKey: String
    var sessionID: String
    var message: String
    /// What was said before it that is to be answered with it, oldest first. A responder that is told the conversation finds it
    /// there.
    var collected: [String] = []
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
    /// Reads what was said in the conversation before. For responders that do not remember it themselves.
    var conversation: @Sendable () async throws -> KeptConversation = { KeptConversation() }
    /// Keeps what happens on the way to the answer. For responders whose turns have several steps.
    var journal: any TurnJournal = NoJournal()
    /// What is said meanwhile that is to change its course. For responders whose turns have several steps.
    var steering: any TurnSteering = NoSteering()
    /// What may be called on the way to the answer.
    var tools = ToolSet.none
    /// Whether somebody only wants to know whether there is an answer, and waits for that. A service that fails is then not
    /// asked again.
    var isTrial = false
}

/// A journal of turns that are kept nowhere.
struct NoJournal: TurnJournal {
    func keep(_ entry: TurnEntry) async throws -> String { "" }
}

/// What came of a turn.
struct Reply: Sendable, Equatable {
    /// The answer: of several, the last.
    var text: String
    /// Who answered; nil when it was the gateway itself.
    var provider: String?
    var model: String?
    /// What the answer took.
    var usage: TokenUsage?
    /// What the answers before it took that `Turn.journal` was given.
    var earlierUsage: TokenUsage?
    /// How the responder calls this conversation, to go on with it.
    var providerSession: String?
    /// What the transcript keeps of the answer beside its text.
    var members: JSONObject?

    /// How long an answer may be, in bytes; the rest is left out, and the answer says so. What waits for one client
    /// is limited (`ProtocolLimits.bufferedBytes`), and a control character takes six bytes in a frame.
    static let lengthLimit = 256 << 10

    /// `text` as far as an answer may go; it says where it was cut off.
    static func bounded(_ text: String) -> String {
        let short = text.prefix(bytes: lengthLimit)
        guard short.utf8.count < text.utf8.count else { return text }
        return "\(short)\n[cut here: the answer is longer than \(lengthLimit >> 10) KiB]"
    }
}
