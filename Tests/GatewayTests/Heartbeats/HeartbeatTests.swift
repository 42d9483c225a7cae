import JSON
import Testing

@testable import Configuration
@testable import Gateway
@testable import Time

@Test(
    arguments: [
        ("HEARTBEAT_OK", "", true), (" **HEARTBEAT_OK** \n", "", true), ("HEARTBEAT_OK.", "", true),
        ("HEARTBEAT_OK. all is well.", "all is well.", true), ("all is well\nHEARTBEAT_OK", "all is well", true),
        ("HEARTBEAT_OK fine HEARTBEAT_OK!", "fine", true),
        // Talked about, or another word.
        ("I would say HEARTBEAT_OK but the disk is full", "I would say HEARTBEAT_OK but the disk is full", false),
        ("HEARTBEAT_OKAY", "HEARTBEAT_OKAY", false), ("NO_HEARTBEAT_OK", "NO_HEARTBEAT_OK", false),
        ("the disk is full", "the disk is full", false), ("", "", false), ("*", "*", false),
    ] as [(String, String, Bool)])
func `the word that there is nothing to do counts at the ends of an answer`(
    answer: String, text: String, hasWord: Bool
) {
    let reply = HeartbeatReply(answer)
    #expect((reply.text, reply.hasWord) == (text, hasWord))
    #expect(reply.isQuiet(within: text.count) == (hasWord || text.isEmpty))
    #expect(reply.isQuiet(within: text.count - 1) == (!hasWord && text.isEmpty))
}

@Test(arguments: [("00:00", 0), ("08:30", 510), ("24:00", 1440)])
func `a time of the day is read`(text: String, minutes: Int) {
    #expect(TimeOfDay.minutes(text) == minutes)
}

@Test(arguments: ["", "8:00", "08:60", "24:01", "25:00", "08", "08:00:00", "-1:00", "08.00", "٠٨:٠٠"])
func `what is no time of the day is none`(text: String) {
    #expect(TimeOfDay.minutes(text) == nil)
}

@Test(
    arguments: [
        // 1970-01-01 at 07:30 UTC; Berlin was an hour ahead.
        ("07:00", "08:00", "UTC", true), ("07:30", "08:00", "UTC", true), ("07:00", "07:30", "UTC", false),
        ("08:00", "09:00", "Europe/Berlin", true), ("07:00", "08:00", "Europe/Berlin", false),
        // Over midnight, and a whole day.
        ("22:00", "08:00", "UTC", true), ("22:00", "07:00", "UTC", false), ("08:00", "24:00", "UTC", false),
        ("09:00", "09:00", "UTC", true), ("00:00", "24:00", "UTC", true),
    ])
func `it is the hour for it, or not`(start: String, end: String, zone: String, isIn: Bool) throws {
    var section = ActiveHoursSection()
    (section.start, section.end, section.timezone) = (start, end, zone)
    let hours = try #require(ActiveHours(section))
    #expect(try hours.contain(27_000_000) == isIn)
}

@Test func `hours without a beginning are none, and a zone nobody knows is told of`() throws {
    var section = ActiveHoursSection()
    section.end = "08:00"
    #expect(ActiveHours(section) == nil)
    (section.start, section.timezone) = ("07:00", "Moon/Base")
    let hours = try #require(ActiveHours(section))
    #expect(throws: ActiveHours.UnknownZone(name: "Moon/Base")) { try hours.contain(0) }
    section.timezone = "local"
    #expect(ActiveHours(section)?.zone == nil)
}

@Test(arguments: ["agents.defaults", "agents.list[0]"], [("start", "end"), ("end", "start")])
func `half of the hours, and a zone nobody knows, are refused`(place: String, names: (given: String, missing: String)) {
    func issues(_ hours: JSON) -> [String] {
        let agent: JSON = ["id": "main", "heartbeat": ["activeHours": hours]]
        let defaults: JSON = ["heartbeat": ["activeHours": hours]]
        let root: JSON = ["agents": place == "agents.defaults" ? ["defaults": defaults] : ["list": [agent]]]
        return ConfigurationValidator.issues(in: root).map(\.description)
    }
    let half = issues(.object([names.given: "08:00", "timezone": "UTC"]))
    #expect(
        half == [
            "\(place).heartbeat.activeHours.\(names.missing): `\(names.missing)` is required when there is a "
                + "`\(names.given)`"
        ])
    #expect(issues([names.given: "08:00", names.missing: "09:00"]) == [])
    #expect(issues(["timezone": "UTC"]) == [])
    #expect(issues(["timezone": "local"]) == [])
    #expect(
        issues(["timezone": "Moon/Base"]) == [
            "\(place).heartbeat.activeHours.timezone: this host knows no time zone \"Moon/Base\"; expected a name like "
                + "\"Europe/Berlin\" or \"UTC\""
        ])
}

