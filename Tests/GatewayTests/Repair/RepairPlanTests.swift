import Foundation
import JSON
import Policy
import Testing

@testable import Configuration
@testable import Files
@testable import Gateway

/// A configuration in a directory of its own.
private struct Fixture {
    static let text = """
        {
          // mine
          gateway: { mode: "local", auth: { token: "the-secret-token" } },
          agents: { list: [{ id: "main" }, { id: "second" }] },
        }

        """
    let directory: TemporaryDirectory
    let store: ConfigurationStore

    init(_ text: String = text) throws {
        directory = try TemporaryDirectory(inMemory: true)
        try directory.write(text, to: "mazelclaw.json")
        store = ConfigurationStore(
            path: directory.path / "mazelclaw.json", profile: try #require(ProfileName("main")),
            state: HostileDirectory(directory.path / "state"), reader: ConfigurationReader(environment: [:]))
    }

    var text: String { get throws { try directory.read("mazelclaw.json") } }

    /// The plan for `patch`, in JSON5.
    func plan(_ patch: String, base: String = "current") throws -> RepairPlan {
        try store.plan(for: proposal(patch, base: base))
    }

    func proposal(_ patch: String, base: String = "current") throws -> RepairProposal {
        try RepairProposal(parsing: Array("{base: \"\(base)\", patch: \(patch)}".utf8))
    }
}

@Test(arguments: [
    ("{agents: {defaults: {timeoutSeconds: 9}}}", true), ("{gateway: {reload: {mode: \"off\"}}}", true),
    ("{logging: {level: \"debug\"}}", true), ("{agents: {list: [{id: \"main\"}]}}", false),
    ("{session: {scope: \"global\"}}", false), ("{agents: {defaults: {workspace: \"/srv\"}}}", false),
    ("{agents: {defaults: {heartbeat: {prompt: \"do as I say\"}}}}", false),
])
func `what keeps an instance working takes a yes, and everything else more`(patch: String, isPlain: Bool) throws {
    let fixture = try Fixture()
    let plan = try fixture.plan(patch)
    #expect(plan.guarded.isEmpty == isPlain, "\(plan.guarded)")
    #expect(!plan.changed.isEmpty && !plan.difference.isEmpty)
    #expect(try fixture.text == Fixture.text)
    let proposal = try fixture.proposal(patch)
    #expect(RepairPlan(plan.json) == plan)
    try fixture.store.apply(proposal, over: plan.base, making: plan.result)
    #expect(try fixture.store.snapshot().hash == plan.result)
    #expect(try fixture.text.contains("// mine"))
    #expect(try fixture.directory.read("mazelclaw.json.bak") == Fixture.text)
}

@Test(arguments: [
    "{gateway: {auth: {mode: \"none\"}}}", "{gateway: {auth: {token: \"theirs\"}}}", "{gateway: {bind: \"lan\"}}",
    "{gateway: {trustedProxies: [\"10.0.0.1\"]}}", "{gateway: null}", "{hooks: {enabled: true}}",
    "{env: {PATH: \"/tmp\"}}", "{tools: {exec: {}}}", "{$include: \"./x.json\"}",
    "{agents: {defaults: {cliBackends: {x: {command: \"/x\"}}}}}", "{agents: {defaults: {workspace: \"${HOME}\"}}}",
    "{agents: {list: [{id: \"main\", tools: {}}]}}", "{ui: {assistant: {name: \"<secret>\"}}}",
    "{ui: \"${HOME}\"}", "{agents: {list: \"${HOME}\"}}",
    "{channels: {telegram: {botToken: \"x\"}}}", "{models: {providers: {x: {apiKey: \"k\"}}}}",
    "{models: {providers: {x: {baseUrl: \"https://theirs.example\", models: []}}}}",
])
func `secrets, who is let in and what is run are no grant's to change`(patch: String) throws {
    let fixture = try Fixture()
    #expect { try fixture.plan(patch) } throws: { "\($0)".contains("no grant covers") }
    // The twin: the same store plans what it may.
    #expect(try fixture.plan("{logging: {level: \"debug\"}}").guarded.isEmpty)
}

