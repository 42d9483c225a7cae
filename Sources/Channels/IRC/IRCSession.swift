import Text
import Time

/// What is said and understood over one connection to an IRC server, without the connection: lines in, effects out.
struct IRCSession: Sendable {
    /// What is to be done.
    enum Effect: Sendable, Equatable {
        /// Send this line.
        case send(String)
        /// Somebody wrote.
        case message(InboundMessage)
        /// The server has taken the account in.
        case registered
        /// Its name, or the channels it is in, are others now.
        case changed
        /// The server answered this ping.
        case pong(String)
        /// The server refuses the account for good.
        case refused(String)
        /// The server ends the connection.
        case ended(String)
        /// The server refuses something that was said to this target.
        case rejected(target: String, String)
    }

    let id: AccountID
    let settings: IRCSettings
    /// What its messages' ids begin with where the server gives none.
    private let name: String
    private(set) var nick: String
    private(set) var isRegistered = false
    private(set) var mapping = IRCCaseMapping.rfc1459
    private var channelTypes = "#&"
    private var isKnowingAccounts = false
    private var botMode: String?
    /// What the server offers, as far as it said.
    private var offered: [String: String] = [:]
    private var enabled: Set<String> = []
    private var hasSignedIn = false
    private var isSigningIn = false
    private var nickTries = 0
    /// Others see its messages from here; nil as long as it is not known.
    private var ownSource: IRCSource?
    /// The server's clock when it took the account in; what is older was said before.
    private var baseline: Timestamp?
    private var messageCount = 0
    private var joined: Set<String> = []
    /// Why it is not in a channel, by the channel.
    private(set) var refusals: [String: String] = [:]
    private var regainedAt: Timestamp?
    private var identification: IRCIdentification
    private var serviceNote: String?

    init(_ settings: IRCSettings, id: AccountID, name: String = UUIDText.random()) {
        self.settings = settings
        self.id = id
        self.name = name
        nick = settings.nick
        identification = IRCIdentification(patience: settings.times.identifying)
    }

    // MARK: What it is

    /// Whether it is called as the configuration says.
    var hasItsNick: Bool { mapping.folded(nick) == mapping.folded(settings.nick) }

    /// What its owner should know.
    var notes: [String] {
        var notes: [String] = []
        if isRegistered, !hasItsNick {
            notes.append("the nick \(settings.nick) is in use; it is called \(nick) until it is free")
        }
        if let serviceNote { notes.append(serviceNote) }
        return notes + refusals.sorted { $0.key < $1.key }.map { "not in \($0.key): \($0.value)" }
    }

    /// How many bytes of text a message to `target` can have, so that it is whole also with what the server puts before it
    /// (RFC 1459 section 2.3: 512 bytes, both ways).
    func room(for target: String) -> Int {
        let user = ownSource?.user.utf8.count ?? 11
        let host = ownSource?.host.utf8.count ?? 63
        let source = 1 + nick.utf8.count + 1 + user + 1 + host + 1
        return 512 - 2 - source - "PRIVMSG ".utf8.count - target.utf8.count - " :".utf8.count
    }

    /// Whether `target` is a channel.
    func isChannel(_ target: some StringProtocol) -> Bool { target.first.map { channelTypes.contains($0) } ?? false }

    // MARK: Registration

    /// What is sent first.
    mutating func begin() -> [Effect] {
        var effects = [Effect.send("CAP LS 302")]
        if let password = settings.password { effects.append(.send("PASS \(Self.trailing(password.revealed()))")) }
        effects.append(.send("NICK \(nick)"))
        effects.append(.send("USER \(settings.user) 0 * \(Self.trailing(settings.realName))"))
        return effects
    }

    /// `text` as the last parameter of a line.
    private static func trailing(_ text: String) -> String { ":\(IRCText.plain(text))" }

    /// Takes a line in that came at `now`.
    mutating func take(_ message: IRCMessage, at now: Timestamp) -> [Effect] {
        switch message.command {
        case "PING": return [.send("PONG \(Self.trailing(message.parameters.last ?? ""))")]
        case "PONG": return [.pong(message.parameters.last ?? "")]
        case "CAP": return capability(message)
        case "AUTHENTICATE": return authenticate(message)
        case "900", "903": return signedIn(message.command == "903")
        case "902", "904", "905", "906", "908":
            return [.refused("SASL: the network refuses the account or its password (\(reason(message)))")]
        case "ERROR": return ended(message)
        case "NICK": return renamed(message)
        case "JOIN", "PART", "KICK": return membership(message)
        case "QUIT": return quit(message)
        case "CHGHOST": return movedHost(message)
        case "PRIVMSG": return wrote(message, at: now)
        case "NOTICE": return noticed(message)
        default: return numeric(message, at: now)
        }
    }