private func heartbeats(_ json: JSON) throws -> [Heartbeat] {
    Heartbeat.all(try #require(AgentsSection(json)))
}

@Test func `without a word of it the default agent looks for work every half hour`() throws {
    let all = try heartbeats(["list": [["id": "a"], ["id": "B", "default": true]]])
    #expect(all.map(\.agentID) == ["b"])
    let heartbeat = try #require(all.first)
    #expect((heartbeat.every, heartbeat.interval, heartbeat.quietLimit) == ("30m", TimeSpan(30, .minutes), 300))
    #expect((heartbeat.session, heartbeat.model, heartbeat.hours) == (nil, nil, nil))
    #expect(heartbeat.prompt.contains("HEARTBEAT_OK"))
}

@Test func `agents with an entry of their own look for work, as it says and else as the defaults do`() throws {
    let all = try heartbeats([
        "defaults": [
            "heartbeat": [
                "every": "2h", "prompt": "look", "ackMaxChars": 7, "activeHours": ["start": "08:00", "end": "22:00"],
            ]
        ],
        "list": [
            ["id": "a"], ["id": "b", "heartbeat": [:]],
            ["id": "c", "heartbeat": ["every": "5", "model": "tool/x", "session": "watch", "prompt": " "]],
            ["id": "d", "heartbeat": ["every": "0m"]], ["id": "e", "heartbeat": ["every": "10ms"]],
        ],
    ])
    #expect(all.map(\.agentID) == ["b", "c", "e"])
    #expect(all.map(\.interval.milliseconds) == [7_200_000, 300_000, 1000])
    #expect((all[0].prompt, all[0].quietLimit, all[0].hours?.start) == ("look", 7, 480))
    #expect((all[1].model, all[1].session) == ("tool/x", "watch"))
    #expect(all[1].prompt.contains("HEARTBEAT_OK"))
}

@Test(
    arguments: [
        (nil, true), ("", false), ("# Tasks\n\n- [ ]\n* \n", false), ("# Tasks\n- look at the disk\n", true),
        ("look at the disk", true),
    ] as [(String?, Bool)])
func `a file without a task has nothing to look at, and no file says nothing`(text: String?, hasTasks: Bool) throws {
    let directory = try TemporaryDirectory()
    let workspace = AgentWorkspace(directory.path)
    if let text { try directory.write(text, to: "HEARTBEAT.md") }
    #expect(workspace.hasHeartbeatTasks == hasTasks)
}

@Test func `a new file has no task until one is written below`() throws {
    let directory = try TemporaryDirectory()
    let workspace = AgentWorkspace(directory.path)
    try workspace.prepare(BootstrapSettings())
    #expect(!workspace.hasHeartbeatTasks)
    try directory.write(BootstrapFile.heartbeat.text + "\nlook at the disk\n", to: "HEARTBEAT.md")
    #expect(workspace.hasHeartbeatTasks)
}

@Test func `an agent's own heartbeat has the keys of the defaults, and none of their values`() {
    let (defaults, own) = ("agents.defaults.heartbeat.", "agents.list[].heartbeat.")
    func keys(below path: String) -> [ListedKey] {
        ConfigurationSchema.root.listing.filter { $0.path.hasPrefix(path) }
    }
    let (common, different) = (keys(below: defaults), keys(below: own))
    #expect(common.map { own + $0.path.dropFirst(defaults.count) } == different.map(\.path))
    #expect(common.map(\.type) == different.map(\.type))
    #expect(common.map(\.schema.help) == different.map(\.schema.help))
    #expect(common.map(\.schema.isServed) == different.map(\.schema.isServed))
    #expect(common.compactMap(\.schema.fallback) == ["30m", "last", 300])
    #expect(different.compactMap(\.schema.fallback).isEmpty)
    // That it is there at all says that this agent looks for work.
    let agents: JSON = ["list": [["id": "a", "heartbeat": ["activeHours": [:]]]]]
    let effective = ConfigurationSchema.root.effective(["agents": agents])
    #expect(effective["agents"]?["list"]?.array?.first?["heartbeat"] == ["activeHours": [:]])
}
