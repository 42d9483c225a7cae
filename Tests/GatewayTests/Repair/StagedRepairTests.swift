import Foundation
import JSON
import Policy
import Testing

@testable import Configuration
@testable import Gateway
@testable import Time

/// What a rescue sees, and the desk its operator sits at.
private struct Fixture {
    let directory: TemporaryDirectory
    let staged: StagedRepair
    let now = Timestamp(clamping: 1_000_000)

    init() throws {
        directory = try TemporaryDirectory(inMemory: true)
        staged = StagedRepair(stateDirectory: directory.path)
    }

    var desk: RepairDesk { RepairDesk(staged: staged, now: now) }

    func stage(until end: Timestamp) throws {
        let manifest = RepairManifest(grant: "0a0b", target: try #require(ProfileName("main")), expiresAt: end)
        try staged.stage([
            .manifest: manifest.json.text(), .configuration: "{\n  logging: { level: \"info\" },\n}\n",
            .log: "one\ntwo\nthree\n", .status: "Health: down", .doctor: "Config: valid",
        ])
    }
}

@Test func `a rescue sees what is staged while the grant lasts, and no longer`() throws {
    let fixture = try Fixture()
    #expect(try fixture.desk.answer("status", "").contains("may repair no other now"))
    try fixture.stage(until: fixture.now)
    #expect(try fixture.desk.answer("logs", "").contains("may repair no other now"))
    try fixture.stage(until: fixture.now + TimeSpan(1, .minutes))
    #expect(try fixture.desk.answer("status", "").contains("main, by the host's grant 0a0b"))
    #expect(try fixture.desk.answer("status", "").contains("Health: down"))
    #expect(try fixture.desk.answer("logs", "2") == "two\nthree")
    #expect(try fixture.desk.answer("doctor", "") == "Config: valid")
    #expect(try fixture.desk.answer("config", "").contains("info"))
    #expect(try fixture.desk.answer("steal", "").contains("/repair knows"))
    try fixture.staged.clear()
    #expect(try fixture.desk.answer("config", "").contains("may repair no other now"))
    #expect(try FileManager.default.contentsOfDirectory(atPath: "\(fixture.directory.path)/repair") == [])
}

@Test func `a proposal is written once, compared, and taken once`() throws {
    let fixture = try Fixture()
    try fixture.stage(until: .latest)
    #expect(try fixture.desk.answer("diff", "").contains("No proposal waits"))
    #expect(try fixture.desk.answer("propose", "").hasPrefix("Not proposed: write a merge patch"))
    #expect(try fixture.desk.answer("propose", "{a: ").hasPrefix("Not proposed: the proposal is no JSON5"))
    #expect(try fixture.desk.answer("propose", "{logging: {level: 'debug'}}").hasPrefix("Proposed "))
    let difference = try fixture.desk.answer("diff", "")
    #expect(difference == "-2:   logging: { level: \"info\" },\n+2:   logging: { level: \"debug\" },")
    let text = try #require(try fixture.staged.takeProposal())
    #expect(try RepairProposal(parsing: text).patch["logging"]?["level"] == "debug")
    #expect(try fixture.staged.takeProposal() == nil)
    _ = try fixture.desk.answer("propose", "rollback")
    let rollback = try RepairProposal(parsing: try #require(try fixture.staged.takeProposal()))
    #expect(rollback == RepairProposal(base: "last-good", patch: [:]))
}

@Test func `what a rescue puts where its proposal belongs is taken away, or told of`() throws {
    let fixture = try Fixture()
    try fixture.stage(until: .latest)
    let place = "\(fixture.directory.path)/repair/proposal.json"
    try fixture.directory.write("secret", to: "other")
    let attacks: [(String, () throws -> Void)] = [
        ("regular file", { try #require(mkfifo(place, 0o600) == 0) }),
        ("symbolic link", { try #require(symlink("../other", place) == 0) }),
        ("holds more than", { try Data(count: RepairProposal.limit + 1).write(to: URL(filePath: place)) }),
    ]
    for (reason, attack) in attacks {
        try attack()
        #expect { try fixture.staged.takeProposal() } throws: { "\($0)".contains(reason) }
        #expect(try fixture.staged.takeProposal() == nil)
    }
    try #require(mkdir(place, 0o700) == 0)
    #expect { try fixture.staged.takeProposal() } throws: { "\($0)".contains("regular file") }
    try #require(rmdir(place) == 0)
    #expect(try fixture.directory.read("other") == "secret")
    try fixture.staged.propose(RepairProposal(patch: ["ui": [:]]))
    #expect(try fixture.staged.takeProposal() != nil)
}

@Test func `known secrets, announced ones and what is not seen are taken out of what is staged`() throws {
    let fixture = try Fixture()
    let instance = try fixture.instance(#"{"gateway": {"mode": "local", "auth": {"token": "today-is-secret"}}}"#)
    try fixture.directory.write(
        #"{"gateway": {"auth": {"token": "yesterday-was-secret"}}}"#, to: "mazelclaw.json.bak.2")
    let store = ConfigurationStore(instance)
    let redaction = try RepairRedaction(instance, store)
    let text = redaction.text("today-is-secret, yesterday-was-secret, Bearer abcdefgh1234 \u{1B}[2J and fish")
    #expect(text == #"<secret>, <secret>, Bearer <secret> \u{1b}[2J and fish"#)
    #expect(try store.staged(by: redaction)?.contains("<secret>") == true)
    #expect(redaction.text("one\ntwo\nthree", limit: 8) == "…\nthree")
    try fixture.directory.write("{", to: "mazelclaw.json")
    #expect(try store.staged(by: redaction) == nil)
}

@Test func `of a configuration that cannot be read every longer word may be a secret`() throws {
    let fixture = try Fixture()
    let instance = try fixture.instance("{gateway: {auth: {token: 'unreadable-secret'")
    let store = ConfigurationStore(instance)
    let redaction = try RepairRedaction(instance, store)
    #expect(redaction.text("unreadable-secret, token and fish") == "<secret>, token and fish")
    try fixture.directory.write(
        "{" + (0..<600).map { "word-number-\($0)" }.joined(separator: ","), to: "mazelclaw.json")
    #expect { try RepairRedaction(instance, store) } throws: { "\($0)".contains("too long to tell what is secret") }
    try fixture.directory.write("{ui: {}}", to: "mazelclaw.json")
    #expect(try RepairRedaction(instance, store).text("unreadable-secret") == "unreadable-secret")
}

@Test func `of a log the last whole lines are read, however long it is, and nothing else`() throws {
    let fixture = try Fixture()
    let instance = try fixture.instance("{}")
    #expect(try instance.endOfLog() == "")
    try fixture.directory.write(
        String(repeating: "0123456789abcde\n", count: 1 << 16) + "end\n", to: "logs/gateway.log")
    let end = try instance.endOfLog()
    #expect(end.hasSuffix("abcde\nend\n") && end.hasPrefix("0123") && end.utf8.count <= 64 << 10)
    try FileManager.default.removeItem(atPath: "\(fixture.directory.path)/logs/gateway.log")
    try #require(symlink("/etc/passwd", "\(fixture.directory.path)/logs/gateway.log") == 0)
    #expect { try instance.endOfLog() } throws: { "\($0)".contains("symbolic link") }
}

extension Fixture {
    /// An instance whose state is in the directory, with this configuration.
    fileprivate func instance(_ text: String) throws -> Instance {
        try directory.write(text, to: "mazelclaw.json")
        let environment = ["MAZELCLAW_STATE_DIR": directory.path.text]
        return try Instance(
            selection: InstanceSelection(argument: nil, environment: environment), profile: nil, home: directory.path,
            workingDirectory: .root)
    }
}
