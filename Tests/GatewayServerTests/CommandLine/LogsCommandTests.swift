import Foundation
import JSON
import Testing

@Test func `logs tells what the gateway wrote, also when it is gone, and goes on with what comes`() async throws {
    let command = try BuiltCommand()
    let port = try Port.free()
    _ = try await command.run("--profile", command.profile, "setup", "--port", "\(port)")
    let none = try await command.run("--profile", command.profile, "logs")
    #expect(none.code == 1)
    #expect(none.errors.contains("there is no log yet: \(command.home)/.mazelclaw-\(command.profile)/logs/gateway.log"))
    _ = try await command.gateway("--profile", command.profile, "gateway") { _ in }
    let text = try await command.run("--profile", command.profile, "logs")
    #expect(text.code == 0)
    #expect(text.output.contains(" INFO  "))
    let lines = try await command.run("--profile", command.profile, "logs", "--json", "--limit", "2").output
        .split(separator: "\n")
    #expect(lines.count == 2)
    for line in lines { #expect(try JSON(parsing: Array(line.utf8))["message"]?.string != nil) }

    let out = "\(command.home)/followed"
    let follower = try command.start(
        "--profile", command.profile, "logs", "--follow", "--limit", "1",
        wrapper: ["/bin/sh", "-c", "exec \"$@\" > \"$0\"", out])
    // A line with what would move a terminal's cursor, as a payload may write one.
    let log = try FileHandle(
        forWritingTo: URL(filePath: "\(command.home)/.mazelclaw-\(command.profile)/logs/gateway.log"))
    try log.seekToEnd()
    try log.write(contentsOf: Data("\u{1B}[2Jwombat\n".utf8))
    let isTold = try await eventually {
        (try? String(contentsOfFile: out, encoding: .utf8))?.contains("wombat\n") == true
    }
    kill(follower.processIdentifier, SIGINT)
    _ = await follower.end()
    #expect(isTold)
    try #expect(!String(contentsOfFile: out, encoding: .utf8).contains("\u{1B}"))
}
