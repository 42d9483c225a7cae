import JSON
import Policy
import Testing

@testable import Configuration
@testable import Files
@testable import Gateway

@Test(
    arguments: [
        (
            ["gateway": ["auth": ["token": "x", "mode": "token"]]],
            ["gateway": ["auth": ["token": "<secret>", "mode": "token"]]]
        ),
        (["env": ["A": "x", "vars": ["B": "y"]]], ["env": ["A": "<secret>", "vars": ["B": "<secret>"]]]),
        // Where names are free, they tell; and so they do for keys nobody knows.
        (
            ["channels": ["irc": ["bot_token": "x", "nick": "y", "maxTokens": 5]]],
            ["channels": ["irc": ["bot_token": "<secret>", "nick": "y", "maxTokens": 5]]]
        ),
        (["gatway": ["auth": ["token": "x"]]], ["gatway": ["auth": ["token": "<secret>"]]]),
        (["browser": ["cdpUrl": "http://u:p@h/"]], ["browser": ["cdpUrl": "<secret>"]]),
        (["browser": ["cdpUrl": "http://h/a@b:c"]], ["browser": ["cdpUrl": "http://h/a@b:c"]]),
        (["gateway": ["auth": ["token": ""]]], ["gateway": ["auth": ["token": ""]]]),
        // Not what it must be, and a secret all the same.
        (["gateway": ["auth": ["token": ["x"]]]], ["gateway": ["auth": ["token": "<secret>"]]]),
    ] as [(JSON, JSON)])
func `secrets are hidden where they stand, and nothing else`(json: JSON, shown: JSON) {
    #expect(ConfigurationSchema.root.redacted(json, knowing: .none) == shown)
    let (back, missing) = ConfigurationSchema.root.revealed(shown, from: json, knowing: .none)
    #expect(back == json)
    #expect(missing.isEmpty)
}

@Test(arguments: [
    ("${TOKEN}", true), ("${TOKEN}x", false), ("$${TOKEN}", false), ("${token}", false), ("${A}${B}", false),
])
func `a reference to one variable is no secret where it is written`(text: String, isKept: Bool) {
    let json: JSON = ["gateway": ["auth": ["token": .string(text)]]]
    let shown = ConfigurationSchema.root.redacted(json, knowing: .none, keepsReferences: true)
    #expect(shown["gateway"]?["auth"]?["token"] == (isKept ? .string(text) : "<secret>"))
    #expect(ConfigurationSchema.root.redacted(json, knowing: .none)["gateway"]?["auth"]?["token"] == "<secret>")
}

@Test func `a secret gets into no other's place`() {
    func list(_ elements: [JSON]) -> JSON { ["models": ["providers": ["p": ["models": .array(elements)]]]] }
    func model(_ name: String?, _ header: String) -> JSON {
        var model: JSONObject = ["headers": ["X": .string(header)]]
        model["name"] = name.map(JSON.string)
        return .object(model)
    }
    let old = list([model("a", "1"), model("b", "2")])
    func revealed(_ elements: [JSON]) -> JSON {
        ConfigurationSchema.root.revealed(list(elements), from: old, knowing: .none).json
    }
    // In another order.
    #expect(revealed([model("b", "<secret>"), model("a", "<secret>")]) == list([model("b", "2"), model("a", "1")]))
    // One gone.
    #expect(revealed([model("b", "<secret>")]) == list([model("b", "2")]))
    // One changed in its place.
    #expect(revealed([model("a", "<secret>"), model("c", "<secret>")]) == list([model("a", "1"), model("c", "2")]))
    // Nobody can tell whose this is.
    #expect(
        ConfigurationSchema.root.revealed(list([model("c", "<secret>")]), from: old, knowing: .none).missing.count == 1)
}

@Test func `what is shown in a secret's place is no secret`() {
    let issues = ConfigurationValidator.issues(in: [
        "gateway": ["auth": ["token": "<secret>"]], "channels": ["irc": ["password": "<secret>", "nick": "<secret>"]],
    ])
    #expect(issues.map(\.pathText) == ["gateway.auth.token", "channels.irc.password"])
    #expect(issues.first?.advice == "write the secret itself")
}

@Test func `a secret an included file says is not written into this one`() throws {
    let directory = try TemporaryDirectory(inMemory: true)
    try directory.write("{gateway: {$include: './auth.json5'}}", to: "mazelclaw.json")
    try directory.write("{auth: {token: 'sesame'}}", to: "auth.json5")
    let store = ConfigurationStore(
        path: directory.path / "mazelclaw.json", profile: try #require(ProfileName("main")),
        state: HostileDirectory(directory.path / "state"),
        reader: ConfigurationReader(environment: [:]))
    _ = try store.patch(
        ["gateway": ["auth": ["token": "<secret>"], "port": 20000]], base: .hash(store.snapshot().hash))
    #expect(try !directory.read("mazelclaw.json").contains("secret"))
    #expect(try !directory.read("mazelclaw.json").contains("sesame"))
    #expect(try store.snapshot().resolved?["gateway"]?["auth"]?["token"] == "sesame")
    // What would lose it is refused.
    let before = try directory.read("mazelclaw.json")
    let hash = try store.snapshot().hash
    let error = #expect(throws: ConfigurationChangeError.self) {
        try store.replace(withShown: Array("{gateway: {auth: {token: '<secret>'}}}".utf8), base: .hash(hash))
    }
    #expect(error?.description.contains("included file") == true)
    #expect(try directory.read("mazelclaw.json") == before)
}

