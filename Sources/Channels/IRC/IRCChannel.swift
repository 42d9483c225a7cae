import NIOCore
import Synchronization
package import Time

/// An account on an IRC network.
package final class IRCChannel: Channel {
    package let id: AccountID
    package let label = "IRC"
    private let settings: IRCSettings
    private let policy: ChannelPolicy
    private let clock: WallClock

    private struct Live {
        var state = ChannelState()
        /// What is said and understood over the connection that stands; nil where none does.
        var session: IRCSession?
        /// The connection that stands.
        var line: Line?
        /// Those who wait for the server to answer a ping.
        var pings: [String: CheckedContinuation<Void, any Error>] = [:]
        /// Why a message to a target was refused since it was asked for last.
        var rejections: [String: String] = [:]
        var pacer: Pacer
        var pingCount = 0
        /// What a server that is silent was asked, until it answers.
        var askedAt: Timestamp?
    }

    private let live: Mutex<Live>
    private let connected = Latch()

    /// An account that is connected as `settings` say. Makes no connection before `run` is called.
    package init(id: AccountID, settings: IRCSettings, policy: ChannelPolicy, clock: WallClock = .system) {
        self.id = id
        self.settings = settings
        self.policy = policy
        self.clock = clock
        live = Mutex(Live(pacer: Pacer(burst: settings.flood.burst, interval: settings.flood.interval)))
    }

    package var state: ChannelState {
        live.withLock { live in
            var state = live.state
            state.name = live.session.map(\.nick) ?? state.name
            state.notes = live.session.map(\.notes) ?? []
            return state
        }
    }

    // MARK: Names

    private var mapping: IRCCaseMapping { live.withLock { $0.session?.mapping } ?? .rfc1459 }

    package func isMatch(_ entry: String, _ sender: Sender) -> Bool { IRCMask.matches(entry, sender.id, mapping) }

    package func group(_ name: String) -> String { mapping.folded(name) }

    /// A name as most servers compare it, where none has said how it does.
    package static func folded(_ name: some StringProtocol) -> String { IRCCaseMapping.rfc1459.folded(name) }

    package func target(_ text: String) throws(ChannelFailure) -> String {
        let isName =
            !text.isEmpty && text.utf8.count <= 200 && !text.contains { " ,:\r\n\0".contains($0) || $0.isWhitespace }
        guard isName, !text.contains("*"), !text.hasPrefix("$") else {
            throw ChannelFailure(.rejected, "\"\(text)\" is no nick and no channel such as #help")
        }
        return text
    }

    // MARK: Saying

    package func piece(of message: OutboundMessage) -> (piece: String, rest: String)? {
        let session = live.withLock(\.session) ?? IRCSession(settings, id: id)
        let limit = min(policy.chunkLimit, session.room(for: message.target))
        let chunker = Chunker(limit: limit, unit: .bytes, keepsFences: false)
        var rest = message.text[...]
        // Every line is a message of its own; what a line break is for others is one here.
        while let start = rest.firstIndex(where: { !$0.isNewline }) {
            rest = rest[start...]
            let line = rest.prefix { !$0.isNewline }
            let after = rest[line.endIndex...]
            guard let (piece, left) = chunker.first(of: IRCText.plain(line)) else {
                rest = after
                continue
            }
            return (piece, left + after.drop { left.isEmpty && $0.isNewline })
        }
        return nil
    }

    package func waitForTurn() async throws {
        try await connected.wait()
        let wait = live.withLock { $0.pacer.take(at: .now) }
        if wait > .zero { try await Task.sleep(for: wait) }
    }

    package func post(_ piece: String, to target: String, thread: String?) throws(ChannelFailure) {
        let line = live.withLock { live in
            guard live.session?.isRegistered == true else { return nil as Line? }
            live.state.outboundAt = clock.now
            return live.line
        }
        guard let line else { throw .disconnected }
        line.post("PRIVMSG \(target) :\(piece)")
    }

    package func confirm() async throws {
        let (line, token) = live.withLock { live in
            live.pingCount += 1
            return (live.line, "mazelclaw-\(live.pingCount)")
        }
        guard let line else { throw ChannelFailure.disconnected }
        try await answer(to: token) { line.post("PING :\(token)") }
        let rejections = live.withLock { live in
            defer { live.rejections = [:] }
            return live.rejections
        }
        if let (target, reason) = rejections.first {
            throw ChannelFailure(.rejected, "\(target) cannot be written to: \(reason)")
        }
    }

    /// Waits for the answer to the ping `token`. A connection that is deaf ends, and the wait with it.
    private func answer(to token: String, whenWaiting: () -> Void) async throws {
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
                let refusal: (any Error)? = live.withLock { live in
                    guard live.line != nil else { return ChannelFailure.disconnected }
                    if Task.isCancelled { return CancellationError() }
                    live.pings[token] = continuation
                    return nil
                }
                if let refusal { return continuation.resume(throwing: refusal) }
                whenWaiting()
            }
        } onCancel: {
            live.withLock { $0.pings.removeValue(forKey: token) }?.resume(throwing: CancellationError())
        }
    }

    // MARK: The connection

    package func run(_ receiver: any ChannelReceiver) async {
        var backoff = Backoff(from: settings.times.retrying.first, to: settings.times.retrying.last)
        change(receiver) { $0.startedAt = clock.now }
        while !Task.isCancelled {
            change(receiver) { state in
                state.phase = .connecting
                state.attempts += 1
            }
            let beganAt = ContinuousClock.now
            let failure: ChannelFailure
            do throws(ChannelFailure) {
                try await hold(receiver)
                failure = .disconnected
            } catch {
                failure = error
            }
            if Task.isCancelled { break }
            guard failure.kind != .final else {
                change(receiver) { state in
                    state.phase = .refused
                    state.error = failure.description
                }
                return connected.breakDown(failure)
            }
            change(receiver) { state in
                state.phase = .connecting
                state.error = failure.description
            }
            if ContinuousClock.now - beganAt > settings.times.retrying.last.duration { backoff.reset() }
            try? await Task.sleep(for: backoff.next().duration)
        }
        change(receiver) { $0.phase = .stopped }
    }

    private func change(_ receiver: any ChannelReceiver, _ body: (inout ChannelState) -> Void) {
        live.withLock { body(&$0.state) }
        receiver.stateChanged(of: self)
    }

    /// Makes one connection and holds it until it ends. Throws `ChannelFailure`.
    private func hold(_ receiver: any ChannelReceiver) async throws(ChannelFailure) {
        let dialer = IRCDialer(settings: settings)
        let connection = try await dialer.connect()
        defer { forget() }
        do {
            try await connection.executeThenClose { inbound, _ in
                let line = Line(channel: connection.channel)
                let first = live.withLock { live in
                    var session = IRCSession(settings, id: id)
                    defer { live.session = session }
                    live.line = line
                    live.askedAt = nil
                    live.state.heardAt = clock.now
                    return session.begin()
                }
                try await carryOut(first, line, receiver)
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask { try await self.read(inbound, line, receiver) }
                    group.addTask { try await self.watch(line, receiver) }
                    defer {
                        group.cancelAll()
                        line.post("QUIT")
                    }
                    try await group.next()
                }
            }
        } catch {
            throw dialer.failure(error)
        }
    }

    private func read(
        _ inbound: NIOAsyncChannelInboundStream<ByteBuffer>, _ line: Line, _ receiver: any ChannelReceiver
    ) async throws {
        var reader = IRCLineReader()
        for try await buffer in inbound {
            for bytes in reader.take(buffer.readableBytesView) {
                guard let message = IRCMessage(bytes) else { continue }
                let now = clock.now
                let effects = live.withLock { live in
                    live.state.heardAt = now
                    live.askedAt = nil
                    return live.session?.take(message, at: now) ?? []
                }
                try await carryOut(effects, line, receiver)
            }
        }
        throw ChannelFailure(.disconnected, "the server closed the connection")
    }

    /// Ends a connection that is deaf, and has the session do what is due.
    private func watch(_ line: Line, _ receiver: any ChannelReceiver) async throws {
        let silence = settings.times.silence
        let beganAt = ContinuousClock.now
        while true {
            try await Task.sleep(for: min(.seconds(1), silence.duration / 4))
            let now = clock.now
            let (effects, isAsking, failure) = live.withLock { live -> ([IRCSession.Effect], Bool, ChannelFailure?) in
                if live.session?.isRegistered != true,
                    ContinuousClock.now - beganAt > settings.times.registering.duration
                {
                    return (
                        [], false, ChannelFailure(.disconnected, "the server did not take it in within the time for it")
                    )
                }
                if let askedAt = live.askedAt, now.since(askedAt) >= silence {
                    return ([], false, ChannelFailure(.disconnected, "the server has been silent, and answers no ping"))
                }
                let isAsking = live.askedAt == nil && now.since(live.state.heardAt ?? now) >= silence
                if isAsking { live.askedAt = now }
                return (live.session?.tick(at: now) ?? [], isAsking, nil)
            }
            if let failure { throw failure }
            if isAsking { line.post("PING :mazelclaw") }
            try await carryOut(effects, line, receiver)
        }
    }

    private func carryOut(
        _ effects: [IRCSession.Effect], _ line: Line, _ receiver: any ChannelReceiver
    ) async throws {
        for effect in effects {
            switch effect {
            case .send(let text): line.post(text)
            case .message(let message):
                live.withLock { $0.state.inboundAt = message.time }
                await receiver.receive(message, from: self)
            case .registered:
                change(receiver) { state in
                    state.phase = .connected
                    state.connectedAt = clock.now
                    state.error = nil
                }
                connected.open()
            case .changed: receiver.stateChanged(of: self)
            case .pong(let token): live.withLock { $0.pings.removeValue(forKey: token) }?.resume()
            case .refused(let reason): throw ChannelFailure(.final, reason)
            case .ended(let reason): throw ChannelFailure(.disconnected, "the server ended the connection: \(reason)")
            case .rejected(let target, let reason): live.withLock { $0.rejections[target] = reason }
            }
        }
    }

    /// The connection is over.
    private func forget() {
        connected.close()
        let pings = live.withLock { live in
            defer { live.pings = [:] }
            live.state.name = live.session?.nick
            live.session = nil
            live.line = nil
            return live.pings.values
        }
        for ping in pings { ping.resume(throwing: ChannelFailure.disconnected) }
    }
}

/// A connection that lines are sent over.
private struct Line: Sendable {
    let channel: any NIOCore.Channel

    /// Sends `text`, whatever becomes of it.
    func post(_ text: String) { channel.writeAndFlush(buffer(text), promise: nil) }

    /// One line, whatever stands in it: what a message, a nick or a name holds begins no other.
    private func buffer(_ text: String) -> ByteBuffer {
        let safe = text.unicodeScalars.filter { $0 != "\r" && $0 != "\n" && $0 != "\0" }
        return ByteBuffer(string: String(String.UnicodeScalarView(safe)) + "\r\n")
    }
}
