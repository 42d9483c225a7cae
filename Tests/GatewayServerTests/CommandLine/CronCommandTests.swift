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

@Test func `jobs go out as a file, and come into another gateway wholly or not at all`() async throws {
    let (source, _) = try await BuiltCommand.withEcho()
    let (target, _) = try await BuiltCommand.withEcho()
    func cron(_ command: BuiltCommand, _ arguments: String...) async throws -> BuiltCommand.Result {
        try await command.run(["--profile", command.profile, "cron"] + arguments)
    }
    let file = "\(source.home)/jobs.json"
    var ids: [String] = []
    _ = try await source.gateway("--profile", source.profile, "gateway") { _ in
        let nothing = try await cron(source, "export", file)
        #expect(nothing.code == 1)
        #expect(nothing.errors.contains("there are no jobs; nothing was written"))
        for name in ["tea", "rice"] {
            let added = try await cron(source, "add", "--name", name, "--cron", "0 9 * * *", "--message", name)
            ids.append(String(added.output.prefix { $0 != " " }))
        }
        let written = try await cron(source, "export", file)
        #expect(written.code == 0, "\(written.errors)")
        #expect(written.output == "Wrote \(file) (jobs: 2)\n")
        let again = try await cron(source, "export", file)
        #expect(again.code == 1)
        #expect(again.errors.contains("File exists"))
    }
    let text = try source.read("jobs.json")
    try #expect(JSON(parsing: Array(text.utf8))["version"] == 1)
    try source.write(
        text.replacing("\"agentTurn\"", with: "\"agentTurm\"", maxReplacements: 1), to: "damaged.json")
    let damaged = "\(source.home)/damaged.json"
    _ = try await target.gateway("--profile", target.profile, "gateway") { _ in
        let refused = try await cron(target, "import", damaged)
        #expect(refused.code == 1)
        #expect(refused.errors.contains("mazelclaw: \(damaged):4:5: job \""), "\(refused.errors)")
        #expect(refused.errors.contains(#"at /payload: its kind must be one of "systemEvent", "agentTurn""#))
        #expect(refused.errors.contains("no job was taken over"))
        try await #expect(cron(target).output == "No jobs.\n")
        let partly = try await cron(target, "import", damaged, "--skip-bad")
        #expect(partly.code == 1)
        #expect(partly.output == "Read \(damaged) (new jobs: 1, here already: 0)\n")
        let all = try await cron(target, "import", file)
        #expect(all.code == 0, "\(all.errors)")
        #expect(all.output == "Read \(file) (new jobs: 1, here already: 1)\n")
        let list = try await cron(target).output
        for id in ids { #expect(list.contains(id)) }
        // It is done under the id it had.
        try await #expect(cron(target, "run", ids[0]).code == 0)
        // Another job of the same id is not overwritten.
        try source.write(text.replacing("\"rice\"", with: "\"soup\""), to: "other.json")
        let other = try await cron(target, "import", "\(source.home)/other.json")
        #expect(other.code == 1)
        #expect(other.errors.contains("job \"soup\": another job has its id \(ids[1]) here; remove that one, or give"))
    }
    // What came in is on disk.
    _ = try await target.gateway("--profile", target.profile, "gateway") { _ in
        let again = try await cron(target, "import", file)
        #expect(again.output == "Read \(file) (new jobs: 0, here already: 2)\n", "\(again.errors)")
    }
}

@Test func `as many jobs as may be come in from one file, or none when one is bad`() async throws {
    let (command, _) = try await BuiltCommand.withEcho()
    func cron(_ words: String...) async throws -> BuiltCommand.Result {
        try await command.run(["--profile", command.profile, "cron"] + words)
    }
    func jobs(bad: Int? = nil, twice: Int? = nil, long: Int? = nil) -> String {
        let jobs = (0..<1000).map { number in
            let kind = number == bad ? "nothing" : "systemEvent"
            let text = String(repeating: "x", count: number == long ? 600_000 : 2)
            return """
                {"id": "j\(number == twice ? 0 : number)", "name": "job \(number)", "enabled": true, "createdAtMs": 1, "updatedAtMs": 1,
                 "schedule": {"kind": "every", "everyMs": \(3_600_000 + number)}, "sessionTarget": "main",
                 "wakeMode": "now", "payload": {"kind": "\(kind)", "text": "\(text)"}, "state": {}}
                """
        }
        return #"{"version": 1, "jobs": [\#(jobs.joined(separator: ",\n"))]}"#
    }
    try command.write(jobs(bad: 990), to: "bad.json")
    try command.write(jobs(twice: 990), to: "twice.json")
    try command.write(jobs(long: 990), to: "long.json")
    try command.write(jobs(), to: "good.json")
    _ = try await command.gateway("--profile", command.profile, "gateway") { _ in
        let bad = try await cron("import", "\(command.home)/bad.json")
        #expect(bad.code == 1)
        #expect(bad.errors.contains("job \"job 990\": "), "\(bad.errors)")
        #expect(bad.errors.contains("no job was taken over"))
        for (name, words) in [
            ("twice", "job \"job 990\": an earlier job has its id"),
            ("long", "job \"job 990\" is larger than what a gateway takes in one message"),
        ] {
            let refused = try await cron("import", "\(command.home)/\(name).json")
            #expect(refused.code == 78, "\(name)")
            #expect(refused.errors.contains(words), "\(refused.errors)")
        }
        try await #expect(cron().output == "No jobs.\n")
        // One more than a gateway keeps.
        let other = try await cron("add", "--name", "tea", "--cron", "0 9 * * *", "--message", "tea")
        let tooMany = try await cron("import", "\(command.home)/good.json")
        #expect(tooMany.code == 1)
        #expect(tooMany.errors.contains("there would be 1001 cron jobs; no more than 1000 can be kept"))
        try await #expect(cron().output.split(separator: "\n").count == 1)
        _ = try await cron("remove", String(other.output.prefix { $0 != " " }))
        let good = try await cron("import", "\(command.home)/good.json")
        #expect(good.code == 0, "\(good.errors)")
        #expect(good.output == "Read \(command.home)/good.json (new jobs: 1000, here already: 0)\n")
        try await #expect(cron().output.split(separator: "\n").count == 1000)
    }
}

@Test(arguments: [
    ("{", " at 1:2"), ("[]", "it must hold a JSON object with the list \"jobs\""),
    (#"{"version": 2, "jobs": []}"#, "its version is 2; this version knows 1"),
])
func `a file that holds no jobs is refused before anybody is asked`(text: String, reason: String) async throws {
    let command = try BuiltCommand()
    try command.write(text, to: "jobs.json")
    let end = try await command.run("--profile", command.profile, "cron", "import", "\(command.home)/jobs.json")
    #expect(end.code == 78)
    #expect(end.errors.contains("cannot read \(command.home)/jobs.json: "))
    #expect(end.errors.contains(reason), "\(end.errors)")
    let missing = try await command.run("--profile", command.profile, "cron", "import", "\(command.home)/none.json")
    #expect(missing.code == 1)
    #expect(missing.errors.contains("No such file or directory"))
}