/// What a configuration in which secrets stand in places of all kinds is read as.
private func snapshot() throws -> ConfigurationSnapshot {
    let text = #"""
        // The old key was sk-live-0123456789.
        {gateway: {auth: {token: "${GATEWAY_SECRET}"}},
         agents: {list: [{id: "main", identity: {name: "is ${GATEWAY_SECRET}"}, workspace: "${HOME}/work"}],
          defaults: {cliBackends: {tool: {command: "tool", args: ["--key", "${SERVICE}", "--url=http://h/?k=${SERVICE}"],
           env: {KEY: "sk-live-0123456789"}}}}},
         hooks: {enabled: true, token: "the-token-for-hooks",
          mappings: [{match: {path: "x"}, action: "wake", textTemplate: "say the-token-for-hooks"}]},
         ui: {seamColor: "${COLOR}"}, canvasHost: {root: "${ROOT}/canvas"}, talk: {modelId: "${SLASHED}"},
         env: {vars: {MODE: "local", NIGHT_TOKEN: "dusk"}}}
        """#
    let path = try #require(AbsolutePath("/c/main.json"))
    return ConfigurationReader(
        environment: [
            "GATEWAY_SECRET": "correct-horse", "SERVICE": "battery-staple", "HOME": "/home/ada", "COLOR": "00CC66",
            "ROOT": "/usr/share", "SLASHED": "/wJalrXUtnFEMI/K7MDENG",
        ]) { _ in nil }.snapshot(of: path, text: Array(text.utf8))
}

@Test func `a known secret is hidden wherever it stands, alone or within a text`() throws {
    let snapshot = try snapshot()
    #expect(snapshot.faults == [])
    let report = ConfigurationReport(snapshot: snapshot).json
    let text = report.text()
    for secret in ["correct-horse", "battery-staple", "sk-live-0123456789", "the-token-for-hooks", "wJalrXUtnFEMI"] {
        #expect(!text.contains(secret), "\(secret)")
    }
    let config = report["config"]
    #expect(config?["agents"]?["list"]?.array?.first?["identity"]?["name"] == "<secret>")
    #expect(config?["agents"]?["list"]?.array?.first?["workspace"] == "/home/ada/work")
    #expect(
        config?["agents"]?["defaults"]?["cliBackends"]?["tool"]?["args"] == ["--key", "<secret>", "<secret>"])
    #expect(config?["canvasHost"]?["root"] == "/usr/share/canvas")
    #expect(config?["hooks"]?["mappings"]?.array?.first?["textTemplate"] == "<secret>")
    // A reference tells nothing, and stays where it was written.
    #expect(report["parsed"]?["agents"]?["list"]?.array?.first?["identity"]?["name"] == "is ${GATEWAY_SECRET}")
    #expect(report["raw"]?.string?.contains("// The old key was <secret>.") == true)
}

@Test func `what was hidden by its value comes back as it was`() throws {
    let snapshot = try snapshot()
    let written = try #require(snapshot.document?.value)
    let secrets = KnownSecrets(snapshot)
    let shown = ConfigurationSchema.root.redacted(written, knowing: secrets, keepsReferences: true)
    #expect(shown["hooks"]?["mappings"]?.array?.first?["textTemplate"] == "<secret>")
    let (back, missing) = ConfigurationSchema.root.revealed(shown, from: written, knowing: secrets)
    #expect(back == written)
    #expect(missing.isEmpty)
}

@Test func `variables that say nothing secret are no secrets, nor are words`() throws {
    let secrets = KnownSecrets(try snapshot())
    #expect(secrets.variables == ["GATEWAY_SECRET", "SERVICE", "COLOR", "SLASHED"])
    #expect(secrets.hides("dusk"))
    for text in ["/home/ada", "main", "correct horse", "horse", "local", "/usr/share"] {
        #expect(!secrets.hides(text), "\(text)")
    }
    for text in ["correct-horse", "xcorrect-horsex"] { #expect(secrets.hides(text), "\(text)") }
    let short = KnownSecrets(texts: ["abc", "word", "sesame"])
    #expect(!short.hides("abc"))
    #expect(short.hides("word") && !short.hides("words"))
    #expect(short.hides("open sesame"))
}

@Test(arguments: [false, true])
func `a reference that is a secret elsewhere comes back in its own place`(keepsReferences: Bool) {
    let schema = ConfigurationSchema.root
    let json: JSON = ["nodeHost": ["browserProxy": ["allowProfiles": ["http://u:p@h/", "${MISSING}"]]]]
    let secrets = KnownSecrets(texts: ["${MISSING}"])
    let shown = schema.redacted(json, knowing: secrets, keepsReferences: keepsReferences)
    let (back, missing) = schema.revealed(shown, from: json, knowing: secrets)
    #expect(missing.isEmpty)
    #expect(back == json)
}
