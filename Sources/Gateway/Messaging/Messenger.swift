import Channels
import Configuration
import Files
import GatewayProtocol
import JSON
import Logging
import Storage
import Synchronization
import Text
import Time

/// The gateway's connections to messaging services: takes in what people write there, and has answers said.
///
/// A message enters where a client's does, as a run in a session's line. What an agent answers is entered as a delivery in the
/// transaction that keeps it, and said from there.
final class Messenger: Sendable {
    /// The accounts, in the order to show them.
    let accounts: [ChannelFactory.Account]
    private let conversations: Conversations
    private let sessions: SessionResolver
    private let agents: Current<AgentDirectory>
    private let configuration: Current<GatewayConfiguration>
    let senders: SenderStore
    private let store: ConversationStore
    private let tasks: TaskSet
    private let clock: WallClock
    private let logger: Logger

    private struct State {
        var hasBegun = false
        var guardian = AnswerGuard()
        var history = GroupHistory()
        /// What holds each connection.
        var running: [AccountID: Task<Void, Never>] = [:]
        /// Those whose connection was ended by a client.
        var loggedOut: Set<AccountID> = []
        /// Those who wait for the end of a delivery, by the request's key.
        var waiting: [String: Awaited<DeliveryOutcome>] = [:]
        /// What was told of each connection last.
        var told: [AccountID: ChannelState.Phase] = [:]
        /// Why the last message of an account could not be said.
        var sendFaults: [AccountID: String] = [:]
    }

    private let state = Mutex(State())

    init(
        accounts: [ChannelFactory.Account], conversations: Conversations, sessions: SessionResolver,
        agents: Current<AgentDirectory>, configuration: Current<GatewayConfiguration>, store: ConversationStore,
        tasks: TaskSet, clock: WallClock, logger: Logger
    ) {
        self.accounts = accounts
        self.conversations = conversations
        self.sessions = sessions
        self.agents = agents
        self.configuration = configuration
        senders = SenderStore(database: store.database, bell: store.bell, clock: clock)
        self.store = store
        self.tasks = tasks
        self.clock = clock
        self.logger = logger
    }

    // MARK: Life

    /// Makes the connections, and says what waits to be said. Called again, it does nothing.
    func begin() {
        let isFirst = state.withLock { state in
            defer { state.hasBegun = true }
            return !state.hasBegun
        }
        guard isFirst else { return }
        for account in accounts where account.isEnabled {
            guard let channel = account.channel else {
                logger.warning(
                    "a messaging account is not connected",
                    metadata: ["account": "\(account.id)", "reason": "\(account.fault ?? "")"])
                continue
            }
            let task = tasks.start { [self] in await channel.run(self) }
            state.withLock { $0.running[account.id] = task }
            tasks.start { [self] in await deliver(by: channel) }
        }
    }

    /// Ends the connection of `id` until the gateway starts anew. Returns whether there was one.
    func logOut(_ id: AccountID) -> Bool {
        let task = state.withLock { state in
            state.loggedOut.insert(id)
            return state.running.removeValue(forKey: id)
        }
        task?.cancel()
        return task != nil
    }

    /// Whether a client ended the connection of `id`.
    func isLoggedOut(_ id: AccountID) -> Bool { state.withLock { $0.loggedOut.contains(id) } }

    /// Why the last message of `id` could not be said; nil when it could.
    func sendFault(of id: AccountID) -> String? { state.withLock { $0.sendFaults[id] } }

    // MARK: Accounts

    /// Those of `service`, in the order to show them.
    func accounts(of service: String) -> [ChannelFactory.Account] { accounts.filter { $0.id.service == service } }

    /// The account that `service` and `account` mean: nil means the default one. Throws `ProtocolError`.
    func account(_ service: String?, _ account: String?) throws(ProtocolError) -> ChannelFactory.Account {
        let service = service?.trimmed.lowercased() ?? accounts.first?.id.service
        let those = service.map { accounts(of: $0) } ?? []
        guard !those.isEmpty else {
            let known = ChannelsSection.served.joined(separator: ", ")
            let named = service.map { "no account of \"\($0)\" is configured" } ?? "no messaging account is configured"
            throw ProtocolError(.invalidRequest, "\(named); this version connects to: \(known)")
        }
        guard let account else { return those.first(where: \.isDefault) ?? those[0] }
        let id = IdentifierText.account(account)
        guard let found = those.first(where: { $0.id.account == id }) else {
            let known = those.map { "\"\($0.id.account)\"" }.joined(separator: ", ")
            throw ProtocolError(.invalidRequest, "unknown account \"\(account)\"; there are \(known)")
        }
        return found
    }

