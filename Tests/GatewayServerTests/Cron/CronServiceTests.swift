import Foundation
import JSON
import Policy
import Testing

@testable import Configuration
@testable import Gateway
@testable import Storage
@testable import Time

private let hour: Int64 = 3_600_000

private func job(
    _ name: String, _ schedule: CronSchedule, _ payload: CronPayload = .systemEvent("hello"),
    wakeMode: CronJob.WakeMode = .nextHeartbeat, deletes: Bool? = nil
) -> CronJob {
    let target: CronJob.Target = if case .systemEvent = payload { .main } else { .isolated }
    return CronJob(
        id: name, name: name, isEnabled: true, isDeletedAfterRun: deletes, createdAt: 0, updatedAt: 0,
        schedule: schedule, target: target, wakeMode: wakeMode, payload: payload)
}

private func turn(_ message: String) -> CronPayload { .agentTurn(CronPayload.Turn(message: message)) }

extension Gateway {
    fileprivate func end() async throws {
        shutDown()
        await drain()
        try database.close()
    }

    fileprivate func history(_ key: String) async throws -> [String] {
        let key = try #require(SessionKey(stored: key))
        return try await services.store.history(of: key, limit: 100).messages.compactMap { message in
            message["content"]?.array?.first?["text"]?.string
        }
    }
}

@Test func `what is due is done, and due again when its schedule says`() async throws {
    let (instance, now) = (try TestInstance(), TestClock(at: hour))
    let gateway = try instance.gateway(clock: now.clock)
    _ = try gateway.services.cron.add(job("j", .every(hour.span, anchor: 0)))
    #expect(gateway.services.cron.nextWakeAt == (2 * hour).time)
    #expect(try await gateway.services.cron.run("j", isForced: false, by: gateway.services.cronWorker) == .notDue)
    now.advance(by: hour + 100)
    #expect(try await gateway.services.cron.run("j", isForced: false, by: gateway.services.cronWorker) == .ran(.ok))
    #expect(gateway.services.systemEvents.waiting(for: "agent:main:main") == ["hello"])
    let state = gateway.services.cron.jobs(includesDisabled: true).first?.state
    #expect(
        state
            == CronJob.State(
                nextRunAt: (3 * hour).time, lastRunAt: (2 * hour + 100).time, lastStatus: .ok, lastDuration: .zero))
    #expect(
        try await gateway.services.cron.runs(of: "j", limit: 10) == [
            [
                "ts": .integer(2 * hour + 100), "jobId": "j", "action": "finished", "status": "ok", "summary": "hello",
                "sessionKey": "agent:main:main", "runAtMs": .integer(2 * hour + 100), "durationMs": 0,
                "nextRunAtMs": .integer(3 * hour),
            ]
        ])
    try await gateway.end()
}

@Test func `a job is there after a restart, and what was missed is done once`() async throws {
    let (instance, now) = (try TestInstance(), TestClock(at: 1000))
    let first = try instance.gateway(clock: now.clock)
    _ = try first.services.cron.add(job("often", .every(hour.span, anchor: 0)))
    _ = try first.services.cron.add(job("once", .at(hour.time)))
    try await first.end()
    now.advance(by: 100 * hour)
    let gateway = try instance.gateway(clock: now.clock)
    for id in ["often", "once"] {
        #expect(try await eventually { try await !gateway.services.cron.runs(of: id, limit: 9).isEmpty })
    }
    #expect(gateway.services.cron.jobs(includesDisabled: false).map(\.id) == ["often"])
    #expect(gateway.services.cron.nextWakeAt == (101 * hour).time)
    try await gateway.end()
    let third = try instance.gateway(clock: now.clock)
    #expect(try await third.services.cron.runs(of: "often", limit: 9).count == 1)
    #expect(try await third.services.cron.runs(of: "once", limit: 9).count == 1)
    #expect(third.services.cron.jobs(includesDisabled: true).map(\.id) == ["often", "once"])
    try await third.end()
}

