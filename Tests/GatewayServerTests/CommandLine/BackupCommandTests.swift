import Foundation
import Testing

@Test func `a running gateway is backed up, and the copy put in another's place is its memory`() async throws {
    let (command, other) = (try BuiltCommand(), try BuiltCommand())
    for command in [command, other] {
        let setup = try await command.run("--profile", command.profile, "setup", "--port", "\(Port.free())")
        try #require(setup.code == 0, "\(setup.errors)")
    }
    let (state, copy) = ("\(command.home)/.mazelclaw-\(command.profile)", "\(command.home)/copy.sqlite")
    let end = try await command.gateway("--profile", command.profile, "gateway") { _ in
        #expect(try await command.run("--profile", command.profile, "chat", "a wombat").code == 0)
        // What was said is in the log still, not in the file.
        let backup = try await command.run("--profile", command.profile, "backup", copy)
        #expect(backup.code == 0, "\(backup.errors)")
        let attributes = try FileManager.default.attributesOfItem(atPath: copy)
        let size = try #require(attributes[.size] as? Int)
        #expect(backup.output == "Wrote \(copy): \(size) bytes, a copy of \(state)/mazelclaw.sqlite\n")
        #expect(attributes[.posixPermissions] as? Int == 0o600)
        // What is said later is no part of it, and it is not replaced.
        #expect(try await command.run("--profile", command.profile, "chat", "a numbat").code == 0)
        let content = try Data(contentsOf: URL(filePath: copy))
        let again = try await command.run("--profile", command.profile, "backup", copy)
        #expect(again.code == 1)
        #expect(again.errors == "mazelclaw: cannot write \(copy): File exists\n")
        #expect(try Data(contentsOf: URL(filePath: copy)) == content)
        #expect(try await command.run("--profile", command.profile, "backup", "\(command.home)/none/copy").code == 1)
    }
    #expect(end.code == 0)
    let place = "\(other.home)/.mazelclaw-\(other.profile)/mazelclaw.sqlite"
    try FileManager.default.copyItem(atPath: copy, toPath: place)
    _ = try await other.gateway("--profile", other.profile, "gateway") { _ in
        let found = try await other.run("--profile", other.profile, "chat", "--session", "s", "/sessions wombat")
        #expect(found.output.contains("agent:main:main: a [wombat]"), "\(found.output)")
        #expect(try await other.run("--profile", other.profile, "sessions", "search", "numbat").code == 1)
    }
    let nothing = try await other.run("--profile", command.other, "backup", "\(other.home)/nothing")
    #expect(nothing.code == 1)
    #expect(nothing.errors.contains("mazelclaw.sqlite"))
    #expect(!FileManager.default.fileExists(atPath: "\(other.home)/nothing"))
}
