import Foundation
import JSON
import Policy
import Testing

@testable import Configuration
@testable import Gateway
@testable import GatewayProtocol

/// A configuration with secrets of every kind, and what a person wrote around them.
private let text = """
    // Mine.
    {
      gateway: {
        mode: 'local',
        auth: { token: 'the-shared-token' }, // the door
        remote: { url: 'wss://me:sesame@example.org/', password: '${REMOTE_PASSWORD}' },
        reload: { debounceMs: 10 },
      },
      env: { vars: { REMOTE_PASSWORD: 'open' } },
      channels: { matrix: { nick: 'claw', nickservPassword: 'nick-secret' } },
      agents: {
        list: [
          { id: 'a', memorySearch: { remote: { apiKey: 'key-of-a' } } },
          { id: 'b', memorySearch: { remote: { apiKey: 'key-of-b' } } },
        ],
      },
    }

    """
private let secrets = ["the-shared-token", "sesame", "open", "nick-secret", "key-of-a", "key-of-b"]

private struct Fixture {
    let instance: TestInstance
    let file: String
    /// The file as it was at first.
    let before: String

    init(_ written: String = text) throws {
        instance = try TestInstance(configuration: written)
        file = "\(instance.configuration.instance.stateDirectory.value)/mazelclaw.json"
        before = try String(contentsOfFile: file, encoding: .utf8)
    }

    var written: String {
        get throws { try String(contentsOfFile: file, encoding: .utf8) }
    }

    var value: JSON {
        get throws { try JSON5Document(parsing: Array(written.utf8)).value }
    }
}

extension ProtocolClient {
    /// The `hash` of the configuration as it is.
    fileprivate func hash() async throws -> JSON {
        try #require(try await call("config.get")?["payload"]?["hash"])
    }

    /// Changes the configuration as it is now.
    fileprivate func change(_ method: String, _ raw: String) async throws -> JSON? {
        try await call(method, ["raw": .string(raw), "baseHash": hash()])
    }
}

@Test(arguments: Carrier.allCases)
func `the configuration is shown whole, but for its secrets`(carrier: Carrier) async throws {
    let fixture = try Fixture()
    try await fixture.instance.open(carrier) { door in
        let answer = try await door.connected().call("config.get")?["payload"]
        let whole = try #require(answer?.text())
        for secret in secrets { #expect(!whole.contains(secret), "\(secret)") }
        #expect(answer?["path"]?.string == fixture.file)
        #expect(answer?["exists"] == true)
        #expect(answer?["valid"] == true)
        #expect(answer?["issues"] == [])
        #expect(answer?["legacyIssues"] == [])
        let raw = try #require(answer?["raw"]?.string)
        #expect(raw.hasPrefix("// Mine.\n{\n  gateway: {\n    mode: 'local',\n"))
        #expect(raw.contains("// the door"))
        // A reference is no secret.
        #expect(raw.contains("${REMOTE_PASSWORD}"))
        #expect(answer?["parsed"]?["gateway"]?["auth"]?["token"] == "<secret>")
        #expect(answer?["config"]?["gateway"]?["remote"]?["password"] == "<secret>")
        #expect(answer?["config"]?["gateway"]?["reload"]?["mode"] == "hybrid")
        let inactive = (answer?["warnings"]?.array ?? []).compactMap { $0["path"]?.string }
        #expect(inactive.contains("channels.matrix"))
    }
}

@Test func `what was shown can be sent back, and keeps every secret`() async throws {
    let fixture = try Fixture()
    try await fixture.instance.open(.direct) { door in
        let client = try await door.connected()
        let raw = try #require(try await client.call("config.get")?["payload"]?["raw"]?.string)
        try await #expect(client.change("config.set", raw)?["ok"] == true)
        #expect(try fixture.written == fixture.before)
        // With one thing changed, nothing else is, whatever moved.
        let edited = raw.replacing("nick: 'claw'", with: "nick: 'other'").replacing("id: 'b'", with: "id: 'c'")
        let unknown = try await client.change("config.set", edited)
        #expect(unknown?["error"]?["message"] == "invalid config")
        #expect(
            unknown?["error"]?["details"]?["issues"]?.array?.first?["path"]
                == "agents.list[1].memorySearch.remote.apiKey")
        #expect(try fixture.written == fixture.before)
        let moved = try await client.change(
            "config.patch",
            """
            {agents: {list: [{id: 'b', memorySearch: {remote: {apiKey: '<secret>'}}}, \
            {id: 'a', name: 'A', memorySearch: {remote: {apiKey: '<secret>'}}}]}}
            """)
        #expect(moved?["ok"] == true)
        let list = try fixture.value["agents"]?["list"]?.array
        #expect(list?.first?["memorySearch"]?["remote"]?["apiKey"] == "key-of-b")
        #expect(list?.last?["memorySearch"]?["remote"]?["apiKey"] == "key-of-a")
        #expect(
            try fixture.written.contains(
                "remote: { url: 'wss://me:sesame@example.org/', password: '${REMOTE_PASSWORD}' }"))
    }
}

