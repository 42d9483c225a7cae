import NIOCore
import NIOPosix
public import NIOSSL
import Synchronization

/// An IRC server on a real socket for tests: registers clients as a real one does, with a password, SASL and nicks in use, notes
/// what they say, and says what a test has it say.
public final class TestIRCServer: Sendable {
    /// How it behaves.
    public struct Rules: Sendable {
        /// What `PASS` must say; nil when nothing is asked for.
        public var password: String?
        /// The accounts with their passwords; without any the server knows no SASL.
        public var accounts: [String: String] = [:]
        /// The capabilities it offers beside `sasl`.
        public var capabilities = ["account-tag", "message-tags", "server-time"]
        /// The nicks that others have.
        public var takenNicks: Set<String> = []
        /// The nicks it takes for malformed.
        public var badNicks: Set<String> = []
        /// What it says instead of taking a client in.
        public var refusal: String?
        /// More of what it supports (005).
        public var support = ["CASEMAPPING=rfc1459", "CHANTYPES=#", "NETWORK=Test"]
        /// Whether it answers `PING`.
        public var answersPings = true
        /// The accounts of those who are asked about by WHOX, by nick.
        public var whox: [String: String] = [:]
        /// The targets that cannot be written to.
        public var unknownTargets: Set<String> = []

        /// A server that takes everybody in, and offers what tags need.
        public init() {}
    }

    private struct State {
        var rules: Rules
        var lines: [String] = []
        var clients: [ObjectIdentifier: Client] = [:]
        var connectionCount = 0
        var listener: (any Channel)?
        var isRefusing = false
    }

    private let state: Mutex<State>
    private let encryption: NIOSSLContext?

    private init(_ rules: Rules, _ encryption: NIOSSLContext?) {
        state = Mutex(State(rules: rules))
        self.encryption = encryption
    }

    /// Has `body` talk to a server, with TLS when it has an `identity`.
    public static func serving<Value: Sendable>(
        _ rules: Rules = Rules(), identity: NIOSSLContext? = nil,
        _ body: (TestIRCServer) async throws -> Value
    ) async throws -> Value {
        let server = TestIRCServer(rules, identity)
        try await server.listen(port: 0)
        let result: Result<Value, any Error>
        do { result = .success(try await body(server)) } catch { result = .failure(error) }
        await server.stop()
        return try result.get()
    }

    private func listen(port: Int) async throws {
        let listener = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { [self] channel in
                channel.eventLoop.makeCompletedFuture {
                    if let encryption {
                        try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: encryption))
                    }
                    try channel.pipeline.syncOperations.addHandler(Client(server: self, channel: channel))
                }
            }
            .bind(host: "127.0.0.1", port: port).get()
        state.withLock { $0.listener = listener }
        lastPort.withLock { $0 = listener.localAddress?.port ?? 0 }
    }

    private let lastPort = Mutex(0)

    /// Where it listens, or listened.
    public var port: Int { lastPort.withLock { $0 } }

    // MARK: What it heard

    /// What clients said, in order.
    public var lines: [String] { state.withLock { $0.lines } }
    /// How many connections there were.
    public var connectionCount: Int { state.withLock { $0.connectionCount } }
    /// How many there are.
    public var openCount: Int { state.withLock { $0.clients.count } }
    /// How many are registered.
    public var registeredCount: Int { state.withLock { $0.clients.values.filter(\.isRegistered).count } }
    /// What was said to others: the lines that begin with `PRIVMSG`, as target and text.
    public var messages: [(target: String, text: String)] {
        lines.compactMap { line in
            let parts = line.split(separator: " ", maxSplits: 2)
            guard parts.count == 3, parts[0] == "PRIVMSG" else { return nil }
            return (String(parts[1]), String(parts[2].dropFirst()))
        }
    }

    // MARK: What it does

    /// Has it behave otherwise from now on.
    public func change(_ body: (inout Rules) -> Void) { state.withLock { body(&$0.rules) } }

    /// Sends `line` to every client that is registered.
    public func say(_ line: String) { say(bytes: Array((line + "\r\n").utf8)) }

    /// The same, as it is.
    public func say(bytes: [UInt8]) {
        for client in state.withLock({ Array($0.clients.values) }) where client.isRegistered {
            client.channel.writeAndFlush(ByteBuffer(bytes: bytes), promise: nil)
        }
    }

    /// Ends every connection, as a server that dies does.
    public func dropAll() async {
        for client in state.withLock({ Array($0.clients.values) }) { try? await client.channel.close() }
    }

    /// Ends every connection, and listens no more.
    public func stop() async {
        let listener = state.withLock { state in
            defer { state.listener = nil }
            return state.listener
        }
        try? await listener?.close()
        await dropAll()
    }

    /// Listens again where it did.
    public func restart() async throws {
        for attempt in 1... {
            do { return try await listen(port: port) } catch {
                guard attempt < 200 else { throw error }
                try await Task.sleep(for: .milliseconds(50))
            }
        }
    }

    fileprivate var rules: Rules { state.withLock { $0.rules } }

    fileprivate func note(_ line: String) { state.withLock { $0.lines.append(line) } }

    fileprivate func began(_ client: Client) {
        state.withLock { state in
            state.connectionCount += 1
            state.clients[ObjectIdentifier(client)] = client
        }
    }

    fileprivate func ended(_ client: Client) {
        state.withLock { _ = $0.clients.removeValue(forKey: ObjectIdentifier(client)) }
    }
}

