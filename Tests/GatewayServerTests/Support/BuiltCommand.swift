import Foundation
import Testing

/// The `mazelclaw` that was built beside these tests, with a home of its own and nothing inherited.
final class BuiltCommand: Sendable {
    let home: String
    /// Names no profile of this host has: those an administrator keeps in /etc are read as well.
    let profile = "p-\(UUID().uuidString.prefix(8))"
    let other = "q-\(UUID().uuidString.prefix(8))"

    /// The program.
    let executable: URL

    /// The one built beside these tests, or the one that is installed: made for speed, and what its time is worth knowing of.
    init(isInstalled: Bool = false) throws {
        let tests = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        let products = URL(fileURLWithPath: tests).deletingLastPathComponent()
        let stage = ProcessInfo.processInfo.environment["MAZELCLAW_STAGE"] ?? ".build/stage"
        executable = isInstalled ? URL(filePath: "\(stage)/bin/mazelclaw") : products.appending(path: "mazelclaw")
        home = FileManager.default.temporaryDirectory.appendingPathComponent("command-test-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: home, withIntermediateDirectories: true)
    }

    /// One that is set up, with `agents`; those of the model `tool` answer with what they are asked. The gateway's port
    /// comes with it.
    static func withEcho(
        agents: String = #"[{"id": "main", "model": "tool"}]"#, isInstalled: Bool = false
    ) async throws -> (command: BuiltCommand, port: UInt16) {
        let command = try BuiltCommand(isInstalled: isInstalled)
        let port = try Port.free()
        try command.write(
            """
            {"gateway": {"mode": "local", "auth": {"token": "\(TestInstance.token)"}},
             "agents": {"list": \(agents),
                        "defaults": {"cliBackends": {"tool": {"command": "/bin/echo", "output": "text"}}}}}
            """, to: ".mazelclaw-\(command.profile)/mazelclaw.json")
        let setup = try await command.run("--profile", command.profile, "setup", "--port", "\(port)")
        try #require(setup.code == 0, "\(setup.errors)")
        return (command, port)
    }

    deinit {
        try? FileManager.default.removeItem(atPath: home)
    }

    /// What a command said, and the code it ended with.
    struct Result {
        let code: Int32
        let output: String
        let errors: String
    }

    /// Runs a command to its end.
    func run(_ arguments: String..., environment: [String: String] = [:]) async throws -> Result {
        try await run(arguments, environment: environment)
    }

    /// Runs a command to its end, with `input` on its standard input. `wrapper` is a command that executes the one that
    /// follows it.
    func run(
        _ arguments: [String], environment: [String: String] = [:], wrapper: [String] = [], input: String? = nil
    ) async throws -> Result {
        try await Seats.hold {
            await end(of: try launch(wrapper + [executable.path] + arguments, environment, input: input))
        }
    }

    /// Runs another program to its end, found in PATH.
    func shell(_ arguments: [String]) async throws -> Result {
        try await Seats.hold { await end(of: try launch(arguments, [:])) }
    }

    /// Starts a command whose output nobody reads.
    func start(_ arguments: String..., wrapper: [String] = []) throws -> ChildProcess {
        try launch(wrapper + [executable.path] + arguments, [:])
    }

    /// What `process` says until its end, after `said`.
    private func end(of process: ChildProcess, after said: [UInt8] = []) async -> Result {
        // Both are short: neither fills its pipe before the other is read.
        let output = said + (await process.output.rest())
        let errors = await process.errors.rest()
        return Result(
            code: await process.end(), output: String(decoding: output, as: UTF8.self),
            errors: String(decoding: errors, as: UTF8.self))
    }

    /// Starts a gateway, by the command `wrapper` when there is one, waits until it listens, and stops it with `signal`
    /// after `body`. Returns its end.
    func gateway(
        _ arguments: String..., environment: [String: String] = [:], signal: Int32 = SIGTERM,
        wrapper: [String] = [], _ body: (ChildProcess) async throws -> Void
    ) async throws -> Result {
        try await Seats.hold {
            try await hold(launch(wrapper + [executable.path] + arguments, environment), signal, body)
        }
    }

    /// Waits until the gateway `process` listens, and stops it with `signal` after `body`. Returns its end.
    private func hold(
        _ process: ChildProcess, _ signal: Int32, _ body: (ChildProcess) async throws -> Void
    ) async throws -> Result {
        var said: [UInt8] = []
        while !String(decoding: said, as: UTF8.self).contains("listening on") {
            let more = await process.output.next()
            if more.isEmpty {
                let end = await end(of: process)
                try #require(Bool(false), "ended early: \(end.errors)")
            }
            said += more
        }
        do {
            defer { kill(process.processIdentifier, signal) }
            try await body(process)
        } catch {
            _ = await process.end()
            throw error
        }
        return await end(of: process, after: said)
    }

    func write(_ text: String, to name: String) throws {
        let file = URL(fileURLWithPath: "\(home)/\(name)")
        try FileManager.default.createDirectory(
            at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try text.write(to: file, atomically: false, encoding: .utf8)
    }

    func read(_ name: String) throws -> String {
        try String(contentsOfFile: "\(home)/\(name)", encoding: .utf8)
    }

    /// The permission bits of `name`.
    func mode(_ name: String) throws -> Int {
        let attributes = try FileManager.default.attributesOfItem(atPath: "\(home)/\(name)")
        return try #require(attributes[.posixPermissions] as? Int)
    }

    /// The variables of every run.
    var environment: [String: String] {
        [
            "HOME": home, "XDG_CONFIG_HOME": "\(home)/config", "XDG_STATE_HOME": "\(home)/state",
            "PATH": "/usr/bin:/bin",
        ]
    }

    private func launch(
        _ command: [String], _ environment: [String: String], input: String? = nil
    ) throws -> ChildProcess {
        try ChildProcess(
            "/usr/bin/env", command,
            environment: self.environment.merging(environment) { $1 },
            input: Array((input ?? "").utf8))
    }
}