@Test(arguments: ["config.set", "config.apply", "config.patch"])
func `a change needs the hash of what it was made from`(method: String) async throws {
    let fixture = try Fixture()
    try await fixture.instance.open(.direct) { door in
        let client = try await door.connected()
        let raw = JSON.string("{gateway: {mode: 'local', auth: {token: '<secret>'}}}")
        for (params, message) in [
            (["raw": raw], "config base hash required; re-run config.get and retry"),
            (["raw": raw, "baseHash": "00"], "config changed since last load; re-run config.get and retry"),
        ] as [(JSON, JSON)] {
            let error = try await client.call(method, params)?["error"]
            #expect(error?["code"] == "INVALID_REQUEST")
            #expect(error?["message"] == message)
        }
        #expect(try fixture.written == fixture.before)
        let answer = try await client.change(method, "{gateway: {mode: 'local', auth: {token: '<secret>'}}}")
        #expect(answer?["payload"]?["ok"] == true)
        #expect(answer?["payload"]?["path"]?.string == fixture.file)
        #expect(answer?["payload"]?["config"]?["gateway"]?["mode"] == "local")
        #expect(try fixture.value["gateway"]?["auth"]?["token"]?.string == TestInstance.token)
        #expect(FileManager.default.fileExists(atPath: fixture.file + ".bak"))
    }
}

@Test(arguments: [
    ("config.set", "{", "at 1:2"), ("config.patch", "[1]", "config.patch raw must be an object"),
    ("config.patch", "'x'", "config.patch raw must be an object"), ("config.apply", "{a b}", "at 1:4"),
    ("config.patch", "{a b}", "at 1:4"), ("config.set", "{gateway: {prot: 1}}", "invalid config"),
    ("config.set", "[]", "invalid config"), ("config.patch", "{gateway: {port: 'x'}}", "invalid config"),
    ("config.patch", "{hooks: {token: '<secret>'}}", "invalid config"),
    ("config.apply", "{gateway: {auth: {password: '<secret>'}}}", "invalid config"),
])
func `what cannot be is refused in the words clients know`(method: String, raw: String, message: String) async throws {
    let fixture = try Fixture()
    try await fixture.instance.open(.direct) { door in
        let client = try await door.connected()
        let error = try await client.change(method, raw)?["error"]
        #expect(error?["code"] == "INVALID_REQUEST")
        #expect(error?["message"]?.string?.contains(message) == true, "\(error?.text() ?? "")")
        if message == "invalid config" {
            let issue = error?["details"]?["issues"]?.array?.first
            #expect(issue?["path"]?.string != nil)
            #expect(issue?["message"]?.string?.isEmpty == false)
        }
        #expect(try fixture.written == fixture.before)
        #expect(door.gateway.configuration.file?.content.gateway.mode == .local)
    }
}

@Test func `a broken file is shown with what is wrong, never its text, and mended as a whole`() async throws {
    let fixture = try Fixture()
    try await fixture.instance.open(.direct) { door in
        let client = try await door.connected()
        try "{gateway: {mode: 'local', prot: 'the-shared-token', auth: {token: 'the-shared-token'}}}"
            .write(toFile: fixture.file, atomically: true, encoding: .utf8)
        let invalid = try await client.call("config.get")?["payload"]
        #expect(invalid?["valid"] == false)
        #expect(invalid?["issues"]?.array?.first?["path"] == "gateway")
        let patch = try await client.change("config.patch", "{session: {scope: 'global'}}")
        #expect(patch?["error"]?["message"] == "invalid config; fix before patching")
        try "{gateway: {auth: {token: 'the-shared-token'".write(toFile: fixture.file, atomically: true, encoding: .utf8)
        let broken = try await client.call("config.get")?["payload"]
        #expect(broken?["raw"] == .null)
        #expect(broken?.text().contains("the-shared-token") == false)
        #expect(broken?["issues"]?.array?.first?["line"] == 1)
        try "[]".write(toFile: fixture.file, atomically: true, encoding: .utf8)
        try await #expect(client.call("config.get")?["payload"]?["config"]?.object != nil)
        let mended = try await client.change(
            "config.apply", "{gateway: {mode: 'local', auth: {token: 'the-shared-token'}}}")
        #expect(mended?["ok"] == true)
    }
}