    // MARK: Saying

    /// The place `target` of `service`'s default account. Without a service it is where the session `key` was last written to from,
    /// or `target` there. Throws `ProtocolError` when there is none.
    func route(_ service: String?, to target: String?, lastOf key: SessionKey) async throws -> DeliveryRoute {
        if let service {
            guard let target else { throw ProtocolError(.invalidRequest, "\(service): it is not said to whom") }
            let account = try account(service, nil)
            return DeliveryRoute(
                service: account.id.service, account: account.id.account, target: try place(target, by: account))
        }
        guard var route = try await store.session(key)?.route else {
            throw ProtocolError(.invalidRequest, "nobody wrote to \(key) through a messaging service yet")
        }
        let account = try account(route.service, route.account)
        if let target { route.target = try place(target, by: account) }
        return route
    }

    /// What `text` names there. Throws `ProtocolError`.
    func place(_ text: String, by account: ChannelFactory.Account) throws(ProtocolError) -> String {
        guard account.isEnabled, let channel = account.channel else {
            throw ProtocolError(.unavailable, "\(account.id) is not connected: \(account.fault ?? "disabled")")
        }
        do throws(ChannelFailure) { return try channel.target(text) } catch {
            throw ProtocolError(.invalidRequest, "to: \(error)")
        }
    }

    /// What became of something that was to be said.
    enum DeliveryOutcome: Sendable {
        case said
        case refused(String)
    }

    /// Enters `text` to be said at `route` for the request `key`. Asked again, it enters nothing. Returns the delivery's id; nil
    /// for one that was entered before.
    func enter(_ text: String, to route: DeliveryRoute, key: String) async throws -> Int64? {
        let now = clock.now
        // Before it can have an end.
        state.withLock { $0.waiting[key] = $0.waiting[key] ?? Awaited() }
        defer { store.bell.ring() }
        return try await store.database.write { transaction in
            let run = Run(.send, idempotencyKey: key, runID: key, acceptedAt: now)
            guard try transaction.runs.accept(run).isNew else { return nil }
            let id = try transaction.deliveries.add(text, to: route, run: key, at: now)
            try transaction.runs.end(key, .ok, at: now)
            return id
        }
    }

    /// Waits for the end of the delivery that the request `key` entered; nil when it does not come in time.
    func outcome(of key: String, atMost time: TimeSpan) async throws -> DeliveryOutcome? {
        guard let awaited = state.withLock({ $0.waiting[key] }) else { return nil }
        defer { _ = state.withLock { $0.waiting.removeValue(forKey: key) } }
        return try await awaited.wait(atMost: time.duration)
    }

    /// Nobody waits for the request `key`, which entered nothing.
    func forget(_ key: String) {
        _ = state.withLock { $0.waiting.removeValue(forKey: key) }
    }

    /// Says what `channel`'s account is to say, one thing after the other, until the gateway ends.
    private func deliver(by channel: any Channel) async {
        let rings = store.bell.rings()
        var bells = rings.makeAsyncIterator()
        while !Task.isCancelled {
            do {
                let id = channel.id
                if let delivery = try await store.database.read({ try $0.deliveries.next(id.service, id.account) }) {
                    try await say(delivery, by: channel)
                } else {
                    guard await bells.next() != nil else { return }
                }
            } catch is CancellationError {
                return
            } catch let failure as ChannelFailure where failure.kind == .final {
                // It stays, and is said when the account is connected again.
                return
            } catch {
                logger.error(
                    "what is to be said through a messaging service cannot be read",
                    metadata: ["account": "\(channel.id)", "error": "\(error)"])
                do { try await Task.sleep(for: .seconds(5)) } catch { return }
            }
        }
    }

    /// How often something is said again because the connection broke before it was confirmed.
    private static let attemptLimit = 5

