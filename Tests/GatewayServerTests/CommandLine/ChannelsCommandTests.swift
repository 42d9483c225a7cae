import Foundation
import IRCServer
import JSON
import Testing

@testable import Channels

/// The commands about messaging services, with a gateway that is on IRC.
@Suite struct ChannelsCommandTests {
    private func setUp() async throws -> BuiltCommand {
        try await BuiltCommand.withEcho().command
    }

    @Test func `add writes an account, and says what the profile must be granted`() async throws {
        let command = try await setUp()
        let profile = ["--profile", command.profile, "channels"]
        let empty = try await command.run(profile + ["list"])
        #expect(empty.output == "No account is configured; channels add irc makes one.\n")

        let added = try await command.run(
            profile + [
                "add", "irc", "--host", "irc.example", "--nick", "mazel", "--join", "#tea", "--sasl-password",
                "${IRC_WORD}",
            ], environment: ["IRC_WORD": "geheim"])
        try #require(added.code == 0, "\(added.errors)")
        #expect(added.output.contains("Added irc/default. "))
        #expect(added.output.contains(#""connect": {"ports": [6697]} into "#))
        #expect(added.output.contains("pairing list irc"))
        let list = try await command.run(profile + ["list", "--json"], environment: ["IRC_WORD": "geheim"])
        let accounts = try JSON(parsing: Array(list.output.utf8))["accounts"]
        #expect(
            accounts == [
                ["channel": "irc", "accountId": "default", "enabled": true, "host": "irc.example", "nick": "mazel"]
            ])
        #expect(try command.read(".mazelclaw-\(command.profile)/mazelclaw.json").contains("${IRC_WORD}"))

        let second = try await command.run(
            profile + [
                "add", "irc", "--host", "127.0.0.1", "--nick", "other", "--account", "two", "--no-tls", "--allow",
                "ada",
            ],
            environment: ["IRC_WORD": "geheim"])
        #expect(second.output.contains(#""connect": {"ports": [6667]} into "#))
        let unnamed = try await command.run(
            profile + ["add", "irc", "--host", "h", "--nick", "n"], environment: ["IRC_WORD": "geheim"])
        #expect(unnamed.code == 1)
        #expect(unnamed.errors.contains("name this one with --account"))
        let removed = try await command.run(
            profile + ["remove", "irc", "--account", "two"], environment: ["IRC_WORD": "geheim"])
        try #require(removed.code == 0, "\(removed.errors)")
        let none = try await command.run(profile + ["list"])
        #expect(none.output.contains("No account is configured"))
    }

    @Test(arguments: [
        ["add", "telegram", "--host", "h", "--nick", "n"],
        ["add", "irc", "--host", "h", "--nick", "n", "--password", "geheim"],
        ["add", "irc", "--host", "h", "--nick", "n", "--sasl-password", "geheim"],
        ["add", "irc", "--host", "h", "--nick", "n", "--sasl-account", "a"], ["add", "irc", "--host", "h"],
        ["add", "irc", "--host", "h", "--nick", "n", "--password", "-", "--sasl-password", "-"],
    ])
    func `what cannot be added is refused, and no password is taken from a command line`(words: [String]) async throws {
        let command = try BuiltCommand()
        let result = try await command.run(["--profile", command.profile, "channels"] + words)
        #expect(result.code == 2)
        #expect(!result.errors.contains("geheim"))
    }

    @Test func `a stranger is let in, and a message is sent`() async throws {
        try await TestIRCServer.serving { server in
            let command = try await setUp()
            let name = ["--profile", command.profile]
            let added = try await command.run(
                name + [
                    "channels", "add", "irc", "--host", "127.0.0.1", "--port", "\(server.port)", "--nick", "bot",
                    "--no-tls",
                ])
            try #require(added.code == 0, "\(added.errors)")
            _ = try await command.gateway("--profile", command.profile, "gateway") { _ in
                try await #expect(
                    eventually {
                        try await command.run(name + ["channels", "status"]).code == 0
                    })
                let status = try await command.run(name + ["channels", "status"])
                #expect(status.output.contains("irc  default  connected as bot"))
                server.say("@account=ada :ada!a@h PRIVMSG bot :hello")
                try await #expect(eventually { server.messages.count == 1 })
                let code = try #require(server.messages[0].text.split(separator: " ").last.map(String.init))
                let list = try await command.run(name + ["pairing", "list"])
                #expect(list.output.contains(code))
                #expect(list.output.contains("ada"))
                let approved = try await command.run(name + ["pairing", "approve", "irc", code])
                #expect(approved.output == "Let in ada\n")
                let again = try await command.run(name + ["pairing", "reject", "irc", code])
                #expect(again.code == 1)
                #expect(again.errors.contains("codes hold for an hour"))
                server.say("@account=ada :ada!a@h PRIVMSG bot :hello")
                try await #expect(eventually { server.messages.count == 2 })
                let sent = try await command.run(name + ["message", "send", "--to", "#tea", "--message", "ready"])
                #expect(sent.output == "Sent to #tea\n")
                #expect(server.messages.last?.target == "#tea")
                await server.stop()
                try await #expect(
                    eventually {
                        try await command.run(name + ["channels", "status"]).code == 1
                    })
            }
        }
    }
}
