import Foundation
import Testing

/// A profile that was set up, and where a copy of its database is to be.
private struct SetUpProfile {
    let command: BuiltCommand
    var state: String { "\(command.home)/.mazelclaw-\(command.profile)" }
    var copy: String { "\(command.home)/copy.sqlite" }

    init() async throws {
        command = try BuiltCommand()
        let setup = try await run("setup", "--port", "\(Port.free())")
        try #require(setup.code == 0, "\(setup.errors)")
    }

    /// Runs a command of the profile, a minute at most.
    func run(_ words: String...) async throws -> BuiltCommand.Result {
        try await command.run(["--profile", command.profile] + words, wrapper: ["/usr/bin/timeout", "60"])
    }
}

@Test func `a copy is restored, what it replaces is kept, and a gateway that runs is left alone`() async throws {
    let profile = try await SetUpProfile()
    let (command, state, copy) = (profile.command, profile.state, profile.copy)
    let process = try await command.gateway("--profile", command.profile, "gateway", signal: SIGKILL) { _ in
        #expect(try await profile.run("chat", "a wombat").code == 0)
        #expect(try await profile.run("backup", copy).code == 0)
        #expect(try await profile.run("chat", "a numbat").code == 0)
        let refused = try await profile.run("restore", copy)
        #expect(refused.code == 1)
        #expect(refused.errors.contains("stop it first"), "\(refused.errors)")
    }
    // It was killed: what was said last is in the log alone.
    #expect(process.code == -SIGKILL || process.code == 128 + SIGKILL || process.code == SIGKILL)
    let content = try Data(contentsOf: URL(filePath: copy))
    let restored = try await profile.run("restore", copy)
    try #require(restored.code == 0, "\(restored.errors)")
    #expect(restored.output.contains("Restored \(state)/mazelclaw.sqlite: \(content.count) bytes, a copy of \(copy)"))
    #expect(try Data(contentsOf: URL(filePath: copy)) == content)
    #expect(try await profile.run("sessions", "search", "wombat").code == 0)
    #expect(try await profile.run("sessions", "search", "numbat").code == 1)
    let kept = try #require(
        FileManager.default.contentsOfDirectory(atPath: state).first {
            $0.hasPrefix("mazelclaw.sqlite.before-restore-")
        })
    #expect(restored.output.contains("As it was before: \(state)/\(kept)"))
    // The way back.
    let back = try await profile.run("restore", "\(state)/\(kept)")
    #expect(back.code == 0, "\(back.errors)")
    #expect(try await profile.run("sessions", "search", "numbat").code == 0)
    _ = try await command.gateway("--profile", command.profile, "gateway") { _ in
        let quokka = try await profile.run("chat", "a quokka")
        #expect(quokka.code == 0)
    }

    // One that is damaged is kept as it is.
    let database = URL(filePath: "\(state)/mazelclaw.sqlite")
    try Data(repeating: 0x41, count: 8192).write(to: database)
    let mended = try await profile.run("restore", copy)
    #expect(mended.code == 0, "\(mended.errors)")
    #expect(try await profile.run("sessions", "search", "wombat").code == 0)
    let damaged = try #require(mended.output.split(separator: "\n").last?.split(separator: " ").last)
    #expect(try Data(contentsOf: URL(filePath: String(damaged))) == Data(repeating: 0x41, count: 8192))
}

@Test func `what is no copy is refused, and changes nothing`() async throws {
    let profile = try await SetUpProfile()
    let (command, state, copy) = (profile.command, profile.state, profile.copy)
    _ = try await command.gateway("--profile", command.profile, "gateway") { _ in
        let wombat = try await profile.run("chat", "a wombat")
        #expect(wombat.code == 0)
        #expect(try await profile.run("backup", copy).code == 0)
    }
    let whole = try Data(contentsOf: URL(filePath: copy))
    let names = try FileManager.default.contentsOfDirectory(atPath: state).sorted()
    func place(_ name: String, _ content: Data) throws -> String {
        let path = "\(command.home)/\(name)"
        try content.write(to: URL(filePath: path))
        return path
    }
    var stranger = whole
    stranger.replaceSubrange(68..<72, with: [1, 2, 3, 4])
    var holed = whole
    holed.replaceSubrange(4096..<8192, with: Data(repeating: 0xFF, count: 4096))
    let huge = try place("huge", whole)
    #expect(truncate(huge, 1 << 40) == 0)
    let (link, pipe) = ("\(command.home)/link", "\(command.home)/pipe")
    #expect(symlink(copy, link) == 0)
    #expect(mkfifo(pipe, 0o600) == 0)
    let inUse = try place("in-use", whole)
    _ = try place("in-use-wal", Data([1]))
    for (path, reason) in [
        (try place("short", whole.prefix(whole.count - 4096)), "it was cut short"),
        (try place("empty", Data()), "it is no database, or was cut short"),
        (try place("text", Data(repeating: 0x41, count: 4096)), "it is no database"),
        (try place("stranger", stranger), "it is another program's database"),
        (try place("holed", holed), "it is damaged"),
        (huge, "holes"), (link, "it is a link"), (pipe, "it is no regular file"), (inUse, "with a log beside it"),
        ("\(command.home)/none", "No such file"), ("\(command.home)/../x", "a path without"),
    ] {
        let refused = try await profile.run("restore", path)
        #expect(refused.code != 0 && refused.code != 124, "\(path)")
        #expect(refused.errors.contains(reason), "\(path): \(refused.errors)")
        #expect(try FileManager.default.contentsOfDirectory(atPath: state).sorted() == names, "\(path)")
    }
    #expect(try await profile.run("sessions", "search", "wombat").code == 0)
    #expect(try await profile.run("restore", copy).code == 0)
}

@Test func `a restore that is killed leaves the old or the new`() async throws {
    let command = try BuiltCommand()
    func run(_ words: String...) async throws -> BuiltCommand.Result {
        try await command.run(["--profile", command.profile] + words)
    }
    let setup = try await run("setup", "--port", "\(Port.free())")
    try #require(setup.code == 0, "\(setup.errors)")
    let copy = "\(command.home)/copy.sqlite"
    _ = try await command.gateway("--profile", command.profile, "gateway") { _ in
        let wombat = try await run("chat", "a wombat")
        #expect(wombat.code == 0)
        #expect(try await run("backup", copy).code == 0)
        #expect(try await run("chat", "a numbat").code == 0)
    }
    for step in 0..<16 {
        let process = try command.start("--profile", command.profile, "restore", copy)
        try await Task.sleep(for: .milliseconds(step * 8))
        kill(process.processIdentifier, SIGKILL)
        _ = await process.end()
        #expect(try await run("sessions", "search", "wombat").code == 0, "\(step)")
        if try await run("sessions", "search", "numbat").code == 1 { break }
    }
    #expect(try await run("restore", copy).code == 0)
    #expect(try await run("sessions", "search", "numbat").code == 1)
}
