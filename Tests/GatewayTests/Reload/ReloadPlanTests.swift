import JSON
import Testing

@testable import Configuration
@testable import Gateway
@testable import Time

/// Rows where this gateway does something else, on purpose, by what changed.
private let different = [
    // Two arrays that say the same are no change, whoever made them.
    "agents.list",
    // Who wrote the file is no reason to start anew.
    "meta.lastTouchedAt",
]

private func isDifferent(_ row: JSON) -> Bool {
    row["changed"]?.array?.contains { different.contains($0.string ?? "") } == true
}

private func strings(_ json: JSON?) -> [String] { json?.array?.compactMap(\.string) ?? [] }

@Test(arguments: try Vectors.rows("reload-plan").filter { !isDifferent($0) })
func `a change is planned for as the original did`(row: JSON) throws {
    let plan = ReloadPlan(from: try #require(row["prev"]), to: try #require(row["next"]))
    let expected = row["plan"]?["value"]
    #expect(plan.changed == strings(row["changed"]))
    #expect(plan.changed == strings(expected?["changedPaths"]))
    #expect(plan.restartsGateway == expected?["restartGateway"]?.bool)
    #expect(plan.restarting == strings(expected?["restartReasons"]))
    #expect(plan.hot == strings(expected?["hotReasons"]))
    #expect(plan.plain == strings(expected?["noopPaths"]))
    let parts: [(ReloadPlan.Part, String)] = [
        (.hooks, "reloadHooks"), (.gmailWatcher, "restartGmailWatcher"), (.browserControl, "restartBrowserControl"),
        (.cron, "restartCron"), (.heartbeat, "restartHeartbeat"),
    ]
    for (part, name) in parts { #expect(plan.parts.contains(part) == expected?[name]?.bool) }
}

@Test func `two rows are different on purpose`() throws {
    #expect(try Vectors.rows("reload-plan").count(where: isDifferent) == 2)
    let list: JSON = ["agents": ["list": [["a": 1]]]]
    #expect(ReloadPlan(from: list, to: list).changed.isEmpty)
    let stamp = ReloadPlan(from: ["meta": ["lastTouchedAt": "a"]], to: ["meta": ["lastTouchedAt": "b"]])
    #expect(stamp.plain == ["meta.lastTouchedAt"])
    #expect(!stamp.restartsGateway)
}

@Test(arguments: try Vectors.rows("reload-settings"))
func `reload settings are the original's, and what it would have bent is refused`(row: JSON) throws {
    let reload = try #require(row["reload"])
    let faults = ConfigurationValidator.issues(in: ["gateway": ["reload": reload]])
    let isBent = reload["mode"] == "x" || reload["debounceMs"]?.number.map { $0 < 0 || $0 != $0.rounded() } == true
    #expect(faults.isEmpty != isBent)
    guard faults.isEmpty else { return }
    let section = try #require(ReloadSection(reload))
    #expect(section.mode.rawValue == row["out"]?["mode"]?.string)
    #expect(section.debounce.milliseconds == row["out"]?["debounceMs"]?.integer)
}

@Test func `what needs a restart is left out of what is taken over`() {
    let before: JSON = [
        "gateway": ["port": 1, "reload": ["mode": "hot"]], "session": ["scope": "global"], "env": ["A": "1"],
    ]
    let after: JSON = [
        "gateway": ["port": 2, "bind": "lan", "reload": ["mode": "off"]], "session": ["scope": "per-sender"],
        "web": [:],
    ]
    let plan = ReloadPlan(from: before, to: after)
    #expect(plan.restarting == ["gateway.port", "gateway.bind", "env", "web"])
    #expect(
        plan.withoutRestarting(from: before, to: after).isSame(as: [
            "gateway": ["port": 1, "reload": ["mode": "off"]], "session": ["scope": "per-sender"], "env": ["A": "1"],
        ]))
}

@Test func `what is written out and counts anyway is no change`() {
    let short: JSON = [
        "gateway": ["mode": "local", "trustedProxies": ["10.0.0.1"]], "agents": ["list": [["id": "a"]]],
        "hooks": ["enabled": true],
    ]
    let long = ConfigurationSchema.root.withDefaults(short)
    #expect(long != short)
    #expect(ReloadPlan.effective(from: short, to: long).changed.isEmpty)
    #expect(ReloadPlan.effective(from: long, to: short).changed.isEmpty)
    guard case .object(var changed) = long, case .object(var gateway)? = changed["gateway"] else {
        Issue.record("no object")
        return
    }
    gateway["trustedProxies"] = []
    gateway["reload"] = ["mode": "hot"]
    changed["gateway"] = .object(gateway)
    let plan = ReloadPlan.effective(from: short, to: .object(changed))
    #expect(plan.restarting == ["gateway.trustedProxies"])
    #expect(plan.plain == ["gateway.reload.mode"])
    // A name says something, however little is under it.
    let models: JSON = ["agents": ["defaults": ["models": ["p/m": [:]]]]]
    #expect(ReloadPlan.effective(from: [:], to: models).changed == ["agents.defaults.models"])
    #expect(ReloadPlan.effective(from: [:], to: ["gateway": ["trustedProxies": []], "bindings": []]).changed.isEmpty)
}

@Test func `the workspace moves only with a restart`() {
    #expect(
        ReloadPlan.effective(from: [:], to: ["agents": ["defaults": ["workspace": "/w"]]]).restarting
            == ["agents.defaults.workspace"])
    let moved = ReloadPlan(
        from: ["agents": ["defaults": ["workspace": "/a"]]], to: ["agents": ["defaults": ["workspace": "/b"]]])
    #expect(moved.restarting == ["agents.defaults.workspace"])
}