    private func reason(_ message: IRCMessage) -> String {
        String(IRCText.plain(message.parameters.last ?? message.command).prefix(200))
    }

    private mutating func capability(_ message: IRCMessage) -> [Effect] {
        switch message[1].uppercased() {
        case "LS":
            for word in (message.parameters.last ?? "").split(separator: " ") {
                let parts = word.split(separator: "=", maxSplits: 1)
                guard let name = parts.first, offered.count < 200 else { continue }
                offered[String(name)] = parts.count > 1 ? String(parts[1]) : ""
            }
            // An asterisk says that more comes.
            guard message.parameters.count < 4 || message[2] != "*", !isRegistered else { return [] }
            return request()
        case "ACK":
            for word in (message.parameters.last ?? "").split(separator: " ") { enabled.insert(String(word)) }
            guard !isRegistered else { return [] }
            guard settings.sasl != nil, enabled.contains("sasl") else { return [.send("CAP END")] }
            isSigningIn = true
            return [.send("AUTHENTICATE PLAIN")]
        case "NAK": return settings.sasl == nil ? [.send("CAP END")] : [.refused(Self.noSASL)]
        case "DEL":
            for word in (message.parameters.last ?? "").split(separator: " ") { enabled.remove(String(word)) }
            return []
        default: return []
        }
    }

    private static let noSASL = "SASL: the server does not offer PLAIN, so the password was not sent"

    private func request() -> [Effect] {
        var wanted = ["account-tag", "chghost", "message-tags", "server-time"].filter { offered[$0] != nil }
        if settings.sasl != nil {
            guard let kinds = offered["sasl"],
                kinds.isEmpty || kinds.uppercased().split(separator: ",").contains("PLAIN")
            else { return [.refused(Self.noSASL)] }
            wanted.append("sasl")
        }
        return wanted.isEmpty ? [.send("CAP END")] : [.send("CAP REQ :\(wanted.joined(separator: " "))")]
    }

    private mutating func authenticate(_ message: IRCMessage) -> [Effect] {
        guard isSigningIn, message[0] == "+", let sasl = settings.sasl else { return [] }
        isSigningIn = false
        let bytes = [0] + Array(sasl.account.utf8) + [0] + Array(sasl.password.revealed().utf8)
        let text = Base64.text(bytes)
        var lines: [Effect] = []
        var rest = text[...]
        // In pieces of 400 bytes; a last one that is as long is followed by an empty one (IRCv3 sasl-3.1).
        while !rest.isEmpty {
            lines.append(.send("AUTHENTICATE \(rest.prefix(400))"))
            rest = rest.dropFirst(400)
        }
        if text.utf8.count.isMultiple(of: 400) { lines.append(.send("AUTHENTICATE +")) }
        return lines
    }

    private mutating func signedIn(_ isWhole: Bool) -> [Effect] {
        hasSignedIn = true
        guard isWhole, !isRegistered else { return [] }
        return [.send("CAP END")]
    }

    private func ended(_ message: IRCMessage) -> [Effect] {
        let reason = reason(message)
        let word = reason.lowercased()
        let banned = [
            "k-line", "k:line", "g-line", "g:line", "z-line", "z:line", "d-line", "d:line", "banned", "akill",
        ]
        if banned.contains(where: word.contains) { return [.refused("the server bans it: \(reason)")] }
        if !isRegistered,
            ["password", "access denied", "not authorized", "unauthorized"].contains(where: word.contains)
        {
            return [.refused("the server refuses the password: \(reason)")]
        }
        return [.ended(reason)]
    }

    private mutating func numeric(_ message: IRCMessage, at now: Timestamp) -> [Effect] {
        switch message.command {
        case "001":
            nick = message[0].isEmpty ? nick : message[0]
            isRegistered = true
            regainedAt = now
            baseline = message.tags["time"].flatMap(RFC3339.time)
            if settings.sasl != nil, !hasSignedIn { return [.refused(Self.noSASL)] }
            return [.registered]
        case "005": return supports(message)
        case "376", "422": return settle()
        case "396":
            if let source = ownSource, !message[1].isEmpty {
                ownSource = IRCSource("\(source.nick)!\(source.user)@\(message[1])") ?? source
            }
            return []
        case "432":
            guard nickTries > 0, !isRegistered else {
                return isRegistered
                    ? [] : [.refused("the server does not take \"\(nick)\" for a nick: \(reason(message))")]
            }
            return nextNick(isShort: true)
        case "431": return isRegistered ? [] : [.refused("the server asks for a nick: \(reason(message))")]
        case "433", "436", "437":
            guard !isRegistered else { return [] }
            return nextNick(isShort: false)
        case "463", "464": return [.refused("the server refuses the password: \(reason(message))")]
        case "465", "466": return [.refused("the server bans it: \(reason(message))")]
        case "403", "405", "471", "473", "474", "475", "476", "477", "489", "520":
            let channel = mapping.folded(message[1])
            guard isChannel(channel), settings.channels.contains(where: { self.channel($0) == channel }) else {
                return []
            }
            refusals[channel] = reason(message)
            return [.changed]
        case "401", "404", "408", "716":
            guard !message[1].isEmpty else { return [] }
            return [.rejected(target: mapping.folded(message[1]), reason(message))]
        case "354":
            identification.learn(message, mapping)
            return []
        case "315":
            identification.end(message[1], mapping)
            return released(at: now)
        default: return []
        }
    }