@Test(arguments: ["config.apply", "config.patch"])
func `what can be counts at once, and the session that asked is told`(method: String) async throws {
    let fixture = try Fixture()
    try await fixture.instance.open(.direct) { door in
        let client = try await door.connected()
        let raw =
            method == "config.patch"
            ? "{session: {scope: 'global'}}"
            : try #require(try await client.call("config.get")?["payload"]?["raw"]?.string)
                .replacing("env: {", with: "session: {scope: 'global'}, env: {")
        let params: JSON = [
            "raw": .string(raw), "baseHash": try await client.hash(), "sessionKey": "agent:a:x",
            "note": "as you wished",
        ]
        let answer = try await client.call(method, params)?["payload"]
        #expect(answer?["restart"]?["ok"] == false)
        #expect(answer?["restart"]?["mode"] == "none")
        #expect(answer?["restart"]?["reason"] == "taken over while running: session.scope")
        #expect(answer?["sentinel"]?["path"] == .null)
        #expect(door.gateway.configuration.sessionScope == .global)
        try await #expect(client.call("agents.list")?["payload"]?["scope"] == "global")
        #expect(
            door.gateway.services.systemEvents.waiting(for: "agent:a:x") == [
                "\(method): the new configuration counts: as you wished"
            ])
        #expect(try fixture.written.contains("// the door"))
    }
}

/// The original's page writes out everything it was shown.
@Test func `saving a form writes the defaults out, and only what was changed in it counts`() async throws {
    let fixture = try Fixture()
    try await fixture.instance.open(.direct) { door in
        let client = try await door.connected()
        func shown() async throws -> JSON { try #require(try await client.call("config.get")?["payload"]?["config"]) }
        let saved = try await client.change("config.apply", shown().text())?["payload"]
        #expect(saved?["restart"]?["reason"] == "nothing that counts changed")
        #expect(try fixture.value["cron"] != nil)
        guard case .object(var changed) = try await shown() else { return }
        changed["session"] = ["scope": "global"]
        let answer = try await client.change("config.apply", JSON.object(changed).text())?["payload"]
        #expect(answer?["restart"]?["reason"] == "taken over while running: session.scope")
        #expect(!door.gateway.restarts.isPending)
    }
}

@Test func `what needs a restart gets one, after the answer`() async throws {
    let fixture = try Fixture()
    try await fixture.instance.open(.direct) { door in
        let client = try await door.connected()
        let params: JSON = [
            "raw": "{gateway: {trustedProxies: ['10.0.0.1']}}", "baseHash": try await client.hash(), "note": "why",
            "restartDelayMs": 1,
        ]
        let answer = try await client.call("config.patch", params)?["payload"]
        #expect(answer?["restart"]?["ok"] == true)
        #expect(answer?["restart"]?["signal"] == "SIGUSR1")
        #expect(answer?["restart"]?["delayMs"] == 1)
        #expect(answer?["restart"]?["mode"] == "emit")
        #expect(answer?["restart"]?["pid"]?.integer == Int64(getpid()))
        #expect(answer?["sentinel"]?["payload"]?["kind"] == "config-apply")
        #expect(answer?["sentinel"]?["payload"]?["message"] == "why")
        #expect(answer?["sentinel"]?["payload"]?["stats"]?["mode"] == "config.patch")
        #expect(answer?["sentinel"]?["payload"]?["doctorHint"] == "Run: mazelclaw --profile test doctor")
        let path = try #require(answer?["sentinel"]?["path"]?.string)
        #expect(try JSON(parsing: Array(Data(contentsOf: URL(filePath: path))))["version"] == 1)
        await door.gateway.restarts.wait()
        #expect(door.gateway.restarts.hasBegun)
    }
}

@Test func `a configuration with which no gateway starts is written, and ends none`() async throws {
    let fixture = try Fixture()
    try await fixture.instance.open(.direct) { door in
        let client = try await door.connected()
        let answer = try await client.change("config.patch", "{gateway: {mode: 'remote'}}")?["payload"]
        #expect(answer?["ok"] == true)
        #expect(answer?["restart"]?["ok"] == false)
        #expect(answer?["restart"]?["reason"]?.string?.contains("Gateway start blocked") == true)
        #expect(!door.gateway.restarts.isPending)
    }
}

@Test func `the schema comes with hints for forms`() async throws {
    try await TestInstance().open(.direct) { door in
        let answer = try await door.connected().call("config.schema")?["payload"]
        #expect(answer?["schema"]?["properties"]?["gateway"]?["properties"]?["port"]?["type"] == "integer")
        #expect(answer?["uiHints"]?["gateway.auth.token"]?["sensitive"] == true)
        #expect(answer?["version"]?.string == Version.current)
        #expect(answer?["generatedAt"]?.string?.hasSuffix("Z") == true)
    }
}

@Test(arguments: ["config.get", "config.schema", "config.set", "config.apply", "config.patch"])
func `the configuration is for admins`(method: String) async throws {
    try await TestInstance().open(.direct) { door in
        let client = try await door.connected(scopes: ["operator.read", "operator.write"])
        try await #expect(
            client.call(method, ["raw": "{}"])?["error"]?["message"] == "missing scope: operator.admin")
    }
}