/// One client of the server.
private final class Client: ChannelInboundHandler, Sendable {
    typealias InboundIn = ByteBuffer

    private struct State {
        var rest: [UInt8] = []
        var nick: String?
        var user: String?
        var password: String?
        var isNegotiating = false
        var isRegistered = false
        var account: String?
        var isRefused = false
    }

    let server: TestIRCServer
    let channel: any Channel
    private let state = Mutex(State())

    init(server: TestIRCServer, channel: any Channel) {
        self.server = server
        self.channel = channel
    }

    var isRegistered: Bool { state.withLock { $0.isRegistered } }

    func channelActive(context: ChannelHandlerContext) {
        server.began(self)
        context.fireChannelActive()
    }

    func channelInactive(context: ChannelHandlerContext) {
        server.ended(self)
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let lines = state.withLock { state in
            state.rest += Array(Self.unwrapInboundIn(data).readableBytesView)
            var lines: [String] = []
            while let end = state.rest.firstIndex(of: UInt8(ascii: "\n")) {
                lines.append(String(decoding: state.rest[..<end].filter { $0 != UInt8(ascii: "\r") }, as: UTF8.self))
                state.rest.removeFirst(end + 1)
            }
            return lines
        }
        for line in lines {
            server.note(line)
            take(line)
        }
    }

    private func send(_ line: String) { channel.writeAndFlush(ByteBuffer(string: line + "\r\n"), promise: nil) }

    private func refuse(_ line: String) {
        state.withLock { $0.isRefused = true }
        send(line)
        send("ERROR :Closing Link")
        channel.close(promise: nil)
    }

    private func take(_ line: String) {
        let words = line.split(separator: " ", maxSplits: 2).map(String.init)
        let rules = server.rules
        switch words.first?.uppercased() {
        case "CAP": capability(words, rules)
        case "AUTHENTICATE": authenticate(words.last ?? "", rules)
        case "PASS": state.withLock { $0.password = words.last.map { $0.hasPrefix(":") ? String($0.dropFirst()) : $0 } }
        case "NICK": nick(words.count > 1 ? words[1] : "", rules)
        case "USER":
            state.withLock { $0.user = words.count > 1 ? words[1] : nil }
            register(rules)
        case "PING" where rules.answersPings:
            send(":irc.test PONG irc.test \(words.dropFirst().joined(separator: " "))")
        case "JOIN":
            let source = state.withLock { "\($0.nick ?? "")!~\($0.user ?? "")@client.test" }
            for channel in (words.count > 1 ? words[1] : "").split(separator: ",") {
                send(":\(source) JOIN \(channel)")
            }
        case "PRIVMSG":
            guard words.count > 1, rules.unknownTargets.contains(words[1]) else { break }
            send(":irc.test 401 \(state.withLock { $0.nick } ?? "*") \(words[1]) :No such nick/channel")
        case "WHO":
            guard words.count > 1 else { break }
            let me = state.withLock { $0.nick } ?? "*"
            let token = line.split(separator: ",").last ?? ""
            send(":irc.test 354 \(me) \(token) \(words[1]) \(rules.whox[words[1]] ?? "0")")
            send(":irc.test 315 \(me) \(words[1]) :End of WHO list")
        default: break
        }
    }

