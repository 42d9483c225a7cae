import Gateway
import JSON
import Policy
import Testing

@testable import Configuration
@testable import Text

private let home = AbsolutePath("/home/u") ?? .root

private func instance(
    _ name: String = "main", environment: [String: String] = [:], profile: Profile? = nil, named: Bool = true
) throws -> Instance {
    let selection = try InstanceSelection(
        argument: named ? ProfileName(name) : nil, environment: environment, launcherMark: "MAZELCLAW_ASSIGNED")
    return try Instance(selection: selection, profile: profile, home: home, workingDirectory: home / "work")
}

private func file(_ text: String) throws -> ConfigurationFile {
    let reader = ConfigurationReader(environment: [:]) { _ in nil }
    return try ConfigurationFile(reader.snapshot(of: home / "mazelclaw.json", text: Array(text.utf8)))
}

private let launched = [
    "MAZELCLAW_ASSIGNED": "1", "MAZELCLAW_PROFILE": "main", "MAZELCLAW_GATEWAY_PORT": "20000",
    "MAZELCLAW_STATE_DIR": "/s", "MAZELCLAW_WORKSPACE": "/w",
]

@Test func `the port comes from the argument, the environment, the host, the file, the default, in this order`() throws
{
    let written = try file(#"{"gateway": {"port": 21000}}"#)
    let name = try #require(ProfileName("main"))
    let profile = Profile(name: name, basePort: 22000)
    let environment = ["MAZELCLAW_PROFILE": "main", "MAZELCLAW_GATEWAY_PORT": "23000"]

    func port(_ instance: Instance, _ file: ConfigurationFile?, _ argument: Int? = nil) throws -> Sourced<PortSet> {
        try GatewayConfiguration(instance: instance, file: file, arguments: GatewayArguments(port: argument)).ports
    }
    let all = try instance(environment: environment, profile: profile, named: false)
    #expect(try port(all, written, 24000).value.base == 24000)
    #expect(try port(all, written, 24000).source == .argument("--port"))
    #expect(try port(all, written).source == .environment("MAZELCLAW_GATEWAY_PORT"))
    #expect(try port(instance(profile: profile), written).value.base == 22000)
    #expect(try port(instance(), written).value.base == 21000)
    #expect(try port(instance(), written).source == .file(key: "gateway.port", path: written.path))
    #expect(try port(instance(), nil).value.base == 18789)
    #expect(try port(instance("dev"), nil).value.base == 19001)
}

@Test(arguments: [" 19001 ", "19001", "\t19001\n"])
func `spaces around the port in the environment do not count`(text: String) throws {
    let instance = try instance(environment: ["MAZELCLAW_GATEWAY_PORT": text], named: false)
    #expect(try GatewayConfiguration(instance: instance, file: nil).ports.value.base == 19001)
}

@Test func `the assigned port wins over the file's, and the disagreement is named`() throws {
    let configuration = try GatewayConfiguration(
        instance: instance(environment: launched), file: file(#"{"gateway": {"port": 18789}}"#))
    #expect(
        configuration.ports == Sourced(try #require(PortSet(base: 20000)), from: .launcher("MAZELCLAW_GATEWAY_PORT")))
    #expect(configuration.disregardedPort == 18789)
    #expect(configuration.portDisagreement?.contains("18789") == true)
    #expect(configuration.workspace.value.text == "/w")
}

@Test func `inside the sandbox an argument cannot ask for another port`() throws {
    let instance = try instance(environment: launched)
    #expect(throws: ConfigurationError.portNotAssigned(requested: 20002, assigned: 20000)) {
        try GatewayConfiguration(instance: instance, file: nil, arguments: GatewayArguments(port: 20002))
    }
    #expect(throws: Never.self) {
        try GatewayConfiguration(instance: instance, file: nil, arguments: GatewayArguments(port: 20000))
    }
}

@Test(arguments: [0, 80, 1023, 65426, 65535, 70000, -1])
func `a port whose derived ports would not exist is refused by number`(port: Int) throws {
    let instance = try instance()
    #expect {
        try GatewayConfiguration(instance: instance, file: nil, arguments: GatewayArguments(port: port))
    } throws: { "\($0)".contains("\(port)") }
}

@Test func `paths follow the name, and the configuration follows the state directory`() throws {
    let plain = try instance("rescue")
    #expect(plain.stateDirectory.value.text == "/home/u/.mazelclaw-rescue")
    #expect(plain.configurationFile.value.text == "/home/u/.mazelclaw-rescue/mazelclaw.json")
    let moved = try instance(environment: ["MAZELCLAW_STATE_DIR": "~/x"], named: false)
    #expect(moved.configurationFile.value.text == "/home/u/x/mazelclaw.json")
    let split = try instance(environment: ["MAZELCLAW_CONFIG_PATH": "c.json"], named: false)
    #expect(split.stateDirectory.value.text == "/home/u/.mazelclaw")
    #expect(split.configurationFile.value.text == "/home/u/work/c.json")
}

@Test(arguments: ["main", "rescue", "Dev"])
func `the workspace ends in the profile's name and lies in the profile's own tree`(name: String) throws {
    let configuration = try GatewayConfiguration(instance: instance(name), file: nil)
    #expect(configuration.workspace.value.lastComponent == "workspace-\(name)")
    #expect(configuration.instance.stateDirectory.value.contains(configuration.workspace.value))
}

/// The original names them so in the home directory, where a profile's stands among other people's files.
@Test(arguments: try Vectors.rows("workspace"))
func `the workspace of a profile from the environment is called as clients of the original know it`(row: JSON) throws {
    var environment: [String: String] = [:]
    if let name = row["env"]?["CLAWDBOT_PROFILE"]?.string { environment["MAZELCLAW_PROFILE"] = name }
    let there = try #require(row["out"]?["value"]?.string)
    let workspace = try GatewayConfiguration(instance: instance(environment: environment, named: false), file: nil)
        .workspace.value
    #expect(workspace.lastComponent == there.replacing("/home/u/clawd", with: "workspace"))
}

@Test func `a start needs a local mode and a secret`() throws {
    func blocked(_ text: String, allows: Bool = false) throws -> String? {
        let configuration = try GatewayConfiguration(instance: instance(), file: file(text))
        do {
            try configuration.requireStartable(allowsUnconfigured: allows)
            return nil
        } catch {
            return "\(error)"
        }
    }
    #expect(try blocked("{}")?.contains("(current: unset)") == true)
    #expect(try blocked(#"{"gateway": {"mode": "remote"}}"#)?.contains("(current: remote)") == true)
    #expect(try blocked(#"{"gateway": {"mode": "local"}}"#)?.contains("no token is configured") == true)
    #expect(
        try blocked(#"{"gateway": {"mode": "local", "bind": "lan", "auth": {"token": "t"}}}"#)?.contains("gateway.bind")
            == true)
    #expect(try blocked(#"{"gateway": {"mode": "local", "auth": {"token": "t"}}}"#) == nil)
    #expect(try blocked(#"{"gateway": {"auth": {"token": "t"}}}"#, allows: true) == nil)
}

@Test func `for serving, the file's token counts before the environment's`() throws {
    let environment = ["MAZELCLAW_GATEWAY_TOKEN": "from-environment"]
    let both = try GatewayConfiguration(
        instance: instance(environment: environment, named: false),
        file: file(#"{"gateway": {"auth": {"token": "from-file"}}}"#))
    #expect(both.credentials.accept(Secret("from-file")))
    let one = try GatewayConfiguration(instance: instance(environment: environment, named: false), file: nil)
    #expect(one.credentials.accept(Secret("from-environment")))
    #expect(!one.credentials.accept(nil))
}

@Test(
    arguments: [
        (#"{"token": "t", "password": "p"}"#, [:], GatewayArguments(), "p", .password),
        (#"{"mode": "token", "token": "t", "password": "p"}"#, [:], GatewayArguments(), "t", .token),
        (#"{"token": "t"}"#, ["MAZELCLAW_GATEWAY_PASSWORD": "q"], GatewayArguments(), "q", .password),
        (#"{"password": "p"}"#, ["MAZELCLAW_GATEWAY_TOKEN": "u"], GatewayArguments(), "p", .password),
        (#"{"password": "p"}"#, [:], GatewayArguments(token: Secret("a")), "a", .token),
        ("{}", ["MAZELCLAW_GATEWAY_PASSWORD": "q"], GatewayArguments(), "q", .password),
        ("{}", ["MAZELCLAW_GATEWAY_TOKEN": "u"], GatewayArguments(), "u", .token),
    ] as [(String, [String: String], GatewayArguments, String, AuthSection.SecretKind)])
func `without a mode a password counts before a token, and either starts a gateway from wherever it comes`(
    auth: String, environment: [String: String], arguments: GatewayArguments, secret: String,
    mode: AuthSection.SecretKind
) throws {
    let configuration = try GatewayConfiguration(
        instance: instance(environment: environment, named: false),
        file: file(#"{"gateway": {"mode": "local", "auth": \#(auth)}}"#), arguments: arguments)
    #expect(configuration.credentials.mode == mode)
    #expect(configuration.credentials.accept(Secret(secret)))
    #expect(throws: Never.self) { try configuration.requireStartable(allowsUnconfigured: false) }
}