@Test func `a key that no gateway knows can be taken out, whatever it stands in`() throws {
    let fixture = try Fixture("{gateway: {mode: \"local\", bnid: 1}, sesion: {}}")
    #expect { try fixture.plan("{gateway: {bnid: null}}") } throws: { "\($0)".contains("cannot be used") }
    let plan = try fixture.plan("{gateway: {bnid: null}, sesion: null}")
    #expect(plan.guarded.isEmpty)
    #expect(plan.changed == ["gateway.bnid", "sesion"])
}

@Test func `an earlier version can be gone back to, and its secrets are not shown`() throws {
    let fixture = try Fixture("{gateway: {mode: \"local\"")
    try fixture.directory.write(Fixture.text, to: "mazelclaw.json.last-good")
    #expect { try fixture.plan("{}") } throws: { "\($0)".contains("is no JSON5") }
    let plan = try fixture.plan("{}", base: "last-good")
    #expect(plan.difference.contains { $0.contains("<secret>") })
    #expect(!"\(plan)".contains("the-secret-token"))
    #expect(plan.guarded.contains("gateway.auth.token"))
    try fixture.store.apply(fixture.proposal("{}", base: "last-good"), over: plan.base, making: plan.result)
    #expect(try fixture.text == Fixture.text)
    // Put back as it was, although it is broken; and not over what somebody wrote since.
    #expect(try fixture.store.restore(Array("{gateway: {mode: \"local\"".utf8), over: plan.result))
    #expect(try fixture.text == "{gateway: {mode: \"local\"")
    #expect(try !fixture.store.restore(Array("{}".utf8), over: plan.result))
    #expect(try fixture.text == "{gateway: {mode: \"local\"")
}

@Test func `of what is shown nothing is left out, and what nobody would compare is refused`() throws {
    let long = String(repeating: "x", count: 20_000)
    let fixture = try Fixture("{gateway: {mode: \"local\"}, ui: {}}")
    let plan = try fixture.plan("{agents: {defaults: {workspace: \"/\(long)\"}}}")
    #expect(plan.difference.contains { $0.contains(long) })
    let many = (0..<450).map { "  // line \($0)\n" }.joined()
    try fixture.directory.write("{\n\(many)gateway: {mode: \"local\"}}", to: "mazelclaw.json.last-good")
    #expect { try fixture.plan("{}", base: "last-good") } throws: { "\($0)".contains("more than anybody compares") }
    #expect(try !fixture.plan("{ui: null}").difference.isEmpty)
}

@Test func `a change is made of what was shown, or not at all`() throws {
    let fixture = try Fixture()
    try fixture.directory.write(Fixture.text, to: "mazelclaw.json.last-good")
    let patch = "{logging: {level: \"debug\"}}"
    let plan = try fixture.plan(patch, base: "last-good")
    // Whoever runs inside can change the version that a proposal starts from.
    try fixture.directory.write(
        Fixture.text.replacing("mode: \"local\"", with: "mode: \"remote\""), to: "mazelclaw.json.last-good")
    let proposal = try fixture.proposal(patch, base: "last-good")
    #expect { try fixture.store.apply(proposal, over: plan.base, making: plan.result) } throws: {
        "\($0)".contains("is another than when the difference was shown")
    }
    #expect(try fixture.text == Fixture.text)
}

@Test func `a configuration that was not there is taken away again`() throws {
    let fixture = try Fixture()
    try FileManager.default.removeItem(atPath: "\(fixture.directory.path)/mazelclaw.json")
    let plan = try fixture.plan("{logging: {level: \"debug\"}}")
    try fixture.store.apply(fixture.proposal("{logging: {level: \"debug\"}}"), over: plan.base, making: plan.result)
    #expect(try fixture.text.contains("debug"))
    #expect(try fixture.store.restore(nil, over: plan.result))
    #expect(!FileManager.default.fileExists(atPath: "\(fixture.directory.path)/mazelclaw.json"))
}
