import JSON
import Policy
import Testing

@testable import Configuration
@testable import Gateway
@testable import GatewayProtocol
@testable import Time

private let file = AbsolutePath("/c/mazelclaw.json") ?? .root

private func faults(_ text: String, environment: [String: String] = [:]) -> [String] {
    ConfigurationReader(environment: environment) { _ in nil }.snapshot(of: file, text: Array(text.utf8))
        .faults.map(\.description)
}

@Test(arguments: [
    (#"{"gateway": {"port": "x"}}"#, ":1:22: gateway.port: Invalid input: expected number, received string"),
    (#"{"gateway": {"port": 0}}"#, ":1:22: gateway.port: Too small: expected number to be >=1"),
    (#"{"gateway": {"port": 70000}}"#, ":1:22: gateway.port: Too big: expected number to be <=65535"),
    (#"{"gateway": {"port": 1.5}}"#, ":1:22: gateway.port: Invalid input: expected int, received number"),
    (#"{"gateway": 1}"#, ":1:13: gateway: Invalid input: expected object, received number"),
    (#"{"gateway": null}"#, ":1:13: gateway: Invalid input: expected object, received null"),
    ("[]", ":1:1: Invalid input: expected object, received array"),
    (
        #"{"gateway": {"auth": {"token": 1}}}"#,
        ":1:32: gateway.auth.token: Invalid input: expected string, received number"
    ),
    (
        #"{"gateway": {"auth": {"mode": "none"}}}"#,
        #":1:31: gateway.auth.mode: Invalid option: expected one of "token"|"password""#
    ),
    (
        "{\n  gateway: {\n    mode: 'locl'}}",
        #":3:11: gateway.mode: Invalid option: expected one of "local"|"remote"; did you mean "local"?"#
    ),
    (
        #"{"gateway": {"trustedProxies": ["::1", 1]}}"#,
        ":1:40: gateway.trustedProxies[1]: Invalid input: expected string, received number"
    ),
    (
        #"{"gateway": {"trustedProxies": ["10.0.0.0/8"]}}"#,
        ":1:33: gateway.trustedProxies[0]: expected an IP address such as 127.0.0.1 or ::1, not a name or a network"
    ),
    (
        #"{"agents": {"list": [{"name": "x"}]}}"#,
        ":1:22: agents.list[0].id: Invalid input: expected string, received undefined"
    ),
    (#"{"session": {"reset": {"atHour": 24}}}"#, ":1:34: session.reset.atHour: Too big: expected number to be <=23"),
    (#"{"hooks": {"maxBodyBytes": 0}}"#, ":1:28: hooks.maxBodyBytes: Too small: expected number to be >0"),
    (
        #"{"hooks": {"path": " // "}}"#,
        #":1:20: hooks.path: "//" would be every path of the gateway; expected one of their own, such as /hooks"#
    ),
    (
        #"{"agents": {"list": [{"id": "a"}]}, "broadcast": {"strategy": "parallel", "1@g": ["A", "b"]}}"#,
        #":1:88: broadcast.1@g[1]: there is no agent "b" in agents.list"#
    ),
    (#"{"ui": {"seamColor": "red"}}"#, ":1:22: ui.seamColor: expected hex color (RRGGBB)"),
    (
        #"{"ui": {"assistant": {"avatar": 1}}}"#,
        ":1:33: ui.assistant.avatar: Invalid input: expected string, received number"
    ),
    (
        #"{"models": {"providers": {"p": {"baseUrl": "", "models": []}}}}"#,
        ":1:44: models.providers.p.baseUrl: Too small: expected string to have >=1 characters"
    ),
    (
        #"{"agents": {"list": [{"id": "a", "model": 1}]}}"#,
        ":1:43: agents.list[0].model: Invalid input; expected a string or an object"
    ),
    (
        #"{"browser": {"profiles": {"Work": {"cdpPort": 1, "color": "000000"}}}}"#,
        #":1:27: browser.profiles: Invalid key in record; "Work": expected lower-case letters, digits and hyphens"#
    ),
    (
        #"{"browser": {"profiles": {"work": {"color": "000000"}}}}"#,
        ":1:35: browser.profiles.work: Profile must set cdpPort or cdpUrl"
    ),
    (#"{"channels": {"telegramm": {}}}"#, ":1:15: channels: unknown channel id: telegramm"),
    (
        #"{"browser": {"snapshotDefaults": {"mode": "x"}}}"#,
        #":1:43: browser.snapshotDefaults.mode: Invalid input: expected "efficient""#
    ),
    (
        #"{"agents": {"defaults": {"heartbeat": {"every": "soon"}}}}"#,
        ":1:49: agents.defaults.heartbeat.every: expected a duration such as 90s, 30m or 2h"
    ),
    (#"{"agents": {"list": [{"id": "a"}, {"id": "A"}]}}"#, ":1:42: agents.list[1].id: the agent \"A\" is listed twice"),
    (
        #"{"agents": {"list": [{"id": "a", "agentDir": "/x"}, {"id": "b", "agentDir": "/x"}]}}"#,
        ":1:77: agents.list[1].agentDir: \"/x\" belongs to another agent already"
    ),
])
func `a value that must not stand there is named with file, line, path and what was expected`(
    text: String, expected: String
) {
    let faults = faults(text)
    #expect(faults.count == 1)
    #expect(faults.first?.hasPrefix("/c/mazelclaw.json\(expected)") == true, "\(faults)")
}

@Test(arguments: [
    (#"{"gateway": {"prot": 1}}"#, #":1:14: gateway: Unrecognized key: "prot"; did you mean "port"?"#),
    (#"{"gatway": {}}"#, #":1:2: Unrecognized key: "gatway"; did you mean "gateway"?"#),
    (#"{"trustedProxies": []}"#, #":1:2: Unrecognized key: "trustedProxies"; did you mean gateway.trustedProxies?"#),
    (#"{"xyzzy": 1}"#, #":1:2: Unrecognized key: "xyzzy""#),
    (#"{"$schema": "x"}"#, #":1:2: Unrecognized key: "$schema""#),
    (#"{"\u212Aanvas": 1}"#, #":1:2: Unrecognized key: "Kanvas""#),
    (#"{"agent": {}}"#, ":1:2: agent was moved; set agents.defaults"),
    (#"{"telegram": {}}"#, ":1:2: telegram was moved; set channels.telegram"),
    (#"{"gateway": {"token": "x"}}"#, ":1:14: gateway: gateway.token was moved; set gateway.auth.token"),
])
func `an unknown key is refused, with what was probably meant`(text: String, expected: String) {
    let faults = faults(text)
    #expect(faults.count == 1)
    #expect(faults.first?.hasPrefix("/c/mazelclaw.json\(expected)") == true, "\(faults)")
}

@Test func `everything that is wrong is told at once, in the order of the text`() {
    let faults = faults("{\n  hooks: {path: 1},\n  gateway: {\n    x: 1,\n    port: -1,\n  },\n}")
    #expect(faults.map { $0.split(separator: ":")[1] } == ["2", "4", "5"])
}

@Test(arguments: [
    #"{gateway: {tls: {anything: [1]}}}"#, #"{env: {A: "x", vars: {B: "y"}, shellEnv: {enabled: true}}}"#,
    #"{agents: {list: [{id: "a", model: "p/m"}, {id: "b", model: {primary: "p/m", fallbacks: ["q/n"]}}]}}"#,
    #"{plugins: {entries: {any: {enabled: true, config: {deep: [{}]}}}}}"#, #"{channels: {irc: {host: "x"}}}"#,
    #"{broadcast: {strategy: "parallel", "+49": ["a"]}}"#,
    #"{gateway: {port: 18789.0, bind: "custom", customBindHost: "10.0.0.1"}}"#,
    #"{agents: {defaults: {sandbox: {docker: {ulimits: {a: "1", b: 2, c: {soft: 1}}}}}}}"#,
    #"{commands: {native: "auto", nativeSkills: false}}"#, "{}",
])
func `what may stand there is accepted`(text: String) {
    #expect(faults(text) == [])
}

@Test func `a section holds what its part of the file says, and its defaults`() throws {
    let text = """
        {
          gateway: { port: 20000.0, reload: { mode: 'hot' }, auth: { token: '  ' } },
          agents: { defaults: { cliBackends: { echo: { command: 'cat', input: 'stdin', env: { A: 'b' } } } } },
          session: { dmScope: 'per-peer', identityLinks: { ada: ['irc:ada'] }, resetByType: { dm: { mode: 'idle' } } },
          bindings: [{ agentId: 'a', match: { channel: 'irc', peer: { kind: 'dm', id: 'x' } } }],
          browser: { profiles: { work: { cdpPort: 20011, color: '#0066CC' } } },
        }
        """
    let snapshot = ConfigurationReader(environment: [:]) { _ in nil }.snapshot(of: file, text: Array(text.utf8))
    let content = try ConfigurationFile(snapshot).content
    #expect(content.gateway.port == 20000)
    #expect(content.gateway.reload.mode == .hot)
    #expect(content.gateway.reload.debounce == TimeSpan(300, .milliseconds))
    #expect(content.gateway.auth.token == nil)
    let backend = try #require(content.agents.defaults.cliBackends["echo"])
    #expect(backend.command == "cat")
    #expect(backend.input == .stdin)
    #expect(backend.output == .json)
    #expect(backend.environment == ["A": "b"])
    #expect(content.agents.defaults.timeout == TimeSpan(10, .minutes))
    #expect(content.agents.defaultID == "main")
    #expect(content.session.dmScope == .perPeer)
    #expect(content.session.identityLinks == ["ada": ["irc:ada"]])
    #expect(content.session.resetByType.direct?.mode == .idle)
    #expect(content.session.reset == nil)
    #expect(content.bindings.first?.match.peer?.id == "x")
    #expect(content.browser.profiles["work"]?.cdpPort == 20011)
}

@Test func `defaults are known to readers, and only where they count`() {
    let whole = ConfigurationSchema.root.withDefaults(["agents": ["list": [["id": "a"]]]])
    #expect(whole["gateway"]?["reload"] == ["mode": "hybrid", "debounceMs": 300])
    #expect(whole["browser"]?["enabled"] == true)
    #expect(whole["agents"]?["defaults"]?["heartbeat"]?["every"] == "30m")
    // An agent without a heartbeat of its own has the one of the defaults.
    #expect(whole["agents"]?["list"] == [["id": "a", "default": false]])
    #expect(whole["gateway"]?["port"] == nil)
    #expect(whole["session"]?["reset"] == nil)
}

@Test func `secrets are replaced, wherever they are`() {
    let json: JSON = [
        "gateway": ["auth": ["mode": "token", "token": "t1"], "port": 1], "env": ["KEY": "t2", "vars": ["X": "t3"]],
        "models": ["providers": ["p": ["apiKey": "t4", "headers": ["h": "t5"], "baseUrl": "u"]]],
    ]
    let text = ConfigurationSchema.root.redacted(json, knowing: .none).text()
    for secret in ["t1", "t2", "t3", "t4", "t5"] { #expect(!text.contains(secret)) }
    #expect(text.contains(#""baseUrl":"u""#))
    #expect(text.contains(#""mode":"token""#))
}

@Test func `what is set in vain is named`() {
    let json: JSON = [
        "gateway": ["port": 1, "tls": ["enabled": true], "tailscale": ["mode": "off", "resetOnExit": true]],
        "plugins": [:],
        "agents": ["list": [["id": "a", "sandbox": [:]]]],
    ]
    #expect(
        ConfigurationSchema.root.unservedPaths(in: json) == [
            "gateway.tailscale.resetOnExit", "plugins", "agents.list[0].sandbox",
        ])
}

@Test func `the JSON Schema says the same`() {
    let schema = ConfigurationSchema.root.jsonSchema
    #expect(schema["$schema"] == "http://json-schema.org/draft-07/schema#")
    #expect(schema["additionalProperties"] == false)
    let gateway = schema["properties"]?["gateway"]
    #expect(gateway?["properties"]?["port"]?["maximum"] == 65535)
    #expect(gateway?["properties"]?["mode"]?["enum"] == ["local", "remote"])
    #expect(gateway?["properties"]?["reload"]?["properties"]?["mode"]?["default"] == "hybrid")
    #expect(schema["properties"]?["agents"]?["properties"]?["list"]?["items"]?["required"] == ["id"])
    let hints = ConfigurationSchema.root.editingHints
    #expect(hints["gateway.auth.token"]?["sensitive"] == true)
    #expect(hints["gateway.auth.token"]?["group"] == "Gateway")
    #expect(hints["session.idleMinutes"]?["label"] == "Idle minutes")
    #expect(hints["agents.list[].id"]?["help"]?.string?.isEmpty == false)
    #expect(hints["browser.profiles.*.cdpPort"] != nil)
}

@Test(
    arguments: [
        ("session.idleMinutes", 5_270_400, 5_270_401, "5270400"),
        ("session.reset.idleMinutes", 1, .integer(.max), "5270400"),
        ("agents.defaults.timeoutSeconds", 86_400, 86_401, "86400"),
        ("gateway.reload.debounceMs", 0, 1e300, "86400000"),
        ("agents.defaults.heartbeat.every", "3660d", "87841h", "3660d"),
        ("agents.defaults.heartbeat.every", "0", "106751991167d", "3660d"),
        ("cron.maxConcurrentRuns", 1000, 1e300, "the default"),
    ] as [(String, JSON, JSON, String)])
func `a length of time beyond its bound is told, and the bound counts`(
    key: String, permitted: JSON, excessive: JSON, counts: String
) throws {
    func snapshot(_ value: JSON) throws -> ConfigurationSnapshot {
        let json = try ConfigurationPath(key).setting(value, in: [:])
        return ConfigurationReader(environment: [:]) { _ in nil }.snapshot(of: file, text: Array(json.text().utf8))
    }
    #expect(try snapshot(permitted).isValid)
    let told = try snapshot(excessive)
    #expect(!told.isValid && told.isRunnable)
    let fault = try #require(told.setAside.first)
    #expect(fault.path == key && fault.message.hasPrefix("Too big: expected "))
    #expect(fault.advice?.hasSuffix(" is corrected, \(counts) counts") == true)
    let content = try ConfigurationFile(told).content
    switch key {
    case "session.idleMinutes": #expect(content.session.silence == .longestInterval)
    case "session.reset.idleMinutes": #expect(content.session.reset?.silence == .longestInterval)
    case "agents.defaults.timeoutSeconds": #expect(content.agents.defaults.timeout == .longestWait)
    case "gateway.reload.debounceMs": #expect(content.gateway.reload.debounce == .longestWait)
    case "cron.maxConcurrentRuns": #expect(content.cron.maxConcurrentRuns == 1)
    default: #expect(Heartbeat.all(content.agents).first?.interval == .longestInterval)
    }
}

@Test func `what is wrong otherwise keeps a gateway from starting`() throws {
    for text in [
        "{session: {idleMinutes: 0}}", "{session: {idleMinutes: 1.5}}", "{gateway: {port: 65536}}", "{sesion: {}}",
    ] {
        let snapshot = ConfigurationReader(environment: [:]) { _ in nil }.snapshot(of: file, text: Array(text.utf8))
        #expect(!snapshot.isRunnable && snapshot.setAside.isEmpty, "\(text)")
        #expect(throws: ConfigurationError.self) { try ConfigurationFile(snapshot) }
    }
}

@Test func `of many mistakes in a configuration the first are told`() {
    let members = (0..<5000).map { JSONObject.Member(name: "unknown\($0)", value: 1) }
    let issues = ConfigurationValidator.issues(in: .object(JSONObject(members)))
    #expect(issues.count == ConfigurationValidator.limit)
    #expect(issues.first?.message == "Unrecognized key: \"unknown0\"")
    #expect(ConfigurationValidator.issues(in: .object(JSONObject(Array(members.prefix(3))))).count == 3)
}

@Test func `elements of large arrays get back the secrets of the ones they were made from`() {
    func accounts(_ count: Int, token: (Int) -> JSON) -> JSON {
        ["list": .array((0..<count).map { ["id": .string("a\($0)"), "botToken": token($0)] })]
    }
    let schema = ConfigurationSchema.any
    let old = accounts(2000) { .string("secret \($0)") }
    let shown = accounts(2000) { _ in ConfigurationSchema.hidden }
    let (revealed, missing) = schema.revealed(shown, from: old, knowing: .none)
    #expect(missing.isEmpty)
    #expect(revealed == old)
}

@Test(
    arguments: [
        ("a.png", true), ("pictures/../a.png", true), ("", true), ("HTTPS://x/a", true),
        ("data:image/png;base64,eA", true),
        ("/w/a.png", true), ("/w/pictures/../a.png", true), ("/w/../x.png", false), ("../a.png", false),
        ("a/../../b.png", false), ("/x/a.png", false), ("/wa.png", false), ("~/a.png", false),
        ("file:///w/a.png", false),
        ("data:text/html,x", false), (".", false),
    ])
func `an agent's picture is within its workspace, or an address`(avatar: String, isValid: Bool) {
    let text = """
        {"agents": {"defaults": {"workspace": "/w"}, "list": [{"id": "a", "identity": {"avatar": "\(avatar)"}}]}}
        """
    #expect(faults(text).isEmpty == isValid)
    // Another agent's workspace is below it.
    let other = text.replacing("[{", with: #"[{"id": "b"}, {"#).replacing("/w/", with: "/w/agents/a/")
    #expect(faults(other).isEmpty == isValid)
    #expect(faults(text).allSatisfy { $0.contains("agents.list[0].identity.avatar: ") })
}
