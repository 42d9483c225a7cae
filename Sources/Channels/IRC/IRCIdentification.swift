import Time

/// Finds out who wrote where messages do not say: holds them until the server has told the sender's account (WHOX).
struct IRCIdentification: Sendable {
    /// What tells the answers to these questions from others.
    static let token = 741
    /// The most messages that are held, and the most senders who are remembered.
    private static let limit = 500
    /// The most questions that are open at once: a server takes many for a flood.
    private static let questionLimit = 4
    /// How long a sender is remembered, by nick, user and host.
    private static let memory = TimeSpan(60, .seconds)

    private struct Held: Sendable {
        var message: InboundMessage
        var nick: String
        var heldAt: Timestamp
    }

    private let patience: TimeSpan
    private var held: [Held] = []
    /// The nicks that the server was asked about, and what it said so far.
    private var asked: [String: String?] = [:]
    /// Senders by their masks: nil for one without an account.
    private var known: [String: (account: String?, at: Timestamp)] = [:]

    init(patience: TimeSpan) {
        self.patience = patience
    }

    /// `message` from who has `account`; what is no account's name counts as none.
    static func identified(_ message: InboundMessage, _ account: String?) -> InboundMessage {
        guard let account, !account.isEmpty, account != "*", account != "0",
            !account.contains(where: { "!@*? ".contains($0) }), IRCText.plain(account) == account
        else { return message }
        var message = message
        message.sender.id = account
        return message
    }

    /// Holds `message` until its sender is known. Returns false when there is no room, and then it is lost.
    mutating func hold(
        _ message: InboundMessage, from source: IRCSource, _ mapping: IRCCaseMapping, at now: Timestamp
    ) -> Bool {
        guard held.count < Self.limit else { return false }
        held.append(Held(message: message, nick: mapping.folded(source.nick), heldAt: now))
        return true
    }

    /// The server says who somebody is: `354 me token nick account`.
    mutating func learn(_ message: IRCMessage, _ mapping: IRCCaseMapping) {
        guard message[1] == "\(Self.token)" else { return }
        let nick = mapping.folded(message[2])
        if asked.keys.contains(nick) { asked[nick] = .some(message[3]) }
    }

    /// The server has said all of `nick`.
    mutating func end(_ nick: String, _ mapping: IRCCaseMapping) {
        let nick = mapping.folded(nick)
        guard let answer = asked.removeValue(forKey: nick) else { return }
        let account = answer.flatMap { $0 == "0" || $0.isEmpty ? nil : $0 }
        for message in held where message.nick == nick {
            known[message.message.sender.id] = (account, message.heldAt)
        }
    }

    /// The messages whose senders are known by now, or took too long, in the order in which they came; and the nicks to ask about.
    mutating func release(at now: Timestamp) -> (messages: [InboundMessage], questions: [String]) {
        var messages: [InboundMessage] = []
        while let first = held.first {
            if let known = known[first.message.sender.id], now.since(known.at) < Self.memory {
                messages.append(Self.identified(first.message, known.account))
            } else if now.since(first.heldAt) >= patience {
                asked[first.nick] = nil
                messages.append(first.message)
            } else {
                break
            }
            held.removeFirst()
        }
        if known.count > Self.limit { known = known.filter { now.since($0.value.at) < Self.memory } }
        var questions: [String] = []
        for message in held where !asked.keys.contains(message.nick) && asked.count < Self.questionLimit {
            if let known = known[message.message.sender.id], now.since(known.at) < Self.memory { continue }
            asked[message.nick] = .some(nil)
            questions.append(message.nick)
        }
        return (messages, questions)
    }
}
