import Fuzzing
import Testing
import Time

@testable import Channels

/// What servers send that nobody thought of.
@Suite struct IRCFuzzTests {
    @Test func `no bytes break the reader`() {
        for seed in FuzzRun("irc-reader") {
            var random = SplitMix(seed: seed)
            let words = [
                "PRIVMSG ", ":ada!a@h ", "#a ", ":", "@", ";", "=", "\\", " ", "\r\n", "\n", "\0", "\u{1}ACTION ",
                "001 me ",
                "CAP * LS ", "ACK ", ":sasl ", "AUTHENTICATE + ", "433 ", "432 ", "005 ", "WHOX ", "CASEMAPPING= ",
                "353 ",
                "NICK ", "JOIN ", "KICK ", "bot ", "ERROR ", "354 x 741 ", "315 ", "account=", "time=2026", "ü", "+",
                "~",
            ]
            var settings = IRCSettings(host: "h", port: 1, nick: "bot")
            settings.channels = ["#a"]
            var session = IRCSession(settings, id: AccountID("irc", "x"))
            _ = session.begin()
            var reader = IRCLineReader()
            var time = Timestamp(clamping: 1_800_000_000_000)
            for _ in 0..<random.below(40) {
                var bytes: [UInt8] = []
                for _ in 0..<random.below(30) {
                    if random.below(5) == 0 {
                        bytes.append(UInt8(truncatingIfNeeded: random.next()))
                    } else {
                        bytes += Array(words[random.below(words.count)].utf8)
                    }
                }
                for line in reader.take(bytes + [10]) {
                    guard let message = IRCMessage(line) else { continue }
                    for effect in session.take(message, at: time) {
                        guard case .message(let message) = effect else { continue }
                        #expect(
                            !message.text.unicodeScalars.contains { $0.value < 0x20 || $0.value == 0x7F },
                            "seed \(seed)")
                        #expect(!message.sender.id.isEmpty)
                    }
                }
                time = time + TimeSpan(Int64(random.below(30)), .seconds)
                _ = session.tick(at: time)
                #expect(session.notes.count < 100)
            }
        }
    }
}
