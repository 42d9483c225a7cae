import Testing
import Text
import Time

@testable import Channels

/// A conversation with a server that a test writes down.
private final class Talk {
    private(set) var session: IRCSession
    var now = Timestamp(clamping: 1_800_000_000_000)

    init(_ change: (inout IRCSettings) -> Void = { _ in }) {
        var settings = IRCSettings(host: "irc.test", port: 6697, nick: "bot")
        change(&settings)
        session = IRCSession(settings, id: AccountID("irc", "default"), name: "s")
        _ = session.begin()
    }

    func begin() -> [IRCSession.Effect] { session.begin() }

    func hear(_ lines: String...) -> [IRCSession.Effect] {
        lines.flatMap { line in IRCMessage(Array(line.utf8)).map { session.take($0, at: now) } ?? [] }
    }

    /// What is sent then.
    func sent(_ lines: String...) -> [String] {
        lines.flatMap { line in hear(line) }.compactMap { effect in
            if case .send(let line) = effect { line } else { nil }
        }
    }

    func heard(_ lines: String...) -> [InboundMessage] {
        lines.flatMap { line in hear(line) }.compactMap { effect in
            if case .message(let message) = effect { message } else { nil }
        }
    }

    /// The server takes it in.
    func register(_ support: String = "CHANTYPES=#") {
        _ = hear(
            ":irc.test CAP * LS :account-tag server-time message-tags",
            ":irc.test CAP * ACK :account-tag server-time message-tags")
        _ = hear(
            "@time=2026-12-01T00:00:00.000Z :irc.test 001 \(session.nick) :Welcome",
            ":irc.test 005 \(session.nick) \(support) :are supported")
    }

    func wait(_ seconds: Int64) -> [IRCSession.Effect] {
        now = now + TimeSpan(seconds, .seconds)
        return session.tick(at: now)
    }
}

@Suite struct IRCSessionTests {
    // MARK: Registration

