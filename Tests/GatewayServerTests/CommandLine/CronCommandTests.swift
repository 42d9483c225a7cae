import Foundation
import JSON
import Testing

@Test func `jobs are listed, added, run and removed by command`() async throws {
    let (command, _) = try await BuiltCommand.withEcho()
    func cron(_ arguments: String...) async throws -> BuiltCommand.Result {
        try await command.run(["--profile", command.profile, "cron"] + arguments)
    }
    let without = try await cron()
    #expect(without.code == 1)
    #expect(without.errors.contains("no gateway answers"))
    _ = try await command.gateway("--profile", command.profile, "gateway") { _ in
        try await #expect(cron().output == "No jobs.\n")
        let added = try await cron("add", "--name", "tea", "--at", "2090-01-31T12:00:00Z", "--message", "brew")
        #expect(added.code == 0, "\(added.errors)")
        let id = String(added.output.prefix { $0 != " " })
        #expect(added.output == "\(id)  next 2090-01-31T12:00:00.000Z  tea\n")
        try await #expect(cron("list").output == added.output)
        let refused = try await cron("add", "--name", "x", "--cron", "61 * * * *", "--system-event", "x")
        #expect(refused.code == 1)
        #expect(refused.errors.contains("schedule.expr: \"61\" is no minute; expected 0 to 59"))
        let ran = try await cron("run", id)
        #expect(ran.code == 0, "\(ran.errors)")
        #expect(ran.output.contains("brew"))
        let early = try await cron("run", id, "--due")
        #expect(early.code == 1)
        #expect(early.errors.contains("not-due"))
        try await #expect(cron("remove", id).output == "Removed \(id)\n")
        try await #expect(cron("remove", id).code == 1)
        let json = try await cron("list", "--json")
        #expect(try JSON(parsing: Array(json.output.utf8)) == ["jobs": []])
    }
}

@Test(arguments: [
    ["--every", "5m"], ["--message", "m"], ["--every", "5m", "--cron", "* * * * *", "--message", "m"],
    ["--every", "5m", "--tz", "UTC", "--message", "m"], ["--every", "soon", "--message", "m"],
    ["--at", "2026-13-31T12:00:00Z", "--message", "m"], ["--at", "tomorrow", "--message", "m"],
])
func `a job that is not fully said is refused before anybody is asked`(arguments: [String]) async throws {
    let command = try BuiltCommand()
    let end = try await command.run(["--profile", command.profile, "cron", "add", "--name", "n"] + arguments)
    #expect(end.code == 2)
    #expect(end.errors.contains("Error: "))
}