    private func say(_ delivery: Delivery, by channel: any Channel) async throws {
        let route = delivery.route
        guard clock.now.since(delivery.createdAt) < Delivery.lifetime else {
            return try await end(delivery, .refused("it waited longer than a day"), channel)
        }
        var attempts = 0
        while true {
            var rest = delivery.text
            do {
                while let (piece, next) = channel.piece(
                    of: OutboundMessage(target: route.target, thread: route.thread, text: rest))
                {
                    try await channel.waitForTurn()
                    try await cut(delivery, to: next) {
                        try channel.post(piece, to: route.target, thread: route.thread)
                    }
                    rest = next
                }
                try await channel.confirm()
                return try await end(delivery, .said, channel)
            } catch let failure as ChannelFailure where failure.kind == .rejected {
                return try await end(delivery, .refused(failure.description), channel)
            } catch let error where !(error is CancellationError) && !(error is StorageError) {
                if let failure = error as? ChannelFailure, failure.kind == .final { throw failure }
                // The connection broke: what was not confirmed is said again when there is one.
                try await cut(delivery, to: delivery.text)
                attempts += 1
                guard attempts < Self.attemptLimit else {
                    return try await end(delivery, .refused("the connection broke \(attempts) times"), channel)
                }
                try await channel.waitForTurn()
            }
        }
    }

    /// Keeps that `rest` is what is left of `delivery`, and calls `say` as soon as that is on disk. Throws what `say` does.
    private func cut(
        _ delivery: Delivery, to rest: String, _ say: @escaping @Sendable () throws -> Void = {}
    ) async throws {
        let fault = Mutex<(any Error)?>(nil)
        try await store.database.write {
            try $0.deliveries.cut(delivery.id, to: rest)
        } whenCommitted: {
            do { try say() } catch { fault.withLock { $0 = error } }
        }
        if let fault = fault.withLock({ $0 }) { throw fault }
    }

    private func end(_ delivery: Delivery, _ outcome: DeliveryOutcome, _ channel: any Channel) async throws {
        try await store.database.write { try $0.deliveries.remove(delivery.id) }
        var fault: String?
        if case .refused(let reason) = outcome {
            fault = reason
            logger.warning(
                "something was not said", metadata: ["account": "\(channel.id)", "reason": "\(reason)"])
        }
        let waiting = state.withLock { state in
            state.sendFaults[channel.id] = fault
            return delivery.runID.flatMap { state.waiting[$0] }
        }
        waiting?.fulfil(outcome)
    }
}

// MARK: - Hearing

extension Messenger: ChannelReceiver {
    func stateChanged(of channel: any Channel) {
        let channelState = channel.state
        let before = state.withLock { state in
            defer { state.told[channel.id] = channelState.phase }
            return state.told[channel.id]
        }
        guard before != channelState.phase else { return }
        let account: Logger.MetadataValue = "\(channel.id)"
        switch channelState.phase {
        case .connected:
            logger.notice(
                "a messaging account is connected", metadata: ["account": account, "as": "\(channelState.name ?? "")"])
        case .refused:
            logger.error(
                "a messaging account is refused, and not tried again before the gateway starts anew",
                metadata: ["account": account, "reason": "\(channelState.error ?? "")"])
        case .connecting where before == .connected:
            logger.warning(
                "a messaging account lost its connection",
                metadata: ["account": account, "reason": "\(channelState.error ?? "")"])
        case .idle, .connecting, .stopped: break
        }
    }

    func receive(_ message: InboundMessage, from channel: any Channel) async {
        guard let account = accounts.first(where: { $0.id == channel.id }) else { return }
        do {
            try await take(message, from: channel, account)
        } catch is CancellationError {
            // The gateway ends.
        } catch {
            logger.error(
                "a message was not taken in",
                metadata: [
                    "account": "\(channel.id)", "error": "\((error as? ProtocolError)?.message ?? "\(error)")",
                ])
        }
    }

