import Foundation
import GRDB
import JSON
import Policy
import Testing

@testable import Configuration
@testable import Gateway
@testable import Storage

/// Settings, jobs and sessions that cannot be used: they are named, and the gateway starts.
@Suite struct SetAsideTests {
    private static let tooLong: JSON = [
        "session": [
            "idleMinutes": .integer(.max), "reset": ["mode": "idle", "idleMinutes": .integer(.max)],
            "resetByType": ["dm": ["idleMinutes": 1e300]], "resetByChannel": ["irc": ["idleMinutes": .integer(.max)]],
        ],
        "gateway": ["reload": ["debounceMs": .integer(.max)]],
        "agents": ["defaults": ["timeoutSeconds": .integer(.max), "heartbeat": ["every": "106751991167d"]]],
    ]
    private static let keys = [
        "session.idleMinutes", "session.reset.idleMinutes", "session.resetByType.dm.idleMinutes",
        "session.resetByChannel.irc.idleMinutes", "gateway.reload.debounceMs", "agents.defaults.timeoutSeconds",
        "agents.defaults.heartbeat.every",
    ]

    @Test func `a gateway with times beyond all bounds starts and answers, and names each of them`() async throws {
        let (command, _) = try await BuiltCommand.withEcho()
        let name = ".mazelclaw-\(command.profile)/mazelclaw.json"
        let before = try JSON(parsing: Array(command.read(name).utf8))
        try command.write(before.mergePatched(by: Self.tooLong).text(pretty: true), to: name)
        let doctor = try await command.run("--profile", command.profile, "doctor")
        #expect(doctor.code == 0, "\(doctor.output)\(doctor.errors)")
        for key in Self.keys {
            #expect(doctor.output.contains(": \(key): Too big: expected"), "\(key): \(doctor.output)")
        }
        #expect(doctor.output.contains(" is corrected, 86400 counts"))
        #expect(doctor.output.contains("until 106751991167d is corrected, 3660d counts"))
        #expect(try await command.run("--profile", command.profile, "config", "validate").code == 1)
        let end = try await command.gateway("--profile", command.profile, "gateway") { _ in
            for _ in 0..<2 {
                let said = try await command.run("--profile", command.profile, "chat", "hello")
                #expect(said.code == 0, "\(said.errors)")
                #expect(said.output.contains("hello"))
            }
            // None can be written through a command; within bounds each can, and the others stay as they are.
            let longer = try await command.run(
                "--profile", command.profile, "config", "set", "session.idleMinutes", "5270401")
            #expect(longer.code == 1)
            #expect(longer.errors.contains("expected number to be <=5270400"), "\(longer.errors)")
            let set = try await command.run(
                "--profile", command.profile, "config", "set", "session.idleMinutes", "5270400")
            #expect(set.code == 0, "\(set.errors)")
        }
        #expect(end.code == 0, "\(end.errors)")
        #expect((end.output + end.errors).contains("agents.defaults.timeoutSeconds: Too big"), "\(end.errors)")
        let mended = try await command.run("--profile", command.profile, "doctor")
        #expect(!mended.output.contains("session.idleMinutes"))
        #expect(mended.output.contains("session.reset.idleMinutes"))
    }