    @Test func `it asks for what the server offers, and joins its channels when it was greeted`() {
        let talk = Talk { settings in
            settings.channels = ["#a", "#b key"]
            settings.password = Secret("server")
        }
        #expect(
            talk.begin() == [
                .send("CAP LS 302"), .send("PASS :server"), .send("NICK bot"), .send("USER bot 0 * :bot"),
            ])
        #expect(talk.sent(":s CAP * LS * :account-tag") == [])
        #expect(talk.sent(":s CAP * LS :sasl=PLAIN chghost") == ["CAP REQ :account-tag chghost"])
        #expect(talk.sent(":s CAP * ACK :account-tag chghost") == ["CAP END"])
        #expect(talk.hear(":s 001 bot :Welcome") == [.registered])
        #expect(
            talk.sent(":s 005 bot BOT=B CHANTYPES=# :are supported", ":s 376 bot :End") == [
                "MODE bot +B", "JOIN #a", "JOIN #b key",
            ])
    }

    @Test func `an old server is content with the old way`() {
        let talk = Talk()
        #expect(talk.hear(":s 421 * CAP :Unknown command", ":s 001 bot :Welcome") == [.registered])
    }

    @Test func `SASL comes before the registration, in pieces of 400 bytes`() {
        let talk = Talk { $0.sasl = IRCSettings.SASL(account: "bot", password: Secret.test("geheim")) }
        #expect(talk.sent(":s CAP * LS :sasl=EXTERNAL,PLAIN") == ["CAP REQ :sasl"])
        #expect(talk.sent(":s CAP * ACK :sasl") == ["AUTHENTICATE PLAIN"])
        #expect(talk.sent("AUTHENTICATE +") == ["AUTHENTICATE AGJvdABnZWhlaW0="])
        #expect(talk.sent("AUTHENTICATE +") == [])
        #expect(talk.sent(":s 900 bot bot!b@h bot :in", ":s 903 bot :done") == ["CAP END"])
        #expect(talk.hear(":s 001 bot :Welcome") == [.registered])

        let long = Talk {
            $0.sasl = IRCSettings.SASL(account: "bot", password: Secret.test(String(repeating: "x", count: 295)))
        }
        _ = long.hear(":s CAP * LS :sasl", ":s CAP * ACK :sasl")
        let lines = long.sent("AUTHENTICATE +")
        #expect(lines.map(\.utf8.count) == [413, 14])
        #expect(lines.last == "AUTHENTICATE +")
    }

    @Test(arguments: [
        ":s CAP * LS :account-tag", ":s CAP * LS :sasl=EXTERNAL", ":s 001 bot :Welcome", ":s CAP * NAK :sasl",
        ":s 904 bot :failed", ":s 905 bot :too long",
    ])
    func `without SASL the password goes nowhere, and that is final`(line: String) {
        let talk = Talk { $0.sasl = IRCSettings.SASL(account: "bot", password: Secret.test("geheim")) }
        let effects = talk.hear(line)
        guard case .refused(let reason) = effects.first else {
            Issue.record("\(effects)")
            return
        }
        #expect(reason.contains("SASL"))
        #expect(!reason.contains("geheim"))
    }

    @Test(arguments: [
        ":s 464 * :Password incorrect", ":s 465 * :You are banned", ":s 432 * bot :Erroneous",
        "ERROR :Closing Link: K-lined",
        "ERROR :Closing link: (G:Lined spam)", "ERROR :Access denied: Bad password?",
    ])
    func `what does not change by trying is final`(line: String) {
        let talk = Talk()
        guard case .refused = talk.hear(line).first else {
            Issue.record("\(line) is not final")
            return
        }
    }

    @Test func `other ends are not`() {
        let talk = Talk()
        #expect(talk.hear("ERROR :Closing Link: Server is full") == [.ended("Closing Link: Server is full")])
        talk.register()
        // Once it is registered, a word such as password is a reason like any other.
        #expect(talk.hear("ERROR :Ping timeout, password") == [.ended("Ping timeout, password")])
    }

    // MARK: Nick

    @Test func `a nick in use is numbered, and taken when it is free`() {
        let talk = Talk { $0.nickServ = IRCSettings.NickServ(password: Secret.test("pw")) }
        #expect(talk.sent(":s 433 * bot :in use") == ["NICK bot1"])
        #expect(talk.sent(":s 436 * bot1 :collision") == ["NICK bot2"])
        talk.register()
        #expect(talk.session.notes == ["the nick bot is in use; it is called bot2 until it is free"])
        #expect(talk.wait(59) == [])
        #expect(talk.wait(1) == [.send("PRIVMSG NickServ :GHOST bot pw"), .send("NICK bot")])
        #expect(talk.sent(":s 433 bot2 bot :in use") == [])
        #expect(talk.sent(":bot!x@y QUIT :gone") == ["NICK bot"])
        #expect(
            talk.hear(":bot2!b@h NICK bot") == [.send("PRIVMSG NickServ :IDENTIFY bot pw"), .changed])
        #expect(talk.session.notes.isEmpty)
        #expect(talk.wait(120) == [])
    }

    @Test func `a numbered nick that is too long is cut`() {
        let talk = Talk { $0.nick = "nineletters" }
        #expect(talk.sent(":s 433 * nineletters :in use") == ["NICK nineletters1"])
        #expect(talk.sent(":s 432 * nineletters1 :too long") == ["NICK ninelet2"])
    }

    // MARK: Messages

    @Test func `direct messages and channels are apart, and the nick at the beginning is for whom it is`() {
        let talk = Talk()
        talk.register()
        let direct = talk.heard("@account=ada;msgid=m1 :Ada!a@h PRIVMSG bot :hi \u{2}there\u{2}")
        #expect(direct.map(\.text) == ["hi there"])
        #expect(direct.map(\.place) == [.direct])
        #expect(direct.map(\.sender) == [Sender(id: "ada", name: "Ada")])
        #expect(direct.map(\.replyTarget) == ["Ada"])
        #expect(direct.map(\.id) == ["m1"])
        let group = talk.heard(
            ":Ada!a@h PRIVMSG #Help :BOT: do it", ":Ada!a@h PRIVMSG @#help :robot is no bot",
            ":Ada!a@h PRIVMSG #help :bots")
        #expect(group.map(\.place) == [.group("#help"), .group("#help"), .group("#help")])
        #expect(group.map(\.isMentioning) == [true, true, false])
        #expect(group.map(\.text) == ["do it", "robot is no bot", "bots"])
        // Without an account it is the mask.
        #expect(group[0].sender.id == "Ada!a@h")
        #expect(Set(group.map(\.id)).count == 3)
    }

    @Test(arguments: [
        ":bot!b@h PRIVMSG bot :myself", ":irc.test PRIVMSG bot :a server", ":ada!a@h NOTICE bot :a notice",
        ":ada!a@h PRIVMSG $*.test :everybody", ":ada!a@h PRIVMSG other :not me",
        ":ada!a@h PRIVMSG bot :\u{1}VERSION\u{1}",
        ":ada!a@h PRIVMSG bot :", ":ada!a@h PRIVMSG bot : \u{2}\u{2} ", ":ada!a@h PRIVMSG bot",
        "@time=2026-11-30T23:59:59.000Z :ada!a@h PRIVMSG bot :said before",
    ])
    func `what nobody said to it is no message`(line: String) {
        let talk = Talk()
        talk.register()
        #expect(talk.hear(line) == [])
    }

    @Test func `an action is told as one`() {
        let talk = Talk()
        talk.register()
        #expect(talk.heard(":ada!a@h PRIVMSG bot :\u{1}ACTION waves\u{1}").map(\.text) == ["* ada waves"])
    }

    @Test(arguments: ["a!b", "*", "0", "a b", ""])
    func `what is no account's name is none`(account: String) {
        let message = InboundMessage.test(from: "mask")
        #expect(IRCIdentification.identified(message, account).sender.id == "mask")
    }

    @Test func `where messages do not say who wrote them, the server is asked`() {
        let talk = Talk()
        _ = talk.hear(
            ":s CAP * LS :chghost", ":s CAP * ACK :chghost", ":s 001 bot :Welcome", ":s 005 bot WHOX :are supported")
        #expect(talk.hear(":Ada!a@h PRIVMSG bot :one") == [.send("WHO ada %tna,741")])
        #expect(talk.hear(":Ada!a@h PRIVMSG bot :two", ":s 354 bot 99 ada mallory", ":s 354 bot 741 ada ada") == [])
        #expect(talk.heard(":s 315 bot ada :End").map(\.text) == ["one", "two"])
        // Known for a while, by the whole mask.
        #expect(talk.heard(":Ada!a@h PRIVMSG bot :three").map(\.sender.id) == ["ada"])
        #expect(talk.hear(":Ada!x@other PRIVMSG bot :four") == [.send("WHO ada %tna,741")])
        _ = talk.hear(":s 354 bot 741 ada 0")
        #expect(talk.heard(":s 315 bot ada :End").map(\.sender.id) == ["Ada!x@other"])
        // Nobody answers.
        #expect(talk.hear(":bob!b@h PRIVMSG bot :five") == [.send("WHO bob %tna,741")])
        #expect(talk.wait(9) == [])
        let late = talk.wait(1)
        #expect(late.count == 1)
        if case .message(let message) = late.first { #expect(message.sender.id == "bob!b@h") }
    }

    @Test func `many strangers at once are asked about one after the other`() {
        let talk = Talk()
        _ = talk.hear(":s CAP * LS :", ":s 001 bot :Welcome", ":s 005 bot WHOX :are supported")
        var asked: [String] = []
        for index in 0..<1000 { asked += talk.sent(":n\(index)!a@h PRIVMSG bot :x") }
        #expect(asked == ["WHO n0 %tna,741", "WHO n1 %tna,741", "WHO n2 %tna,741", "WHO n3 %tna,741"])
        let next = talk.hear(":s 354 bot 741 n0 zero", ":s 315 bot n0 :End")
        #expect(next.count == 2)
    }

    // MARK: Channels

    @Test func `a channel that is closed is told, and tried again`() {
        let talk = Talk { $0.channels = ["#a", "#b"] }
        talk.register()
        _ = talk.hear(":s 422 bot :no motd", ":bot!~b@host JOIN #a")
        #expect(talk.hear(":s 473 bot #b :Cannot join channel (+i)") == [.changed])
        #expect(talk.session.notes == ["not in #b: Cannot join channel (+i)"])
        #expect(talk.wait(60) == [.send("JOIN #b")])
        _ = talk.hear(":bot!~b@host JOIN :#B")
        #expect(talk.session.notes.isEmpty)
        _ = talk.hear(":op!o@h KICK #a bot :out")
        #expect(talk.session.notes == ["not in #a: kicked by op"])
        #expect(talk.wait(60) == [.send("JOIN #a")])
    }

    @Test func `what the server puts before a message counts`() {
        let talk = Talk()
        talk.register()
        func whole(_ source: String, _ target: String, _ room: Int) -> Int {
            ":\(source) PRIVMSG \(target) :\(String(repeating: "x", count: room))\r\n".utf8.count
        }
        // As long as it does not know how others see it, the longest there may be.
        #expect(
            whole(
                "bot!\(String(repeating: "u", count: 11))@\(String(repeating: "h", count: 63))", "#a",
                talk.session.room(for: "#a")) == 512)
        _ = talk.hear(":bot!~b@host.test JOIN #a")
        #expect(whole("bot!~b@host.test", "#a", talk.session.room(for: "#a")) == 512)
        _ = talk.hear(":s 396 bot cloak.example :is now your hidden host")
        #expect(whole("bot!~b@cloak.example", "#channel", talk.session.room(for: "#channel")) == 512)
        _ = talk.hear(":bot!~b@cloak.example CHGHOST user another.host.example")
        #expect(whole("bot!user@another.host.example", "ada", talk.session.room(for: "ada")) == 512)
    }

    @Test func `a ping is answered, and the answer to one is told`() {
        let talk = Talk()
        #expect(talk.hear("PING :a b") == [.send("PONG :a b")])
        #expect(talk.hear(":s PONG s :mazelclaw-1") == [.pong("mazelclaw-1")])
    }
}
