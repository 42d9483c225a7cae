import Gateway
import JSON
import Policy
import Testing

@testable import Configuration
@testable import Storage

private func instance(_ directory: TemporaryDirectory, name: String = "rescue") throws -> Instance {
    try Instance(
        selection: InstanceSelection(argument: ProfileName(name), environment: [:]), profile: nil, home: directory.path,
        workingDirectory: directory.path)
}

@Test func `setup makes an instance that may start at once`() throws {
    let home = try TemporaryDirectory()
    let setup = try InstanceSetup(instance(home))
    #expect(throws: Never.self) { try setup.configuration.requireStartable(allowsUnconfigured: false) }
    let file = try JSON(parsing: Array(home.read(".mazelclaw-rescue/mazelclaw.json").utf8))
    #expect(file["gateway"]?["mode"] == "local")
    let token = try #require(file["gateway"]?["auth"]?["token"]?.string)
    #expect(token.count == 48 && token.allSatisfy(\.isHexDigit))
    #expect(
        file["agents"]?["defaults"]?["workspace"]?.string == "\(home.path)/.mazelclaw-rescue/workspace-rescue")
    #expect(try home.mode(".mazelclaw-rescue") == 0o700)
    #expect(try home.mode(".mazelclaw-rescue/mazelclaw.json") == 0o600)
    #expect(try home.mode(".mazelclaw-rescue/workspace-rescue/canvas") == 0o700)
}

@Test func `a second setup changes nothing`() throws {
    let home = try TemporaryDirectory()
    _ = try InstanceSetup(instance(home))
    let before = try home.read(".mazelclaw-rescue/mazelclaw.json")
    let second = try InstanceSetup(instance(home))
    #expect(second.configurationFile == .unchanged)
    #expect(try home.read(".mazelclaw-rescue/mazelclaw.json") == before)
}

@Test func `setup adds what is missing and keeps the rest`() throws {
    let home = try TemporaryDirectory()
    try home.write(
        "{\n  // mine\n  gateway: {port: 20000, auth: {token: 'mine'}},\n  browser: {color: 'red'}, // and this\n}\n",
        to: ".mazelclaw-rescue/mazelclaw.json")
    let setup = try InstanceSetup(instance(home))
    #expect(setup.configurationFile == .completed)
    let workspace = "\(home.path)/.mazelclaw-rescue/workspace-rescue"
    #expect(
        try home.read(".mazelclaw-rescue/mazelclaw.json") == """
            {
              // mine
              gateway: {port: 20000, auth: {token: 'mine'}, mode: "local"},
              browser: {color: 'red'}, // and this
              agents: {
                defaults: {
                  workspace: "\(workspace)"
                }
              },
            }

            """)
    #expect(try home.mode(".mazelclaw-rescue/mazelclaw.json") == 0o600)
}

@Test func `an invalid file is an error, and stays as it is`() throws {
    let home = try TemporaryDirectory()
    try home.write("{ oops", to: ".mazelclaw-rescue/mazelclaw.json")
    #expect { try InstanceSetup(instance(home)) } throws: { "\($0)".contains("mazelclaw.json:1:7") }
    #expect(try home.read(".mazelclaw-rescue/mazelclaw.json") == "{ oops")
}

@Test func `each set up instance has an identity of its own that stays`() throws {
    let home = try TemporaryDirectory()
    let main = try InstanceIdentity.loadOrCreate(in: home.path / "main")
    let rescue = try InstanceIdentity.loadOrCreate(in: home.path / "rescue")
    #expect(main != rescue)
    #expect(try InstanceIdentity.load(in: home.path / "main") == main)
    #expect(try InstanceIdentity.load(in: home.path / "none") == nil)
}

@Test func `settings replace what stands there in the one write, and the rest stays`() throws {
    let home = try TemporaryDirectory()
    try home.write(
        "{agents: {defaults: {model: {primary: 'old', fallbacks: ['spare']}}}, gateway: {auth: {token: 'mine'}}} // kept\n",
        to: ".mazelclaw-rescue/mazelclaw.json")
    let setup = try InstanceSetup(
        instance(home),
        settings: [
            InstanceSetup.Setting(["agents", "defaults", "cliBackends", "new"], ["command": "/bin/echo"]),
            InstanceSetup.Setting(["agents", "defaults", "model", "primary"], "new"),
        ])
    let defaults = setup.configuration.agents.defaults
    #expect(defaults.cliBackends["new"]?.command == "/bin/echo")
    #expect(defaults.model.primary == "new")
    #expect(defaults.model.fallbacks == ["spare"])
    let text = try home.read(".mazelclaw-rescue/mazelclaw.json")
    #expect(text.contains("// kept") && text.contains("'mine'"))
    // What would make it invalid is not written.
    #expect(throws: ConfigurationError.self) {
        try InstanceSetup(
            instance(home),
            settings: [InstanceSetup.Setting(["agents", "defaults", "cliBackends", "new"], ["command": 1])])
    }
    #expect(try home.read(".mazelclaw-rescue/mazelclaw.json") == text)
}
