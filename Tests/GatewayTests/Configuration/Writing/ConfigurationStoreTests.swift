import Foundation
import JSON
import Policy
import Testing

@testable import Configuration
@testable import Files
@testable import Gateway

/// A configuration in a directory of its own.
private struct Fixture {
    let directory: TemporaryDirectory
    let store: ConfigurationStore

    init(
        _ text: String? = "{\n  // mine\n  gateway: { port: 20000 },\n}\n", profile: String = "main",
        inMemory: Bool = false
    ) throws {
        directory = try TemporaryDirectory(inMemory: inMemory)
        if let text { try directory.write(text, to: "mazelclaw.json") }
        store = try Self.store(directory, profile)
    }

    static func store(
        _ directory: TemporaryDirectory, _ profile: String, environment: [String: String] = [:],
        file: String = "mazelclaw.json"
    ) throws -> ConfigurationStore {
        ConfigurationStore(
            path: directory.path / file, profile: try #require(ProfileName(profile)),
            state: HostileDirectory(directory.path / "state"),
            reader: ConfigurationReader(environment: environment))
    }

    var text: String { get throws { try directory.read("mazelclaw.json") } }
    var names: [String] {
        get throws { try FileManager.default.contentsOfDirectory(atPath: directory.path.text).sorted() }
    }
}

private func path(_ text: String) throws -> ConfigurationPath { try ConfigurationPath(text) }

@Test func `a change leaves everything else as it was, and the old file as a backup`() throws {
    let fixture = try Fixture()
    try fixture.store.set(path("gateway.mode"), to: "local")
    #expect(try fixture.text == "{\n  // mine\n  gateway: { port: 20000, mode: \"local\" },\n}\n")
    #expect(try fixture.directory.read("mazelclaw.json.bak") == "{\n  // mine\n  gateway: { port: 20000 },\n}\n")
    #expect(try fixture.directory.mode("mazelclaw.json") == 0o600)
    #expect(try fixture.directory.mode("mazelclaw.json.bak") == 0o600)
    try fixture.store.unset(path("gateway.mode"))
    #expect(try fixture.text == "{\n  // mine\n  gateway: { port: 20000 },\n}\n")
}

@Test func `five backups are kept, the newest first`() throws {
    let fixture = try Fixture()
    for port in 20001...20008 { try fixture.store.set(path("gateway.port"), to: .integer(Int64(port))) }
    for (index, file) in ConfigurationBackups(of: fixture.store.path).files.enumerated() {
        #expect(try String(contentsOfFile: file.text, encoding: .utf8).contains("\(20007 - index)"))
    }
    #expect(
        try fixture.names == [
            "mazelclaw.json", "mazelclaw.json.bak", "mazelclaw.json.bak.1", "mazelclaw.json.bak.2",
            "mazelclaw.json.bak.3", "mazelclaw.json.bak.4", "mazelclaw.json.lock",
        ])
}

@Test func `what changes nothing writes nothing`() throws {
    let fixture = try Fixture()
    try fixture.store.set(path("gateway.port"), to: 20000)
    #expect(try fixture.names == ["mazelclaw.json", "mazelclaw.json.lock"])
}

@Test func `a file that is not there is made`() throws {
    let fixture = try Fixture(nil)
    try fixture.store.set(path("agents.list[0].id"), to: "a")
    #expect(
        try fixture.text
            == "{\n  \"agents\": {\n    \"list\": [\n      {\n        \"id\": \"a\"\n      }\n    ]\n  }\n}\n")
    #expect(try fixture.names == ["mazelclaw.json", "mazelclaw.json.lock"])
    #expect(try fixture.directory.mode("mazelclaw.json") == 0o600)
}

@Test func `an invalid change is refused, and the file stays`() throws {
    let fixture = try Fixture()
    let before = try fixture.text
    for change in [
        { try fixture.store.set(path("gateway.prot"), to: 1) },
        { try fixture.store.set(path("gateway.port"), to: "x") },
        { try fixture.store.replace(with: Array("{".utf8), base: .any) },
    ] {
        do throws {
            _ = try change()
            Issue.record("accepted")
        } catch let error as ConfigurationChangeError {
            guard case .invalid(let faults) = error else { throw error }
            #expect(faults.count == 1)
        }
    }
    #expect(throws: ConfigurationChangeError.absent("gateway.mode")) { try fixture.store.unset(path("gateway.mode")) }
    #expect(try fixture.text == before)
    #expect(try fixture.names == ["mazelclaw.json"])
}

@Test func `a change may mend what is wrong, but not what cannot be read`() throws {
    let fixture = try Fixture("{gateway: {prot: 1}}")
    #expect(throws: ConfigurationChangeError.self) { try fixture.store.set(path("gateway.port"), to: 20000) }
    try fixture.store.unset(path("gateway.prot"))
    #expect(try fixture.text == "{gateway: {}}")
    let broken = try Fixture("{ oops")
    #expect(throws: ConfigurationChangeError.self) { try broken.store.set(path("gateway.port"), to: 20000) }
    #expect(try broken.text == "{ oops")
}

@Test func `a variable that was missing before does not hold up a change`() throws {
    let fixture = try Fixture("{gateway: {auth: {token: '${TOKEN}'}}}")
    try fixture.store.set(path("gateway.port"), to: 20000)
    #expect(try fixture.text == "{gateway: {auth: {token: '${TOKEN}'}, port: 20000}}")
    #expect(throws: ConfigurationChangeError.self) { try fixture.store.set(path("talk.modelId"), to: "${OTHER}") }
}

