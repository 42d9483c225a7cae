import Foundation
import JSON
import Policy
import Testing

@testable import Files
@testable import Gateway
@testable import GatewayProtocol
@testable import Time

private let now: Timestamp = 1_700_000_000_000

private func read(_ jobs: String) throws -> CronImport {
    let list = try #require(try JSON5Document(parsing: Array(jobs.utf8)).value.array)
    return CronImport(list, at: now) { (id) throws(ProtocolError) in
        guard id == "main" else { throw ProtocolError(.invalidRequest, "unknown agent id \"\(id)\"") }
    }
}

private let event =
    #""schedule": {"kind": "every", "everyMs": 60000}, "sessionTarget": "main", "payload": {"kind": "systemEvent", "text": "t"}"#

@Test func `a job of the original is taken over as it is, with how it went`() throws {
    let read = try read(
        """
        [{"id": "j1", "name": "Tea", "agentId": "Main", "enabled": true, "createdAtMs": 5, "updatedAtMs": 6,
          "schedule": {"kind": "cron", "expr": "0 9 * * *", "tz": "UTC"}, "sessionTarget": "isolated",
          "wakeMode": "now", "payload": {"kind": "agentTurn", "message": "brew", "channel": "last"},
          "isolation": {"postToMainPrefix": "Cron"},
          "state": {"nextRunAtMs": 7, "runningAtMs": 8, "lastRunAtMs": 9, "lastStatus": "ok", "lastDurationMs": 10}}]
        """)
    #expect(read.issues.isEmpty)
    let job = try #require(read.jobs.first?.job)
    #expect((job.id, job.name, job.agentID, job.wakeMode) == ("j1", "Tea", "main", .now))
    #expect(job.createdAt == 5 && job.updatedAt == 6)
    #expect(job.payload == .agentTurn(CronPayload.Turn(message: "brew", channel: "last")))
    #expect(job.isolation == CronJob.Isolation(prefix: "Cron"))
    // When it is due is worked out anew, and nobody is doing it here.
    let day: Int64 = 86_400_000
    let (midnight, passed) = (now.milliseconds / day * day, now.milliseconds % day)
    #expect(job.state.nextRunAt?.milliseconds == midnight + (passed < 32_400_000 ? 0 : day) + 32_400_000)
    #expect(job.state.runningAt == nil)
    #expect(job.state.lastRunAt == 9 && job.state.lastStatus == .ok)
    #expect(job.state.lastDuration == TimeSpan(10, .milliseconds))
}

@Test func `what the original leaves out is filled in`() throws {
    let read = try read(
        #"[{"id": "j", "name": "n", "agentId": null, \#(event), "state": {"lastStatus": "skipped"}}]"#)
    #expect(read.issues.isEmpty)
    let job = try #require(read.jobs.first?.job)
    #expect(job.isEnabled)
    #expect((job.createdAt, job.updatedAt, job.wakeMode) == (now, now, .nextHeartbeat))
    #expect(job.state == CronJob.State(nextRunAt: now + TimeSpan(1, .minutes)))
}

@Test(arguments: [
    ("3", "must be object"), ("{}", "must have required property 'id'"),
    (#"{"id": "", "name": "n", \#(event)}"#, "its id and its name must not be empty"),
    (#"{"id": "j", "name": "n", \#(event), "delivery": {}}"#, "delivery: this version knows no such member of a job"),
    (#"{"id": "j", "name": "n", \#(event), "agentId": "x"}"#, "unknown agent id \"x\""),
    (
        #"{"id": "j", "name": "n", \#(event), "wakeMode": "soon"}"#,
        #"wakeMode: "soon" is unknown; expected "next-heartbeat" or "now""#
    ),
    (
        #"{"id": "j", "name": "n", "sessionTarget": "main", "payload": {"kind": "systemEvent", "text": "t"}, "schedule": {"kind": "every", "everyMs": 0}}"#,
        "at /schedule/everyMs: must be >= 1"
    ),
    (
        #"{"id": "j", "name": "n", "sessionTarget": "main", "payload": {"kind": "systemEvent", "text": "t"}, "schedule": {"kind": "yearly"}}"#,
        #"at /schedule: its kind must be one of "at", "every", "cron""#
    ),
    (
        #"{"id": "j", "name": "n", "sessionTarget": "main", "payload": {"kind": "systemEvent", "text": "t"}, "schedule": {"kind": "cron", "expr": "61 * * * *"}}"#,
        #"schedule.expr: "61" is no minute"#
    ),
    (
        #"{"id": "j", "name": "n", "sessionTarget": "isolated", "payload": {"kind": "agentTurn", "message": "m", "deliver": true, "channel": "telegram"}, "schedule": {"kind": "at", "atMs": 1}}"#,
        #"payload.channel: this version connects to irc, and not to "telegram""#
    ),
])
func `a job that cannot be taken over is told of with what is wrong`(job: String, message: String) throws {
    let read = try read(#"[{"id": "good", "name": "n", \#(event)}, \#(job)]"#)
    #expect(read.jobs.map(\.job.id) == ["good"])
    #expect(read.issues.map(\.index) == [1])
    #expect(read.issues.first?.message.contains(message) == true, "\(read.issues)")
}

@Test func `two jobs of one id are not both taken`() throws {
    let read = try read(#"[{"id": "j", "name": "a", \#(event)}, {"id": "j", "name": "b", \#(event)}]"#)
    #expect(read.jobs.map(\.job.name) == ["a"])
    #expect(read.issues == [CronImport.Issue(index: 1, message: "an earlier job has its id; give it another")])
}

@Test func `jobs are read from a regular file, and nothing is waited for`() throws {
    let directory = try TemporaryDirectory()
    try directory.write(#"{"version": 1, "jobs": []}"#, to: "jobs.json")
    try #require(mkfifo("\(directory.path)/pipe", 0o600) == 0)
    try FileManager.default.createSymbolicLink(
        atPath: "\(directory.path)/link", withDestinationPath: "\(directory.path)/jobs.json")
    try FileManager.default.createDirectory(atPath: "\(directory.path)/directory", withIntermediateDirectories: true)
    for (name, reason) in [("pipe", "regular file"), ("link", "symbolic link"), ("directory", "regular file")] {
        #expect {
            try CronFile(directory.path / name)
        } throws: {
            "\($0)".contains(reason)
        }
    }
    #expect(throws: StorageError.self) { try CronFile(#require(AbsolutePath("/dev/zero"))) }
    #expect(try CronFile(directory.path / "jobs.json").jobs.isEmpty)
}
