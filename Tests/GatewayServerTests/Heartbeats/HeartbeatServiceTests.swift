import Foundation
import JSON
import Policy
import Testing

@testable import Configuration
@testable import Gateway
@testable import Storage
@testable import Time

private let hour: Int64 = 3_600_000

extension TestInstance {
    /// One of which no conversation begins anew by itself.
    fileprivate static func lasting() throws -> TestInstance {
        try TestInstance(
            configuration: """
                {"gateway": {"mode": "local", "auth": {"token": "\(token)"}},
                 "session": {"reset": {"mode": "idle", "idleMinutes": 100000}}}
                """)
    }

    /// Writes what is to be looked at, into a workspace that is there.
    fileprivate func write(tasks: String) throws {
        let workspace = configuration.workspace.value
        try FileManager.default.createDirectory(atPath: workspace.text, withIntermediateDirectories: true)
        try tasks.write(toFile: (workspace / "HEARTBEAT.md").text, atomically: true, encoding: .utf8)
    }

    fileprivate var heartbeat: Heartbeat {
        get throws { try #require(Heartbeat.all(configuration.agents).first) }
    }
}

extension Gateway {
    fileprivate func end() async throws {
        shutDown()
        await drain()
        try database.close()
    }

    fileprivate func history() async throws -> [String] {
        let key = SessionKey(agent: "main", rest: "main")
        return try await services.store.history(of: key, limit: 100).messages.compactMap { message in
            message["content"]?.array?.first?["text"]?.string
        }
    }
}

@Test func `an agent looks for work when it is time, which is no use of its session unless it says something`()
    async throws
{
    let (instance, now) = (try TestInstance.lasting(), TestClock(at: 10 * hour))
    try instance.write(tasks: "look at the disk")
    let gateway = try instance.gateway(
        agents: instance.agents("[ -f $DIR/full ] && echo the disk is full || echo HEARTBEAT_OK"), clock: now.clock)
    let key = SessionKey(agent: "main", rest: "main")
    try await gateway.database.write { try $0.sessions.save(SessionEntry(beginning: key, at: 5)) }
    func advance() async throws -> JSON? {
        let before = gateway.services.heartbeats.last
        now.advance(by: hour / 2)
        // As a change of the configuration does: it looks at the clock again.
        try gateway.services.heartbeats.adopt([instance.heartbeat])
        try #require(await eventually { gateway.services.heartbeats.last != before })
        return gateway.services.heartbeats.last
    }
    let quiet = try await advance()
    #expect(quiet == ["ts": .integer(10 * hour + hour / 2), "status": "ok-token", "durationMs": 0])
    #expect(try await gateway.history() == [instance.heartbeat.prompt, "HEARTBEAT_OK"])
    #expect(try await gateway.services.store.session(key)?.updatedAt == 5)
    try instance.touch("full")
    let said = try await advance()
    #expect(
        said == [
            "ts": .integer(11 * hour), "status": "skipped", "durationMs": 0, "reason": "no-target",
            "preview": "the disk is full",
        ])
    #expect(try await gateway.history().last == "the disk is full")
    #expect(try await gateway.services.store.session(key)?.updatedAt == (11 * hour).time)
    try await gateway.end()
}

@Test(
    arguments: [
        ("echo HEARTBEAT_OK", .quiet(hasWord: true)), ("true", .quiet(hasWord: false)),
        ("echo the disk is full", .said("the disk is full")),
        ("exit 3", .failed("the CLI backend \"main\" failed: exited with code 3")),
    ] as [(String, HeartbeatOutcome)])
func `what comes of a heartbeat is told`(script: String, outcome: HeartbeatOutcome) async throws {
    let instance = try TestInstance.lasting()
    try instance.write(tasks: "look at the disk")
    let gateway = try instance.gateway(agents: instance.agents(script))
    #expect(try await gateway.services.heartbeatWorker.beat(instance.heartbeat) == outcome)
    try await gateway.end()
}

@Test func `nobody is asked who has nothing to look at, until something happens`() async throws {
    let instance = try TestInstance.lasting()
    let gateway = try instance.gateway(agents: instance.agents("echo \"heard: ${1%Look into*}\""))
    #expect(try await gateway.services.heartbeatWorker.beat(instance.heartbeat) == .idle)
    #expect(try await gateway.history() == [])
    try gateway.services.systemEvents.add("the disk is full", for: "agent:main:main")
    guard case .said(let text) = try await gateway.services.heartbeatWorker.beat(instance.heartbeat) else {
        Issue.record("nothing was said")
        return
    }
    #expect(text == "heard: System: the disk is full")
    #expect(try await gateway.services.heartbeatWorker.beat(instance.heartbeat) == .idle)
    try await gateway.end()
}

@Test func `a session that is being used is left alone, and so are other hours`() async throws {
    let (instance, now) = (try TestInstance.lasting(), TestClock(at: 10 * hour))
    try instance.write(tasks: "look at the disk")
    let gateway = try instance.gateway(
        agents: instance.agents("case $1 in go) sleep 1000;; esac; echo HEARTBEAT_OK"), clock: now.clock)
    var heartbeat = try instance.heartbeat
    let main = gateway.services.resolver.session("main")
    let run = try await gateway.services.conversations.begin(
        RunRequest(
            space: .agent, key: "k", sessionKey: main.key, clientSessionKey: "main", agentID: "main", message: "go"))
    #expect(try await gateway.services.heartbeatWorker.beat(heartbeat) == .busy)
    // Another session is not its own.
    heartbeat.session = "watch"
    #expect(try await gateway.services.heartbeatWorker.beat(heartbeat) == .quiet(hasWord: true))
    #expect(try gateway.services.conversations.abort(session: main.key, .client) == ["k"])
    _ = try await run.end.wait()
    heartbeat.session = nil
    #expect(try await gateway.services.heartbeatWorker.beat(heartbeat) == .quiet(hasWord: true))
    var hours = ActiveHoursSection()
    (hours.start, hours.end, hours.timezone) = ("11:00", "12:00", "UTC")
    heartbeat.hours = ActiveHours(hours)
    #expect(try await gateway.services.heartbeatWorker.beat(heartbeat) == .none)
    now.advance(by: hour)
    #expect(try await gateway.services.heartbeatWorker.beat(heartbeat) == .quiet(hasWord: true))
    heartbeat.hours?.zone = "Moon/Base"
    guard case .failed(let reason) = try await gateway.services.heartbeatWorker.beat(heartbeat) else {
        Issue.record("a zone nobody knows is no fault")
        return
    }
    #expect(reason.hasPrefix("heartbeat.activeHours.timezone: this host knows no time zone \"Moon/Base\""))
    try await gateway.end()
}

