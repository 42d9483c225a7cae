import Foundation
import Fuzzing
import GRDB
import IRCServer
import Testing

@testable import Storage

/// The gateway is killed while it receives, answers and says things over IRC.
///
/// By default six times; `MAZELCLAW_KILLS=100` is another number.
@Suite(.serialized) struct MessagingCrashTests {
    private static let rounds = ProcessInfo.processInfo.environment["MAZELCLAW_KILLS"].flatMap { Int($0) } ?? 6

    @Test func `kill -9 doubles no answer, and keeps them in order`() async throws {
        try await TestIRCServer.serving { server in
            let command = try BuiltCommand()
            let port = try Port.free()
            try command.write(
                """
                {gateway: {mode: "local", auth: {token: "\(TestInstance.token)"}},
                 agents: {list: [{id: "main", model: "tool"}],
                  defaults: {cliBackends: {tool: {command: "/bin/echo", output: "text"}}}},
                 channels: {irc: {host: "127.0.0.1", port: \(server.port), tls: false, nick: "bot", dmPolicy: "open",
                  allowFrom: ["*"], flood: {burst: 1000, intervalMs: 0}}}}
                """, to: ".mazelclaw-\(command.profile)/mazelclaw.json")
            let setup = try await command.run("--profile", command.profile, "setup", "--port", "\(port)")
            try #require(setup.code == 0, "\(setup.errors)")
            var random = KillSeed.numbers(for: "messaging")
            var count = 0
            for round in 1...Self.rounds {
                let connections = server.connectionCount
                let delay = random.below(250_000)
                _ = try await command.gateway("--profile", command.profile, "gateway", signal: SIGKILL) { _ in
                    try await Self.registered(server, after: connections, "round \(round)")
                    for _ in 0..<6 {
                        count += 1
                        // Each by a sender of its own: twenty within a minute are answered of one.
                        server.say("@msgid=m\(count) :s\(count)!s@h PRIVMSG bot :number \(count)")
                    }
                    try await Task.sleep(for: .microseconds(delay))
                }
            }
            // The last start says what is left.
            let connections = server.connectionCount
            _ = try await command.gateway("--profile", command.profile, "gateway") { _ in
                try await Self.registered(server, after: connections, "last")
                server.say("@msgid=last :end!e@h PRIVMSG bot :the end")
                try await #expect(eventually { server.messages.contains { $0.target == "end" } })
            }
            let kept = try Self.kept(command)
            let said = server.messages.compactMap { message -> Int? in
                guard message.text.contains("number ") else { return nil }
                return message.text.split(separator: " ").last.flatMap { Int($0) }
            }
            #expect(Set(said).count == said.count, "doubled, seed \(KillSeed.value)")
            #expect(said == said.sorted(), "out of order, seed \(KillSeed.value)")
            #expect(Set(said).isSubset(of: kept), "answered what was not kept")
            // At each kill the one piece may be lost that was noted, and not yet sent.
            let lost = kept.subtracting(said)
            #expect(lost.count <= Self.rounds, "lost \(lost.sorted()), seed \(KillSeed.value)")
            #expect(!said.isEmpty)
            print(
                "kills: \(Self.rounds); sent \(count), kept \(kept.count), said \(said.count), lost \(lost.count); seed \(KillSeed.value)"
            )
        }
    }

    private static func registered(_ server: TestIRCServer, after connections: Int, _ comment: Comment) async throws {
        try await #expect(
            eventually {
                // What is sent when the greeting is over, or the last of the registration.
                server.connectionCount > connections && server.registeredCount > 0
            }, comment)
    }

    /// The numbers that were taken in.
    private static func kept(_ command: BuiltCommand) throws -> Set<Int> {
        var settings = DatabaseFile.settings
        settings.readonly = true
        let queue = try DatabaseQueue(
            path: "\(command.home)/.mazelclaw-\(command.profile)/mazelclaw.sqlite", configuration: settings)
        defer { #expect(throws: Never.self) { try queue.close() } }
        let texts = try queue.read { database in
            try String.fetchAll(database, sql: "SELECT text FROM message WHERE role = 'user' AND text LIKE '%number %'")
        }
        return Set(texts.compactMap { $0.split(separator: " ").last.flatMap { Int($0) } })
    }
}