@Test func `what a gateway was doing when it was killed counts as failed, and is not done again`() async throws {
    let (instance, now) = (try TestInstance(), TestClock(at: 10 * hour))
    let first = try instance.gateway(clock: now.clock)
    _ = try first.services.cron.add(job("often", .every(hour.span, anchor: 0)))
    _ = try first.services.cron.add(job("once", .at((11 * hour).time)))
    try await first.end()
    // As the killed one left them.
    let database = try InstanceDatabase(stateDirectory: instance.configuration.instance.stateDirectory.value)
    try database.writeNow { transaction in
        for var job in try transaction.cron.jobs().usable {
            job.state.runningAt = (11 * hour).time
            try transaction.cron.save(job)
        }
    }
    try database.close()
    now.advance(by: 2 * hour)
    let gateway = try instance.gateway(clock: now.clock)
    for id in ["often", "once"] {
        let runs = try await gateway.services.cron.runs(of: id, limit: 9)
        #expect(runs.map { $0["error"]?.string } == ["the gateway ended before the run did"])
        #expect(runs.first?["runAtMs"]?.integer == 11 * hour)
    }
    #expect(gateway.services.systemEvents.waiting(for: "agent:main:main").isEmpty)
    #expect(gateway.services.cron.nextWakeAt == (13 * hour).time)
    #expect(gateway.services.cron.jobs(includesDisabled: true).allSatisfy { $0.state.runningAt == nil })
    #expect(gateway.services.cron.jobs(includesDisabled: true).last?.isEnabled == false)
    try await gateway.end()
}

@Test(
    arguments: [(nil, "echo done", true), (true, "echo done", false), (true, "exit 1", true)] as [(Bool?, String, Bool)]
)
func `what is done once is done with, and forgotten if that is wished and it went well`(
    deletes: Bool?, script: String, isKept: Bool
) async throws {
    let (instance, now) = (try TestInstance(), TestClock(at: hour))
    let gateway = try instance.gateway(agents: instance.agents(script), clock: now.clock)
    _ = try gateway.services.cron.add(job("j", .at((hour + 1).time), turn("m"), deletes: deletes))
    // Tried before its time, it stays.
    _ = try await gateway.services.cron.run("j", isForced: true, by: gateway.services.cronWorker)
    #expect(gateway.services.cron.nextWakeAt == (hour + 1).time)
    now.advance(by: 1)
    _ = try await gateway.services.cron.run("j", isForced: false, by: gateway.services.cronWorker)
    #expect(try await eventually { try await gateway.services.cron.runs(of: "j", limit: 9).count == 2 })
    let jobs = gateway.services.cron.jobs(includesDisabled: true)
    #expect(jobs.isEmpty == !isKept)
    #expect(jobs.allSatisfy { !$0.isEnabled && $0.state.nextRunAt == nil })
    #expect(jobs.allSatisfy { ($0.state.lastError != nil) == (script == "exit 1") })
    try await gateway.end()
}

@Test func `a job with a session of its own begins it anew each time, and the main session is told`() async throws {
    let (instance, now) = (try TestInstance(), TestClock(at: hour))
    let gateway = try instance.gateway(agents: instance.agents("echo \"did: $1\""), clock: now.clock)
    var full = job("full", .every(hour.span, anchor: 0), turn("report"))
    full.isolation = CronJob.Isolation(prefix: "Report", mode: .full, maximum: 8)
    _ = try gateway.services.cron.add(job("j", .every(hour.span, anchor: 0), turn("the dishes")))
    _ = try gateway.services.cron.add(full)
    for _ in 1...2 {
        #expect(try await gateway.services.cron.run("j", isForced: true, by: gateway.services.cronWorker) == .ran(.ok))
    }
    #expect(
        try await gateway.history("agent:main:cron:j") == ["[cron:j j] the dishes", "did: [cron:j j] the dishes"])
    let runs = try await gateway.services.cron.runs(of: "j", limit: 9)
    #expect(Set(runs.map { $0["sessionId"]?.string }).count == 2)
    #expect(runs.allSatisfy { $0["sessionKey"] == "agent:main:cron:j" })
    #expect(runs.last?["summary"] == "did: [cron:j j] the dishes")
    _ = try await gateway.services.cron.run("full", isForced: true, by: gateway.services.cronWorker)
    #expect(
        gateway.services.systemEvents.waiting(for: "agent:main:main") == [
            "Cron: did: [cron:j j] the dishes", "Report: did: [cr…",
        ])
    try await gateway.end()
}