    @Test func `a gateway starts beside jobs and sessions that cannot be used, and names each of them`() async throws {
        let (command, _) = try await BuiltCommand.withEcho()
        let state = try #require(AbsolutePath("\(command.home)/.mazelclaw-\(command.profile)"))
        let database = try InstanceDatabase(stateDirectory: state)
        try await database.write { transaction in
            let good = ExtremeFuzzTests.job
            var bad = good.object ?? JSONObject()
            bad["id"] = "bad"
            bad["createdAtMs"] = .integer(.min)
            for (id, job) in [("j", good.text()), ("bad", JSON.object(bad).text()), ("worse", "{")] {
                try transaction.database.execute(
                    sql: "INSERT INTO cronJob(jobId, nextRunAt, record) VALUES (?, ?, ?)",
                    arguments: [id, Int64.min, job])
            }
            // As an import of an earlier version left them, and as none did.
            for (key, time, entry) in [
                ("agent:main:main", .min, "{}"), ("agent:main:late", .max, "{}"), ("agent:main:torn", 5, "{"),
            ] as [(String, Int64, String)] {
                try transaction.database.execute(
                    sql: "INSERT INTO session(key, agentId, sessionId, updatedAt, entry) VALUES (?, 'main', ?, ?, ?)",
                    arguments: [key, "id of \(key)", time, entry])
            }
        }
        try database.close()
        func run(_ words: String...) async throws -> BuiltCommand.Result {
            try await command.run(["--profile", command.profile] + words)
        }
        let doctor = try await run("doctor")
        #expect(doctor.code == 0)
        #expect(doctor.output.contains("the cron job bad was set aside: at /createdAtMs: must be >= 0; remove it"))
        #expect(doctor.output.contains("the cron job worse was set aside: "))
        #expect(doctor.output.contains("the session agent:main:torn was set aside: "))
        #expect(!doctor.output.contains("cron job j was"))
        let list = try await run("sessions", "list")
        #expect(list.code == 0, "\(list.errors)")
        #expect(list.output.contains("agent:main:late") && !list.output.contains("torn"))
        let export = try await run("sessions", "export", "\(command.home)/out")
        #expect(export.code == 1)
        #expect(export.errors.contains("left out: the session agent:main:torn was set aside"), "\(export.errors)")
        let end = try await command.gateway("--profile", command.profile, "gateway") { _ in
            let jobs = try await run("cron", "list", "--all")
            #expect(jobs.output.contains("tea") && !jobs.output.contains("bad"))
            // What has no time is used like any other.
            let said = try await run("chat", "hello")
            #expect(said.code == 0 && said.output.contains("hello"), "\(said.errors)")
            #expect(try await run("cron", "remove", "bad").output == "Removed bad\n")
            #expect(try await run("cron", "remove", "bad").code == 1)
        }
        #expect(end.code == 0, "\(end.errors)")
        #expect((end.output + end.errors).contains("the cron job bad was set aside"), "\(end.errors)")
        #expect((end.output + end.errors).contains("the session agent:main:torn was set aside"), "\(end.errors)")
        let after = try await run("doctor", "--json")
        let named = try JSON(parsing: Array(after.output.utf8))["setAside"]?.array?.compactMap(\.string) ?? []
        #expect(named.count == 2 && named.allSatisfy { $0.contains("worse") || $0.contains("torn") }, "\(named)")
    }

    @Test func `a session that cannot be used is refused by name, and can be forgotten`() async throws {
        let instance = try TestInstance()
        let database = try InstanceDatabase(stateDirectory: instance.configuration.instance.stateDirectory.value)
        try database.writeNow { transaction in
            try transaction.database.execute(
                sql: """
                    INSERT INTO session(key, agentId, sessionId, updatedAt, entry)
                    VALUES ('agent:main:torn', 'main', 'a', 5, '[]'), ('agent:main:fine', 'main', 'b', 5, '{}')
                    """)
        }
        try database.close()
        try await instance.open(.direct) { door in
            let client = try await door.connected()
            func say(_ key: String, _ id: String) async throws -> JSON? {
                try await client.call(
                    "chat.send", ["sessionKey": .string(key), "message": "/help", "idempotencyKey": .string(id)])
            }
            let refused = try await say("torn", "a")
            #expect(
                refused?["error"]?["message"]?.string?.contains("the session agent:main:torn was set aside") == true)
            try await #expect(say("fine", "b")?["payload"]?["status"] == "started")
            try await #expect(client.call("sessions.delete", ["key": "torn"])?["payload"]?["deleted"] == true)
            try await #expect(say("torn", "c")?["payload"]?["status"] == "started")
        }
    }
}