    private func capability(_ words: [String], _ rules: TestIRCServer.Rules) {
        switch words.count > 1 ? words[1] : "" {
        case "LS":
            state.withLock { $0.isNegotiating = true }
            let all = rules.capabilities + (rules.accounts.isEmpty ? [] : ["sasl=PLAIN,EXTERNAL"])
            // In two lines, as servers do that offer much.
            send(":irc.test CAP * LS * :multi-prefix")
            send(":irc.test CAP * LS :\(all.joined(separator: " "))")
        case "REQ": send(":irc.test CAP * ACK \(words.last ?? "")")
        case "END":
            state.withLock { $0.isNegotiating = false }
            register(rules)
        default: break
        }
    }

    private func authenticate(_ word: String, _ rules: TestIRCServer.Rules) {
        guard word != "PLAIN" else { return send("AUTHENTICATE +") }
        let parts = Self.base64(word).split(separator: 0, omittingEmptySubsequences: false).map {
            String(decoding: $0, as: UTF8.self)
        }
        guard parts.count == 3, rules.accounts[parts[1]] == parts[2] else {
            return send(":irc.test 904 * :SASL authentication failed")
        }
        state.withLock { $0.account = parts[1] }
        send(":irc.test 900 * * \(parts[1]) :You are now logged in as \(parts[1])")
        send(":irc.test 903 * :SASL authentication successful")
    }

    private func nick(_ nick: String, _ rules: TestIRCServer.Rules) {
        let me = state.withLock { $0.isRegistered ? $0.nick ?? "*" : "*" }
        if rules.badNicks.contains(nick) { return send(":irc.test 432 \(me) \(nick) :Erroneous nickname") }
        if rules.takenNicks.contains(nick) { return send(":irc.test 433 \(me) \(nick) :Nickname is already in use") }
        let before = state.withLock { state in
            defer { state.nick = nick }
            return state.isRegistered ? state.nick : nil
        }
        if let before {
            send(":\(before)!~u@client.test NICK \(nick)")
        } else {
            register(rules)
        }
    }

    private func register(_ rules: TestIRCServer.Rules) {
        let (nick, password) = state.withLock { state -> (String?, String?) in
            guard !state.isRegistered, !state.isRefused, !state.isNegotiating, let nick = state.nick, state.user != nil
            else { return (nil, nil) }
            return (nick, state.password)
        }
        guard let nick else { return }
        if let refusal = rules.refusal { return refuse(refusal) }
        if let wanted = rules.password, wanted != password { return refuse(":irc.test 464 * :Password incorrect") }
        state.withLock { $0.isRegistered = true }
        send(":irc.test 001 \(nick) :Welcome")
        send(":irc.test 005 \(nick) \(rules.support.joined(separator: " ")) :are supported by this server")
        send(":irc.test 422 \(nick) :MOTD File is missing")
    }

    private static func base64(_ text: String) -> [UInt8] {
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
        var (bits, count, bytes) = (UInt32(0), 0, [UInt8]())
        for character in text.utf8 {
            guard let value = alphabet.firstIndex(of: character) else { continue }
            bits = bits << 6 | UInt32(value)
            count += 6
            if count >= 8 {
                count -= 8
                bytes.append(UInt8(truncatingIfNeeded: bits >> UInt32(count)))
            }
        }
        return bytes
    }
}