@Test func `a job that wakes the main session has its agent act, and fails when that does`() async throws {
    let (instance, now) = (try TestInstance(), TestClock(at: hour))
    let script = "case \"$1\" in *bad*) exit 1;; esac; echo \"heard: $1\""
    let gateway = try instance.gateway(agents: instance.agents(script), clock: now.clock)
    _ = try gateway.services.cron.add(
        job("j", .every(hour.span, anchor: 0), .systemEvent("tea time"), wakeMode: .now))
    #expect(try await gateway.services.cron.run("j", isForced: true, by: gateway.services.cronWorker) == .ran(.ok))
    #expect(try await gateway.history("agent:main:main").last?.hasPrefix("heard: System: tea time\n\n") == true)
    #expect(gateway.services.systemEvents.waiting(for: "agent:main:main").isEmpty)
    _ = try gateway.services.cron.update("j") { $0.payload = .systemEvent("bad news") }
    #expect(try await gateway.services.cron.run("j", isForced: true, by: gateway.services.cronWorker) == .ran(.error))
    #expect(gateway.services.cron.jobs(includesDisabled: true).first?.state.lastStatus == .error)
    try await gateway.end()
}

@Test func `no more jobs are done at once than configured, and none when the schedule is off`() async throws {
    let (instance, now) = (try TestInstance(), TestClock(at: hour))
    let script = "touch $DIR/in-$$; ls $DIR | grep -c in-; sleep 0.2; rm $DIR/in-$$"
    let gateway = try instance.gateway(agents: instance.agents(script), clock: now.clock)
    var section = CronSection()
    section.enabled = false
    gateway.services.cron.adopt(section)
    let names = (1...5).map { "j\($0)" }
    for name in names { _ = try gateway.services.cron.add(job(name, .at(hour.time), turn("go"))) }
    #expect(gateway.services.cron.nextWakeAt == nil)
    // What is asked for by name is done, and takes its time; what is due has not been begun meanwhile.
    _ = try gateway.services.cron.add(job("asked", .at(hour.time), turn("go")))
    #expect(try await gateway.services.cron.run("asked", isForced: true, by: gateway.services.cronWorker) == .ran(.ok))
    for name in names { #expect(try await gateway.services.cron.runs(of: name, limit: 1).isEmpty) }
    _ = try gateway.services.cron.remove("asked")
    section.enabled = true
    section.maxConcurrentRuns = 2
    gateway.services.cron.adopt(section)
    var counts: [Int] = []
    for name in names {
        #expect(try await eventually { try await !gateway.services.cron.runs(of: name, limit: 1).isEmpty })
        let summary = try await gateway.services.cron.runs(of: name, limit: 1).first?["summary"]?.string
        counts.append(try #require(Int(summary ?? "")))
    }
    #expect(counts.max() == 2)
    try await gateway.end()
}

@Test func `a job that is being done is not begun again`() async throws {
    let (instance, now) = (try TestInstance(), TestClock(at: hour))
    let gateway = try instance.gateway(
        agents: instance.agents("touch $DIR/begun; while [ ! -e $DIR/go ]; do sleep 0.02; done; echo done"),
        clock: now.clock)
    _ = try gateway.services.cron.add(job("j", .at((2 * hour).time), turn("go")))
    async let first = gateway.services.cron.run("j", isForced: true, by: gateway.services.cronWorker)
    let begun = (instance.directory / "begun").text
    #expect(try await eventually(seconds: 60) { FileManager.default.fileExists(atPath: begun) })
    #expect(gateway.services.cron.jobs(includesDisabled: true).first?.state.runningAt == hour.time)
    #expect(
        try await gateway.services.cron.run("j", isForced: true, by: gateway.services.cronWorker) == .alreadyRunning)
    // Changed meanwhile, it is as it was changed.
    _ = try gateway.services.cron.update("j") { $0.name = "other" }
    #expect(gateway.services.cron.jobs(includesDisabled: true).first?.state.runningAt == hour.time)
    try instance.touch("go")
    #expect(try await first == .ran(.ok))
    #expect(gateway.services.cron.jobs(includesDisabled: true).first?.name == "other")
    #expect(gateway.services.cron.jobs(includesDisabled: true).first?.state.lastStatus == .ok)
    try await gateway.end()
}

@Test func `the history of a job is bounded`() throws {
    let instance = try TestInstance()
    let database = try InstanceDatabase(stateDirectory: instance.configuration.instance.stateDirectory.value)
    try database.writeNow { transaction in
        for number in 0..<(CronTable.historyLimit + 20) {
            try transaction.cron.record(CronRun(of: "a", at: Int64(number).time))
        }
        try transaction.cron.record(CronRun(of: "b", at: 0))
    }
    let runs = try database.readNow { try $0.cron.runs(of: "a", limit: 5000) }
    #expect(runs.count == CronTable.historyLimit)
    #expect(runs.last?["ts"]?.integer == Int64(CronTable.historyLimit + 19))
    #expect(try database.readNow { try $0.cron.runs(of: "b", limit: 9) }.count == 1)
    try database.close()
}