    private func take(_ message: InboundMessage, from channel: any Channel, _ account: ChannelFactory.Account)
        async throws
    {
        let policy = account.policy
        let isAsking = message.place == .direct && policy.direct == .pairing
        let isPaired = isAsking ? try await senders.contains(message.sender.id, message.account) : false
        let patterns = MentionPatterns(policy.mentionPatterns)
        let admission = Admission(policy) { channel.isMatch($0, $1) }
        switch admission.decide(message, isPaired: isPaired, mentions: patterns.areIn) {
        case .ignored(let reason):
            logger.debug("a message is ignored", metadata: ["account": "\(channel.id)", "reason": "\(reason)"])
        case .overheard: state.withLock { $0.history.add(message, limit: policy.historyLimit) }
        case .mustPair: try await tellCode(to: message)
        case .admitted:
            let isPermitted = state.withLock { $0.guardian.permits(Self.speaker(of: message), at: message.time) }
            guard isPermitted else {
                return logger.warning(
                    "somebody writes too much to be answered: it may be a program that answers by itself",
                    metadata: ["account": "\(channel.id)", "sender": "\(message.sender.id)"])
            }
            try await ask(message, from: channel, policy)
        }
    }

    private static func speaker(of message: InboundMessage) -> String {
        switch message.place {
        case .direct: "\(message.account) \(message.sender.id)"
        case .group(let group): "\(message.account) \(group) \(message.sender.id)"
        }
    }

    private func tellCode(to message: InboundMessage) async throws {
        let name = configuration.value.instance.name
        let outcome = try await senders.ask(message) { code in
            let command = CommandText.command("pairing approve \(message.account.service) \(code)", for: name)
            return "I do not know you yet. Whoever runs this gateway can let you in within an hour: \(command)"
        }
        switch outcome {
        case .isNew(let request):
            logger.notice(
                "somebody asks to be listened to",
                metadata: [
                    "account": "\(message.account)", "sender": "\(request.sender.id)", "code": "\(request.code)",
                ])
        case .isKnown: break
        case .isFull:
            logger.debug("too many ask to be listened to", metadata: ["account": "\(message.account)"])
        }
    }

    /// Has the agent of the conversation answer `message`.
    private func ask(
        _ message: InboundMessage, from channel: any Channel, _ policy: ChannelPolicy
    ) async throws {
        let peer: (kind: SessionKey.Peer.Kind, id: String) =
            switch message.place {
            case .direct: (.direct, message.sender.id)
            case .group(let group): (.group, group)
            }
        let origin = MessageOrigin(channel: message.account.service, accountID: message.account.account, peer: peer)
        let session = sessions.session(for: origin)
        if StopWords.contains(message.text) {
            _ = try conversations.abort(session: session.key, .stopWord)
            return
        }
        let history = state.withLock { $0.history.take(for: message) }
        var request = RunRequest(
            space: .chat, key: "\(message.account):\(message.id)", sessionKey: session.key,
            clientSessionKey: session.key.text, agentID: session.agentID, message: "")
        if let rest = ResetTrigger.rest(
            of: message.text, triggers: configuration.value.content.session.resetTriggers)
        {
            request.isBeginning = true
            var begun = message
            begun.text = rest
            request.message = rest.isEmpty ? "" : ToldMessage(begun, label: channel.label, history: []).text
        } else if CompactionCommand.isIn(message.text), agents.value.named(session.agentID)?.hasModel == true {
            request.isCompaction = true
        } else {
            request.message = ToldMessage(message, label: channel.label, history: history).text
        }
        request.isPromised = true
        request.reply = DeliveryRoute(
            service: message.account.service, account: message.account.account, target: message.replyTarget,
            thread: message.thread)
        if !policy.responsePrefix.isEmpty { request.reply?.prefix = policy.responsePrefix }
        request.extraSystemPrompt = Self.notice(message, label: channel.label)
        try await accept(request)
    }

    /// What an agent is told of where it talks.
    private static func notice(_ message: InboundMessage, label: String) -> String {
        let place =
            switch message.place {
            case .direct: "with one person"
            case .group(let group): "in the group \(group), where several people read and write"
            }
        return
            "This conversation is held over \(label), \(place). Each message begins with who wrote it and when, in brackets. Your "
            + "answer is sent there as plain text."
    }

    /// How long a message waits for room, where too many wait to be answered.
    private static let patience = TimeSpan(60, .seconds)

    /// Has `request` taken in; waits where there is no room now.
    private func accept(_ request: RunRequest) async throws {
        let end = ContinuousClock.now + Self.patience.duration
        while true {
            do {
                switch try await conversations.accept(conversations.claim(request)) {
                case .started, .underWay, .over: return
                }
            } catch let fault as ProtocolError where fault.isRetryable == true && ContinuousClock.now < end {
                try await Task.sleep(for: .milliseconds(500))
            }
        }
    }
}