    private mutating func supports(_ message: IRCMessage) -> [Effect] {
        for word in message.parameters.dropFirst().dropLast() {
            let parts = word.split(separator: "=", maxSplits: 1)
            let value = parts.count > 1 ? String(parts[1]) : ""
            switch parts.first {
            case "CASEMAPPING": mapping = IRCCaseMapping(rawValue: value) ?? mapping
            case "CHANTYPES": channelTypes = value.isEmpty ? channelTypes : value
            case "WHOX": isKnowingAccounts = true
            case "BOT": botMode = value.count == 1 ? value : nil
            default: break
            }
        }
        return []
    }

    /// The greeting is over: it says what it is, who it is, and where it wants to be.
    private func settle() -> [Effect] {
        var effects: [Effect] = []
        if let botMode { effects.append(.send("MODE \(nick) +\(botMode)")) }
        effects += identify()
        return effects + settings.channels.map { join($0) }
    }

    private func identify() -> [Effect] {
        guard let service = settings.nickServ else { return [] }
        let account = service.account ?? settings.nick
        return [.send("PRIVMSG \(service.service) :IDENTIFY \(account) \(service.password.revealed())")]
    }

    private func join(_ entry: String) -> Effect { .send("JOIN \(entry)") }

    /// The channel that `entry`, with its key or without, names.
    private func channel(_ entry: String) -> String { mapping.folded(entry.prefix { $0 != " " }) }

    // MARK: Nick

    private mutating func nextNick(isShort: Bool) -> [Effect] {
        nickTries += 1
        guard nickTries <= 20 else { return [.ended("the nick \(settings.nick) and those like it are in use")] }
        let base = isShort ? String(settings.nick.prefix(7)) : settings.nick
        nick = "\(base)\(nickTries)"
        return [.send("NICK \(nick)")]
    }

    /// Tries to get the nick that the configuration names.
    private func regain() -> [Effect] {
        guard isRegistered, !hasItsNick else { return [] }
        var effects: [Effect] = []
        if let service = settings.nickServ {
            effects.append(.send("PRIVMSG \(service.service) :GHOST \(settings.nick) \(service.password.revealed())"))
        }
        return effects + [.send("NICK \(settings.nick)")]
    }

    private mutating func renamed(_ message: IRCMessage) -> [Effect] {
        guard let source = message.sender else { return [] }
        if isSelf(source.nick) {
            nick = message[0]
            ownSource = IRCSource("\(nick)!\(source.user)@\(source.host)")
            return hasItsNick ? identify() + [.changed] : [.changed]
        }
        return mapping.folded(source.nick) == mapping.folded(settings.nick) ? [.send("NICK \(settings.nick)")] : []
    }

    private func isSelf(_ other: String) -> Bool { mapping.folded(other) == mapping.folded(nick) }

    private func quit(_ message: IRCMessage) -> [Effect] {
        guard let source = message.sender, !hasItsNick else { return [] }
        return mapping.folded(source.nick) == mapping.folded(settings.nick) ? [.send("NICK \(settings.nick)")] : []
    }

    private mutating func movedHost(_ message: IRCMessage) -> [Effect] {
        guard let source = message.sender, isSelf(source.nick) else { return [] }
        ownSource = IRCSource("\(source.nick)!\(message[0])@\(message[1])") ?? ownSource
        return []
    }

    // MARK: Channels

    private mutating func membership(_ message: IRCMessage) -> [Effect] {
        guard let source = message.sender else { return [] }
        if message.command == "KICK" {
            guard isSelf(message[1]) else { return [] }
            let channel = mapping.folded(message[0])
            joined.remove(channel)
            refusals[channel] = "kicked by \(source.nick)"
            return [.changed]
        }
        guard isSelf(source.nick) else { return [] }
        ownSource = source
        for channel in message[0].split(separator: ",") {
            let channel = mapping.folded(channel)
            if message.command == "JOIN" {
                joined.insert(channel)
                refusals[channel] = nil
            } else {
                joined.remove(channel)
            }
        }
        return [.changed]
    }

