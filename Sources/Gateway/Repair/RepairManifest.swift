public import JSON
public import Policy
public import Time

/// What a rescue is told of a grant: whose, how long, and what became of the last proposal.
///
/// It is the host's word when it is written. Whoever reads it on the host later does not go by it.
public struct RepairManifest: Sendable, Equatable {
    /// What stands in a grant's way now.
    public enum Phase: String, Sendable {
        /// A proposal is waited for.
        case open
        /// The administrator is asked.
        case asking
        /// A proposal was applied, and the instance is watched.
        case watching
    }

    /// What became of a proposal.
    public struct Outcome: Sendable, Equatable {
        /// The proposal's `id`.
        public let proposal: String
        /// `applied`, `refused`, `declined` or `rolled-back`.
        public let word: String
        /// Why, or how, in one sentence.
        public let text: String

        /// What became of the proposal with this `id`: `word` is for programs, `text` for people.
        public init(proposal: String, word: String, text: String) {
            self.proposal = proposal
            self.word = word
            self.text = text
        }
    }

    /// The grant's name in logs.
    public let grant: String
    /// The instance that may be repaired.
    public let target: ProfileName
    /// When the grant ends.
    public let expiresAt: Timestamp
    /// What stands in the way.
    public var phase = Phase.open
    /// The latest proposal's.
    public var outcome: Outcome?

    /// The manifest of a grant to which nothing has happened.
    public init(grant: String, target: ProfileName, expiresAt: Timestamp) {
        self.grant = grant
        self.target = target
        self.expiresAt = expiresAt
    }

    /// Reads one; nil for what is none.
    init?(_ json: JSON) {
        guard let grant = json["grant"]?.string, let target = json["target"]?.string.flatMap({ ProfileName($0) }),
            let end = json["expiresAt"]?.string.flatMap(RFC3339.time),
            let phase = json["phase"]?.string.flatMap(Phase.init)
        else { return nil }
        self.init(grant: grant, target: target, expiresAt: end)
        self.phase = phase
        guard let proposal = json["outcome"]?["proposal"]?.string, let word = json["outcome"]?["word"]?.string,
            let text = json["outcome"]?["text"]?.string
        else { return }
        outcome = Outcome(proposal: proposal, word: word, text: text)
    }

    /// As the file says it.
    public var json: JSON {
        var object: JSONObject = [
            "grant": .string(grant), "target": .string(target.text), "expiresAt": .string(RFC3339.text(expiresAt)),
            "scope": ["status", "logs", "doctor", "configuration", "propose"], "phase": .string(phase.rawValue),
        ]
        if let outcome {
            object["outcome"] = [
                "proposal": .string(outcome.proposal), "word": .string(outcome.word), "text": .string(outcome.text),
            ]
        }
        return .object(object)
    }
}