@Test(arguments: Carrier.allCases)
func `heartbeats are told of, and switched off and on`(carrier: Carrier) async throws {
    let (instance, now) = (try TestInstance.lasting(), TestClock(at: 10 * hour))
    try instance.write(tasks: "look at the disk")
    let agents = try instance.agents("echo done >> $DIR/done; echo HEARTBEAT_OK", others: ["ops": "true"])
    try await instance.open(carrier, agents: agents, clock: now.clock) { door in
        let client = try await door.connected()
        func isOn() async throws -> JSON? {
            let health = try await client.call("health", ["probe": true])?["payload"]
            let (main, ops) = (health?["agents"]?.array?.first, health?["agents"]?.array?.last)
            #expect(ops?["heartbeat"] == ["enabled": false, "every": "disabled", "everyMs": .null])
            #expect(health?["heartbeatSeconds"]?.integer == (main?["heartbeat"]?["enabled"] == true ? 1800 : 0))
            return main?["heartbeat"]?["enabled"]
        }
        func advance() throws {
            now.advance(by: hour / 2)
            try door.gateway.services.heartbeats.adopt([instance.heartbeat])
        }
        #expect(try await isOn() == true)
        #expect(try await client.call("last-heartbeat")?["payload"] == .null)
        try advance()
        let event = try await client.event("heartbeat")
        #expect(event?["status"] == "ok-token")
        #expect(try await client.call("last-heartbeat")?["payload"] == event)
        #expect(
            try await client.call("set-heartbeats", ["enabled": false])?["payload"] == ["ok": true, "enabled": false])
        #expect(try await isOn() == false)
        let status = try await client.call("status")?["payload"]?["heartbeat"]?["agents"]?.array?.first
        #expect(status == ["agentId": "main", "enabled": false, "every": "disabled", "everyMs": .null])
        try advance()
        // What fell due meanwhile is left out: it would be told of, and be done, before what falls due next.
        #expect(
            try await client.call("set-heartbeats", ["enabled": true])?["payload"] == ["ok": true, "enabled": true])
        #expect(try await isOn() == true)
        try advance()
        #expect(try await client.event("heartbeat")?["ts"]?.integer == 10 * hour + 3 * hour / 2)
        let done = try String(contentsOfFile: (instance.directory / "done").text, encoding: .utf8)
        #expect(done == "done\ndone\n")
        let writer = try await door.connected(scopes: ["operator.write"])
        let refused = try await writer.call("set-heartbeats", ["enabled": false])
        #expect(refused?["error"]?["message"] == "missing scope: operator.admin")
        let wrong = try await client.call("set-heartbeats", ["enabled": 1])
        #expect(wrong?["error"]?["message"] == "invalid set-heartbeats params: at /enabled: must be boolean")
    }
}

@Test func `where the operator answers, nobody looks for work`() async throws {
    let instance = try TestInstance.lasting()
    try instance.write(tasks: "look at the disk")
    let gateway = try instance.gateway()
    #expect(try await gateway.services.heartbeatWorker.beat(instance.heartbeat) == .none)
    #expect(gateway.services.health.json["heartbeatSeconds"] == 0)
    #expect(gateway.services.health.json["agents"]?.array?.first?["heartbeat"]?["enabled"] == false)
    try await gateway.end()
}

@Test func `another time between two counts from the change on`() async throws {
    let (instance, now) = (try TestInstance(), TestClock(at: 10 * hour))
    let other = try TestInstance(
        configuration: """
            {"gateway": {"mode": "local", "auth": {"token": "\(TestInstance.token)"}},
             "agents": {"defaults": {"heartbeat": {"every": "5m"}}}}
            """)
    let gateway = try instance.gateway(clock: now.clock)
    #expect(gateway.services.heartbeats.of("main")?.interval == (hour / 2).span)
    gateway.services.running.adopt(other.configuration)
    #expect(gateway.services.heartbeats.of("main")?.interval == (hour / 12).span)
    try await gateway.end()
}

@Test func `heartbeats come by themselves, one after the other`() async throws {
    let instance = try TestInstance(
        configuration: """
            {"gateway": {"mode": "local", "auth": {"token": "\(TestInstance.token)"}},
             "agents": {"defaults": {"heartbeat": {"every": "1s"}}}}
            """)
    try instance.write(tasks: "look at the disk")
    let gateway = try instance.gateway(agents: instance.agents("echo done >> $DIR/done; echo HEARTBEAT_OK"))
    let file = (instance.directory / "done").text
    #expect(
        try await eventually { (try? String(contentsOfFile: file, encoding: .utf8))?.hasPrefix("done\ndone\n") == true }
    )
    #expect(gateway.services.heartbeats.last?["status"] == "ok-token")
    try await gateway.end()
}