@Test func `a change made for another version is refused`() throws {
    let fixture = try Fixture()
    let hash = try fixture.store.snapshot().hash
    try fixture.store.replace(with: Array("{ gateway: { port: 1024 } }".utf8), base: .hash(hash))
    #expect(throws: ConfigurationChangeError.changed) {
        try fixture.store.replace(with: Array("{}".utf8), base: .hash(hash))
    }
    #expect(throws: ConfigurationChangeError.baseRequired) {
        try fixture.store.replace(with: Array("{}".utf8), base: .hash(nil))
    }
    #expect(try fixture.text == "{ gateway: { port: 1024 } }")
    let none = try Fixture(nil)
    try none.store.replace(with: Array("{}".utf8), base: .hash(nil))
    #expect(try none.text == "{}")
}

@Test func `a symbolic link stays one, and the file behind it is changed`() throws {
    let directory = try TemporaryDirectory()
    try directory.write("{}", to: "dotfiles/mine.json5")
    try FileManager.default.createSymbolicLink(
        atPath: (directory.path / "mazelclaw.json").text, withDestinationPath: "dotfiles/mine.json5")
    try Fixture.store(directory, "main").set(path("gateway.port"), to: 20000)
    #expect(try directory.read("dotfiles/mine.json5").contains("20000"))
    #expect(
        try FileManager.default.destinationOfSymbolicLink(atPath: (directory.path / "mazelclaw.json").text)
            == "dotfiles/mine.json5")
}

@Test func `two profiles cannot write one file`() throws {
    // N24.
    let fixture = try Fixture()
    try fixture.store.claim()
    let other = try Fixture.store(fixture.directory, "rescue")
    for attempt in [{ try other.claim() }, { _ = try other.set(path("gateway.port"), to: 20001) }] {
        #expect { try attempt() } throws: { "\($0)".contains("belongs to profile \"main\"") }
    }
    #expect(try fixture.text.contains("20000"))
    try Fixture.store(fixture.directory, "Main").claim()
    try fixture.store.set(path("gateway.port"), to: 20001)
}

@Test func `a directory that cannot be written is a clear error, and claims nothing`() throws {
    // Root may write anywhere: a directory of /proc stands for one nobody can write.
    let store = ConfigurationStore(
        path: AbsolutePath("/proc/1/mazelclaw.json") ?? .root, profile: .default,
        state: HostileDirectory(AbsolutePath("/nowhere") ?? .root),
        reader: ConfigurationReader(environment: [:]))
    try store.claim()
    #expect { try store.set(path("gateway.port"), to: 20000) } throws: { "\($0)".contains("cannot lock /proc/1/") }
}

@Test func `many writers at once lose nothing`() async throws {
    let fixture = try Fixture("{\n  // the one comment\n}\n", inMemory: true)
    let store = fixture.store
    try await withThrowingTaskGroup(of: Void.self) { group in
        for writer in 0..<8 {
            group.addTask {
                for number in 0..<12 {
                    try store.set(path("env.vars.W\(writer)_\(number)"), to: .string("\(number)"))
                }
            }
        }
        try await group.waitForAll()
    }
    let value = try JSON5Document(parsing: Array(fixture.text.utf8)).value
    #expect(value["env"]?["vars"]?.object?.members.count == 96)
    #expect(try fixture.text.hasPrefix("{\n  // the one comment\n"))
    #expect(try fixture.names.count == 7)
}

@Test func `what a killed writer left behind is removed by the next, and only that`() throws {
    let fixture = try Fixture()
    try fixture.directory.write("half", to: "mazelclaw.json.123.456.tmp")
    try fixture.directory.write("other", to: "notes.tmp")
    try fixture.store.set(path("gateway.port"), to: 20001)
    #expect(!(try fixture.names.contains("mazelclaw.json.123.456.tmp")))
    #expect(try fixture.names.contains("notes.tmp"))
}

@Test func `a lock that is not let go is told of`() throws {
    let fixture = try Fixture()
    let name = try #require(ProfileName("main"))
    let held = try ConfigurationLock(FilePlace(fixture.store.path), for: name)
    #expect(throws: ConfigurationChangeError.busy(lock: fixture.directory.path / "mazelclaw.json.lock")) {
        _ = try ConfigurationLock(FilePlace(fixture.store.path), for: name, patience: 20)
    }
    withExtendedLifetime(held) {}
}

@Test func `while a change is made and checked nobody waits for the lock, and no change gets lost`() throws {
    let fixture = try Fixture()
    let other = try Fixture.store(fixture.directory, "main")
    var made = 0
    try fixture.store.change { written in
        made += 1
        // Another one comes in between: this waits for nothing, and is seen.
        if made == 1 {
            do { try other.set(path("gateway.mode"), to: "local") } catch { Issue.record("\(error)") }
        }
        var changed = written.object ?? JSONObject()
        changed["logging"] = ["level": "info"]
        return .object(changed)
    }
    #expect(made == 2)
    let value = try JSON5Document(parsing: Array(fixture.text.utf8)).value
    #expect(value["gateway"]?["mode"] == "local")
    #expect(value["logging"]?["level"] == "info")
}

@Test func `a change for one version of the file is not made in another that came meanwhile`() throws {
    let fixture = try Fixture()
    let other = try Fixture.store(fixture.directory, "main")
    let hash = try fixture.store.snapshot().hash
    #expect(throws: ConfigurationChangeError.changed) {
        try fixture.store.change(base: .hash(hash)) { written in
            do { try other.set(path("gateway.mode"), to: "local") } catch { Issue.record("\(error)") }
            return written
        }
    }
    #expect(try fixture.text.contains("local"))
}
