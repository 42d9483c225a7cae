import Foundation
import JSON
import Testing

/// The way back from a configuration that does not work.
@Suite struct ConfigVersionTests {
    private let command: BuiltCommand
    private let port: UInt16
    private var file: String { ".mazelclaw-\(command.profile)/mazelclaw.json" }

    init() async throws { (command, port) = try await BuiltCommand.withEcho() }

    private func run(_ arguments: String...) async throws -> BuiltCommand.Result {
        try await command.run(["--profile", command.profile] + arguments)
    }

    private func versions() async throws -> [JSON] {
        let result = try await run("config", "history", "--json")
        return try JSON(parsing: Array(result.output.utf8)).array ?? []
    }

    @Test func `versions are listed, compared and put back`() async throws {
        _ = try await run("config", "set", "session.scope", "global")
        _ = try await run("config", "set", "gateway.auth.token", "another-token-of-length")
        #expect(try await versions().map { $0["version"]?.string } == ["current", "1", "2", "3"])
        let list = try await run("config", "history")
        #expect(list.output.hasPrefix("current  20"))
        let secret = try await run("config", "diff", "1")
        #expect(secret.code == 1)
        #expect(secret.output.contains("Only secrets differ"), "\(secret.output)")
        #expect(!secret.output.contains("another-token-of-length") && !secret.output.contains(TestInstance.token))
        let diff = try await run("config", "diff", "2")
        #expect(diff.output.contains("--- 2, 20"))
        #expect(diff.output.contains("\"scope\": \"global\""), "\(diff.output)")
        let unknown = try await run("config", "rollback", "9")
        #expect(unknown.code == 1)
        #expect(unknown.errors.contains("expected one of current, 1, 2, 3"))
        let before = try command.read(file)
        let back = try await run("config", "rollback", "2")
        #expect(back.code == 0, "\(back.errors)")
        #expect(back.output.contains("Put back 2, written at 20"))
        #expect(try !command.read(file).contains("global"))
        #expect(try command.read(file + ".bak") == before)
        let same = try await run("config", "diff", "current")
        #expect(same.code == 0)
    }

    @Test func `a gateway starts with the last configuration that worked, and leaves the file alone`() async throws {
        let good = try command.read(file)
        _ = try await command.gateway("--profile", command.profile, "gateway") { _ in }
        let broken = good.replacing("\"mode\": \"local\"", with: "\"mode\": \"locl\"")
        #expect(broken != good)
        try command.write(broken, to: file)
        let refused = try await run("gateway")
        #expect(refused.code == 78)
        let end = try await command.gateway("--profile", command.profile, "gateway", "--last-good") { _ in
            let status = try await run("status")
            #expect(status.output.contains("\(command.profile): up"))
            // It looks at the file at its start, and says what it thinks of it.
            let isTold = try await eventually {
                try await run("status").output.contains(
                    "the running gateway cannot use it, and goes on with the last one")
            }
            #expect(isTold)
            // Whoever talks with it goes by what it goes by.
            let chat = try await run("chat", "hello")
            #expect(chat.output.contains("hello"))
            #expect(chat.errors.contains("going by the last configuration that worked"))
            #expect(try command.read(file) == broken)
            // Mended, the file counts again.
            try command.write(
                good.replacing("{\"gateway\"", with: "{\"session\": {\"scope\": \"global\"}, \"gateway\""), to: file)
            let isMended = try await eventually {
                let output = try await run("status").output
                return !output.contains("goes on with the last one") && output.contains(": up")
            }
            #expect(isMended)
        }
        #expect(end.code == 0)
        #expect(end.errors.contains("STARTING WITH THE LAST CONFIGURATION THAT WORKED"))
        #expect(end.errors.contains("gateway.mode"))
    }

    @Test func `without a copy there is nothing to start with, and a valid file counts`() async throws {
        try command.write("{gateway: {mode: 'locl'}}", to: file)
        let refused = try await run("gateway", "--last-good")
        #expect(refused.code == 78)
        #expect(refused.errors.contains("gateway.mode"))
        let rollback = try await run("config", "rollback")
        #expect(rollback.code == 0, "\(rollback.errors)")
        let end = try await command.gateway("--profile", command.profile, "gateway", "--last-good") { _ in }
        #expect(!end.errors.contains("STARTING WITH"))
        try FileManager.default.removeItem(atPath: "\(command.home)/\(file)")
        let gone = try await command.gateway("--profile", command.profile, "gateway", "--last-good") { _ in }
        #expect(gone.errors.contains("mazelclaw.json is not there"))
        try command.write("{", to: file)
        let back = try await run("config", "rollback")
        #expect(back.output.contains("Put back last-good"), "\(back.errors)")
    }
}
