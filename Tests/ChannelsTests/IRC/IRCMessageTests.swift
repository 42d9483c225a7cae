import Testing

@testable import Channels

private func message(_ line: String) -> IRCMessage? { IRCMessage(Array(line.utf8)) }

@Suite struct IRCMessageTests {
    @Test func `a line is tags, source, command and parameters`() throws {
        let line = try #require(
            message(
                #"@account=ada;msgid=1\:2\s3\\;+x;time=2026-01-01T00:00:00.000Z :ada!a@h  PRIVMSG  #a  :hello :all "#))
        #expect(line.tags == ["account": "ada", "msgid": #"1;2 3\"#, "+x": "", "time": "2026-01-01T00:00:00.000Z"])
        #expect(line.source == "ada!a@h")
        #expect(line.sender?.mask == "ada!a@h")
        #expect(line.command == "PRIVMSG")
        #expect(line.parameters == ["#a", "hello :all "])
    }

    @Test(arguments: ["", " ", ":source", ":source ", "@tag", "@tag :source ", "PRIV-MSG x", "\u{7F}"])
    func `what has no command is no line`(line: String) { #expect(message(line) == nil) }

    @Test func `commands are compared in upper case, and numbers are commands`() throws {
        try #expect(#require(message("ping x")).command == "PING")
        try #expect(#require(message(":s 001 me :Welcome")).command == "001")
        try #expect(#require(message("A 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16")).parameters.last == "15 16")
    }

    @Test(arguments: ["irc.test", "ada", "ada!@h", "!a@h", "ada!a@", "ada@h"])
    func `a server is nobody`(source: String) { #expect(IRCSource(source) == nil) }

    @Test func `text that is no UTF-8 is Latin 1`() throws {
        try #expect(#require(IRCMessage([0x50, 0x20, 0x3A, 0xFC, 0x62])).parameters == ["üb"])
    }

    @Test(arguments: [
        ("\u{2}bold\u{F} \u{3}04,12red\u{3} \u{3}5,x \u{4}ff00aablue", "bold red ,x blue"),
        ("a\u{7}b\u{1B}[31mc\u{0}\u{9}d\u{85}e\u{2028}f", "ab[31mc def"), ("\u{3}123", "3"), ("plain", "plain"),
    ])
    func `formatting and control characters are left out`(text: String, plain: String) {
        #expect(IRCText.plain(text) == plain)
    }

    @Test(arguments: [
        ("ada", "ada", true), ("ADA", "ada", true), ("irc:ada", "ada", true), ("ada", "ada!a@h", false),
        ("ada!*@*", "ada", false), ("*!*@h", "ada!a@h", true), ("a?a!?@*.test", "ada!a@x.test", true),
        ("ada!a@h", "ada!a@hh", false), ("a@h", "ada!a@h", true), ("*@*", "ada!a@h", true), ("", "ada", false),
        ("[x]!a@h", "{x}!a@h", true), ("**********!*@*", "ada!a@h", true), ("*", "ada", false),
    ])
    func `a name alone is an account, and never a nick`(entry: String, id: String, isMatch: Bool) {
        #expect(IRCMask.matches(entry, id, .rfc1459) == isMatch)
    }

    @Test func `a mask full of asterisks takes no time`() {
        let mask = String(repeating: "*a", count: 2000) + "!*@*"
        let begin = ContinuousClock.now
        #expect(!IRCMask.matches(mask, "\(String(repeating: "a", count: 4000))b!x@y", .ascii))
        #expect(ContinuousClock.now - begin < .seconds(20))
    }

    // MARK: Lines

    @Test func `lines end anyhow, and one that is too long is left out with all of it`() {
        var reader = IRCLineReader()
        let first = reader.take(Array("a\r\nb\nc\r\r\n\n".utf8)).map { String(decoding: $0, as: UTF8.self) }
        #expect(first == ["a", "b", "c"])
        var lines: [[UInt8]] = []
        let piece = [UInt8](repeating: UInt8(ascii: "x"), count: 1 << 16)
        for _ in 0..<160 { lines += reader.take(piece) }
        #expect(lines.isEmpty)
        let last = reader.take(Array("tail\r\nPING\0 a\r\n".utf8)).map { String(decoding: $0, as: UTF8.self) }
        #expect(last == ["PING a"])
        #expect(reader.droppedCount == 1)
    }
}
