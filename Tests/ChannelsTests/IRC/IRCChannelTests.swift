import Foundation
import IRCServer
import NIOCore
import NIOPosix
import NIOSSL
import Synchronization
import TestIdentities
import Testing
import Text
import Time

@testable import Channels

/// An account on a real socket.
@Suite struct IRCChannelTests {
    private static let id = AccountID("irc", "default")

    /// An account of `server` that a test need not wait for.
    private func channel(
        _ server: TestIRCServer, policy: ChannelPolicy = ChannelPolicy(),
        _ change: (inout IRCSettings) -> Void = { _ in }
    ) -> IRCChannel {
        var settings = IRCSettings(host: "127.0.0.1", port: server.port, nick: "bot")
        settings.isEncrypted = false
        settings.flood = (burst: 100, interval: .milliseconds(1))
        settings.times.retrying = (first: TimeSpan(10, .milliseconds), last: TimeSpan(50, .milliseconds))
        change(&settings)
        return IRCChannel(id: Self.id, settings: settings, policy: policy)
    }

    /// Holds `channel`'s connection while `body` runs.
    private func hold(_ channel: IRCChannel, _ body: (TestReceiver) async throws -> Void) async throws {
        let receiver = TestReceiver()
        let running = Task { await channel.run(receiver) }
        let result: Result<Void, any Error>
        do { result = .success(try await body(receiver)) } catch { result = .failure(error) }
        running.cancel()
        await running.value
        try result.get()
    }

    /// Says `text` as the gateway does.
    private func say(_ text: String, to target: String, by channel: IRCChannel) async throws {
        var rest = text
        while let (piece, next) = channel.piece(of: OutboundMessage(target: target, text: rest)) {
            try await channel.waitForTurn()
            try channel.post(piece, to: target, thread: nil)
            rest = next
        }
        try await channel.confirm()
    }

    @Test func `messages come in and go out`() async throws {
        try await TestIRCServer.serving { server in
            let channel = channel(server) { $0.channels = ["#a"] }
            #expect(channel.state.phase == .idle)
            try await hold(channel) { receiver in
                try await #expect(eventually { channel.state.isConnected && server.lines.contains("JOIN #a") })
                #expect(channel.state.name == "bot")
                server.say("@account=ada :ada!a@h PRIVMSG bot :hello")
                server.say(":bob!b@h PRIVMSG #a :bot: hi")
                try await #expect(eventually { receiver.messages.count == 2 })
                #expect(receiver.messages.map(\.sender.id) == ["ada", "bob!b@h"])
                #expect(receiver.messages.map(\.account) == [Self.id, Self.id])
                try await say("one\n\ntwo", to: "ada", by: channel)
                #expect(server.messages.map(\.text) == ["one", "two"])
                #expect(channel.state.outboundAt != nil)
                #expect(channel.state.inboundAt != nil)
                #expect(channel.state.error == nil)
            }
            #expect(channel.state.phase == .stopped)
            try await #expect(eventually { server.openCount == 0 })
            #expect(server.lines.contains("QUIT"))
        }
    }