    // MARK: Messages

    /// What a service answers about the password is no message.
    private mutating func noticed(_ message: IRCMessage) -> [Effect] {
        guard let service = settings.nickServ, let source = message.sender,
            mapping.folded(source.nick) == mapping.folded(service.service)
        else { return [] }
        let text = IRCText.plain(message[1])
        let word = text.lowercased()
        guard word.contains("password"), ["incorrect", "invalid", "wrong", "failed"].contains(where: word.contains)
        else {
            return []
        }
        serviceNote = "\(service.service) refuses the password: \(text.prefix(200))"
        return [.changed]
    }

    private mutating func wrote(_ message: IRCMessage, at now: Timestamp) -> [Effect] {
        guard let source = message.sender, !isSelf(source.nick), !isBacklog(message) else { return [] }
        // To those who are operators of a channel, too.
        let target = message[0].drop { "~&@%+".contains($0) }
        let isGroup = isChannel(target)
        guard isGroup || isSelf(String(target)), let said = Self.said(message[1], by: source.nick) else { return [] }
        var text = IRCText.plain(said)
        let isMentioning = mentions(text)
        if isMentioning { text = withoutAddress(text) }
        guard text.contains(where: { !$0.isWhitespace }) else { return [] }
        messageCount += 1
        let inbound = InboundMessage(
            account: id, id: message.tags["msgid"] ?? "\(name)-\(messageCount)",
            place: isGroup ? .group(mapping.folded(target)) : .direct,
            sender: Sender(id: IRCText.plain(source.mask), name: IRCText.plain(source.nick)), text: text,
            isMentioning: isMentioning, time: now,
            replyTarget: isGroup ? String(target) : source.nick)
        if enabled.contains("account-tag") {
            return [.message(IRCIdentification.identified(inbound, message.tags["account"]))]
        }
        guard isKnowingAccounts else { return [.message(inbound)] }
        guard identification.hold(inbound, from: source, mapping, at: now) else { return [] }
        return released(at: now)
    }

    /// What is said in a message's text; nil for a request of a program (CTCP) that is no action.
    private static func said(_ text: String, by nick: String) -> String? {
        guard text.first == "\u{1}" else { return text }
        let request = text.dropFirst().prefix { $0 != "\u{1}" }
        guard request.hasPrefix("ACTION ") else { return nil }
        return "* \(nick) \(request.dropFirst("ACTION ".count))"
    }

    /// Whether it was said before this connection began: a bouncer, or a server with a memory, says it again.
    private func isBacklog(_ message: IRCMessage) -> Bool {
        guard let baseline, let time = message.tags["time"].flatMap(RFC3339.time) else { return false }
        return time < baseline
    }

    /// Whether `text` names it, as a word.
    private func mentions(_ text: String) -> Bool {
        let (text, name) = (Array(mapping.folded(text).unicodeScalars), Array(mapping.folded(nick).unicodeScalars))
        guard !name.isEmpty, text.count >= name.count else { return false }
        for start in 0...(text.count - name.count) where text[start..<start + name.count].elementsEqual(name) {
            let before = start == 0 ? nil : text[start - 1]
            let after = start + name.count < text.count ? text[start + name.count] : nil
            if ![before, after].contains(where: { $0.map(Self.isOfNick) ?? false }) { return true }
        }
        return false
    }

    private static func isOfNick(_ scalar: Unicode.Scalar) -> Bool {
        scalar.properties.isAlphabetic || scalar.properties.numericType != nil
            || "-_[]{}\\|^`".unicodeScalars.contains(scalar)
    }

    /// `text` without the nick at its beginning that says whom it is for.
    private func withoutAddress(_ text: String) -> String {
        let start = text.prefix(nick.count)
        guard mapping.folded(start) == mapping.folded(nick) else { return text }
        let rest = text[start.endIndex...]
        guard let mark = rest.first, mark == ":" || mark == "," else { return text }
        return String(rest.dropFirst().drop { $0 == " " })
    }

    private mutating func released(at now: Timestamp) -> [Effect] {
        let (messages, questions) = identification.release(at: now)
        return questions.map { .send("WHO \($0) %tna,\(IRCIdentification.token)") } + messages.map { .message($0) }
    }

    // MARK: Time

    /// What is due at `now`. Called every so often.
    mutating func tick(at now: Timestamp) -> [Effect] {
        var effects = released(at: now)
        guard isRegistered, now.since(regainedAt ?? now) >= settings.times.regaining else { return effects }
        regainedAt = now
        effects += regain()
        return effects + settings.channels.filter { !joined.contains(channel($0)) }.map { join($0) }
    }
}
