import JSON
import Policy
import Testing

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
    #expect(ConfigurationSchema.root.redacted(json) == shown)
    let (back, missing) = ConfigurationSchema.root.revealed(shown, from: json)
    #expect(back == json)
    #expect(missing.isEmpty)
}

@Test(arguments: [
    ("${TOKEN}", true), ("${TOKEN}x", false), ("$${TOKEN}", false), ("${token}", false), ("${A}${B}", false),
])
func `a reference to one variable is no secret where it is written`(text: String, isKept: Bool) {
    let json: JSON = ["gateway": ["auth": ["token": .string(text)]]]
    let shown = ConfigurationSchema.root.redacted(json, keepsReferences: true)
    #expect(shown["gateway"]?["auth"]?["token"] == (isKept ? .string(text) : "<secret>"))
    #expect(ConfigurationSchema.root.redacted(json)["gateway"]?["auth"]?["token"] == "<secret>")
}

@Test func `a secret gets into no other's place`() {
    func list(_ elements: [JSON]) -> JSON { ["models": ["providers": ["p": ["models": .array(elements)]]]] }
    func model(_ name: String?, _ header: String) -> JSON {
        var model: JSONObject = ["headers": ["X": .string(header)]]
        model["name"] = name.map(JSON.string)
        return .object(model)
    }
    let old = list([model("a", "1"), model("b", "2")])
    func revealed(_ elements: [JSON]) -> JSON { ConfigurationSchema.root.revealed(list(elements), from: old).json }
    // In another order.
    #expect(revealed([model("b", "<secret>"), model("a", "<secret>")]) == list([model("b", "2"), model("a", "1")]))
    // One gone.
    #expect(revealed([model("b", "<secret>")]) == list([model("b", "2")]))
    // One changed in its place.
    #expect(revealed([model("a", "<secret>"), model("c", "<secret>")]) == list([model("a", "1"), model("c", "2")]))
    // Nobody can tell whose this is.
    #expect(ConfigurationSchema.root.revealed(list([model("c", "<secret>")]), from: old).missing.count == 1)
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