    @Test func `answers fit the server's lines, and hold no lines of their own`() async throws {
        try await TestIRCServer.serving { server in
            var policy = ChannelPolicy()
            policy.chunkLimit = 4000
            let channel = channel(server, policy: policy) { $0.channels = ["#a"] }
            try await hold(channel) { _ in
                try await #expect(eventually { channel.state.isConnected && server.lines.contains("JOIN #a") })
                let text = String(repeating: "wörd ", count: 500)
                try await say(text, to: "#a", by: channel)
                let messages = server.messages
                #expect(messages.map(\.text).joined(separator: " ") + " " == text)
                // As others get it, with the server's own prefix.
                for message in messages {
                    let line = ":bot!~bot@client.test PRIVMSG #a :\(message.text)\r\n"
                    #expect(line.utf8.count <= 512)
                }
                #expect((7...8).contains(messages.count))
                try await say("a\rQUIT\u{85}b\0c\u{1}VERSION\u{1}", to: "#a", by: channel)
                #expect(!server.lines.contains("QUIT"))
                #expect(
                    server.messages.suffix(2).map(\.text) == ["a", "QUITbcVERSION"]
                        || server.messages.last?.text == "bcVERSION")
            }
        }
    }

    @Test(arguments: ["a b", "", "#a,#b", "*", "$*", "a:b", "x\r\nQUIT", String(repeating: "x", count: 201)])
    func `what is no place cannot be written to`(target: String) async throws {
        try await TestIRCServer.serving { server in
            let channel = channel(server)
            #expect(throws: ChannelFailure.self) { try channel.target(target) }
        }
    }

    @Test func `a nick that nobody has is told`() async throws {
        var rules = TestIRCServer.Rules()
        rules.unknownTargets = ["nobody"]
        try await TestIRCServer.serving(rules) { server in
            let channel = channel(server)
            try await hold(channel) { _ in
                await #expect(throws: ChannelFailure(.rejected, "nobody cannot be written to: No such nick/channel")) {
                    try await say("hi", to: "nobody", by: channel)
                }
                try await say("hi", to: "ada", by: channel)
            }
        }
    }

    // MARK: Refusals

    @Test func `a wrong password is final, and seen`() async throws {
        var rules = TestIRCServer.Rules()
        rules.password = "right"
        try await TestIRCServer.serving(rules) { server in
            let channel = channel(server) { $0.password = Secret.test("wrong") }
            let receiver = TestReceiver()
            // Returns by itself.
            await channel.run(receiver)
            #expect(channel.state.phase == .refused)
            #expect(channel.state.error == "the server refuses the password: Password incorrect")
            #expect(server.connectionCount == 1)
            await #expect(throws: ChannelFailure.self) { try await channel.waitForTurn() }
            let other = self.channel(server) { $0.password = Secret.test("right") }
            try await hold(other) { _ in try await #expect(eventually { other.state.isConnected }) }
        }
    }

    @Test func `a wrong SASL password is final, and the right one is taken`() async throws {
        var rules = TestIRCServer.Rules()
        rules.accounts = ["robot": "right"]
        try await TestIRCServer.serving(rules) { server in
            let wrong = channel(server) { $0.sasl = IRCSettings.SASL(account: "robot", password: Secret.test("wrong")) }
            await wrong.run(TestReceiver())
            #expect(wrong.state.phase == .refused)
            #expect(wrong.state.error?.hasPrefix("SASL: ") == true)
            let right = channel(server) { $0.sasl = IRCSettings.SASL(account: "robot", password: Secret.test("right")) }
            try await hold(right) { _ in try await #expect(eventually { right.state.isConnected }) }
        }
    }

    @Test func `a nick that the server does not take, and a ban, are final`() async throws {
        var rules = TestIRCServer.Rules()
        rules.badNicks = ["bot"]
        try await TestIRCServer.serving(rules) { server in
            let channel = channel(server)
            await channel.run(TestReceiver())
            #expect(channel.state.phase == .refused)
            server.change { rules in
                rules.badNicks = []
                rules.refusal = ":irc.test 465 * :You are banned from this server"
            }
            let other = self.channel(server)
            await other.run(TestReceiver())
            #expect(other.state.error == "the server bans it: You are banned from this server")
            #expect(server.connectionCount == 2)
        }
    }

    @Test func `a nick in use is numbered, and told`() async throws {
        var rules = TestIRCServer.Rules()
        rules.takenNicks = ["bot", "bot1"]
        try await TestIRCServer.serving(rules) { server in
            let channel = channel(server) {
                $0.times.regaining = TimeSpan(50, .milliseconds); $0.times.silence = TimeSpan(10, .seconds)
            }
            try await hold(channel) { _ in
                try await #expect(eventually { channel.state.isConnected })
                #expect(channel.state.name == "bot2")
                #expect(channel.state.notes.count == 1)
                server.change { $0.takenNicks = [] }
                try await #expect(eventually { channel.state.name == "bot" })
                #expect(channel.state.notes.isEmpty)
            }
        }
    }

    // MARK: Connections that break

    @Test func `when the server died it comes back, once`() async throws {
        try await TestIRCServer.serving { server in
            let channel = channel(server)
            try await hold(channel) { receiver in
                try await #expect(eventually { channel.state.isConnected })
                await server.stop()
                try await #expect(
                    eventually {
                        !channel.state.isConnected && channel.state.error != nil && channel.state.attempts > 2
                    })
                try await server.restart()
                try await #expect(eventually { channel.state.isConnected })
                #expect(channel.state.error == nil)
                #expect(server.openCount == 1)
                server.say(":ada!a@h PRIVMSG bot :again")
                try await #expect(eventually { receiver.messages.map(\.text) == ["again"] })
                try await say("here", to: "ada", by: channel)
                #expect(server.messages.map(\.text) == ["here"])
            }
        }
    }

    @Test func `a server that answers no ping is left`() async throws {
        var rules = TestIRCServer.Rules()
        rules.answersPings = false
        try await TestIRCServer.serving(rules) { server in
            let channel = channel(server) { $0.times.silence = TimeSpan(1, .seconds) }
            try await hold(channel) { receiver in
                try await #expect(
                    eventually {
                        let history = receiver.history
                        return zip(history, history.dropFirst()).contains { $0 == (.connected, .connecting) }
                    })
            }
        }
    }

    @Test func `what waits for an answer hears that the connection broke`() async throws {
        var rules = TestIRCServer.Rules()
        rules.answersPings = false
        try await TestIRCServer.serving(rules) { server in
            let channel = channel(server)
            try await hold(channel) { _ in
                try await #expect(eventually { channel.state.isConnected })
                let confirming = Task { try await channel.confirm() }
                try await #expect(eventually { server.lines.contains { $0.hasPrefix("PING") } })
                await server.dropAll()
                await #expect(throws: ChannelFailure.disconnected) { _ = try await confirming.value }
            }
        }
    }

    @Test func `a server that takes nobody in is left`() async throws {
        var rules = TestIRCServer.Rules()
        // It waits for the end of a negotiation that never comes.
        rules.capabilities = []
        try await TestIRCServer.serving(rules) { server in
            server.change { $0.takenNicks = Set((0...30).map { $0 == 0 ? "bot" : "bot\($0)" }) }
            let channel = channel(server)
            try await hold(channel) { _ in
                try await #expect(eventually { server.connectionCount >= 2 })
                #expect(channel.state.error?.contains("in use") == true)
            }
        }
    }

    // MARK: Hostile input

    @Test func `lines of ten megabytes, invalid text and control characters break nothing`() async throws {
        try await TestIRCServer.serving { server in
            let channel = channel(server)
            try await hold(channel) { receiver in
                try await #expect(eventually { channel.state.isConnected })
                server.say(
                    bytes: Array(":ada!a@h PRIVMSG bot :".utf8) + [UInt8](repeating: 0x78, count: 10 << 20) + [13, 10])
                server.say(
                    bytes: [0, 1, 2, 0xFF, 0xFE, 10] + Array(":ada!a@h PRIVMSG bot :\u{3}4".utf8) + [
                        0xFC, 0x07, 0x1B, 10,
                    ])
                server.say(":ada!a@h PRIVMSG bot :end")
                try await #expect(eventually { receiver.messages.last?.text == "end" })
                #expect(receiver.messages.map(\.text) == ["ü", "end"])
                #expect(channel.state.isConnected)
                #expect(server.connectionCount == 1)
            }
        }
    }

    // MARK: TLS and proxies

    @Test func `a certificate that nobody vouches for is not trusted, and one in caFile is`() async throws {
        let identity = try TestIdentity.make(host: "localhost")
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("irc-\(UUID().uuidString).pem")
        try Data(identity.pem.utf8).write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        try await TestIRCServer.serving(identity: identity.server) { server in
            let stranger = channel(server) { settings in
                settings.host = "localhost"
                settings.isEncrypted = true
            }
            try await hold(stranger) { _ in
                try await #expect(eventually { stranger.state.error?.contains("is not trusted") == true })
                #expect(!stranger.state.isConnected)
            }
            let trusting = channel(server) { settings in
                settings.host = "localhost"
                settings.isEncrypted = true
                settings.authorities = file.path
            }
            try await hold(trusting) { _ in try await #expect(eventually { trusting.state.isConnected }) }
            // The certificate is of another name.
            let other = channel(server) { settings in
                settings.isEncrypted = true
                settings.authorities = file.path
            }
            try await hold(other) { _ in
                try await #expect(eventually { other.state.error?.contains("is not trusted") == true })
            }
        }
    }

    @Test func `through a proxy, and what it refuses is told with the remedy`() async throws {
        try await TestIRCServer.serving { server in
            let proxy = try await TestProxy.start { $0 == "127.0.0.1:\(server.port)" }
            let through = channel(server) { $0.proxy = IRCSettings.Proxy(host: "127.0.0.1", port: proxy.port) }
            try await hold(through) { receiver in
                try await #expect(eventually { through.state.isConnected })
                server.say(":ada!a@h PRIVMSG bot :through")
                try await #expect(eventually { receiver.messages.map(\.text) == ["through"] })
            }
            let refused = channel(server) { settings in
                settings.host = "irc.example"
                settings.proxy = IRCSettings.Proxy(host: "127.0.0.1", port: proxy.port)
            }
            try await hold(refused) { _ in
                try await #expect(
                    eventually {
                        refused.state.error?.contains("\"irc.example:\(server.port)\" to \"egress\"") == true
                    })
            }
            await proxy.stop()
        }
    }
}
