import JSON
import Policy
import Testing

@testable import Configuration
@testable import Files
@testable import Gateway

/// What comes over of `text`, the configuration in a directory called `.clawdbot`.
private func imported(_ text: String) throws -> ConfigurationImport {
    let directory = try TemporaryDirectory()
    try directory.write(text, to: ".clawdbot/moltbot.json")
    let original = try OriginalDirectory(directory.path / ".clawdbot")
    return try ConfigurationImport(Array(text.utf8), at: original.path / "moltbot.json", in: original)
}

@Test func `keys that have another place come over under that, and what stands there already counts`() throws {
    let read = try imported(
        """
        {"gateway": {"token": "old", "auth": {"mode": "token"}}, "agent": {"timeoutSeconds": 30, "model": "operator"}}
        """)
    #expect(read.json["gateway"]?["auth"]?["token"] == "old")
    #expect(read.json["agents"]?["defaults"]?["timeoutSeconds"] == 30)
    #expect(read.json["agents"]?["defaults"]?["model"]?["primary"] == "operator")
    #expect(read.renamed.map(\.old) == ["agent", "gateway.token"])
    let both = try imported(#"{"gateway": {"token": "old", "auth": {"token": "new"}}}"#)
    #expect(both.json["gateway"]?["auth"]?["token"] == "new")
    #expect(both.left.map(\.key) == ["gateway.token"])
}

@Test func `what is unknown, not served, a place or without its variable is left, by name alone`() throws {
    let read = try imported(
        """
        {
          "gateway": {"mode": "remote", "bind": "lan", "port": 1, "auth": {"token": "${SOMEWHERE_ELSE}"}},
          "env": {"vars": {"MOLTBOT_STATE_DIR": "/x", "KEPT": "k"}},
          "agents": {"list": [{"id": "a", "tools": {"exec": {"security": "full"}, "deny": ["write"]}}, {"name": "without an id"}, {"id": "b", "x": "hush-hush"}],
            "defaults": {"cliBackends": {"p": {"command": "~/.clawdbot/bin/p"}, "q": {"command": "${KEPT}"}}}},
          "tools": {"exec": {"security": "full"}, "profile": "coding"}, "talk": {}, "session": {"scope": "nonsense"},
          "hooks": {"enabled": true}, "canvasHost": {"root": "/srv"}
        }
        """)
    let left = read.left.map(\.key)
    for key in [
        "gateway.mode", "gateway.bind", "gateway.port", "gateway.auth.token", "env.vars.MOLTBOT_STATE_DIR",
        "agents.list[0].tools.exec", "tools.exec", "agents.list[1]", "agents.list[2].x", "talk", "session.scope",
        "hooks.enabled",
        "canvasHost.root",
    ] {
        #expect(left.contains { $0 == key || $0.replacing("[1].x", with: "[2].x") == key }, "\(key): \(left)")
    }
    #expect(left.contains { $0.hasPrefix("agents.defaults.cliBackends.p") })
    #expect(!read.left.contains { $0.reason.contains("hush") })
    #expect(read.json["agents"]?["defaults"]?["cliBackends"]?["q"]?["command"] == "${KEPT}")
    #expect(read.json["agents"]?["list"]?.array?.map { $0["id"] } == ["a", "b"])
    // Which tools there are comes over, and no permission to run commands.
    #expect(read.json["tools"] == ["profile": "coding"])
    #expect(read.json["agents"]?["list"]?.array?.first?["tools"] == ["deny": ["write"]])
    var variables = Variables(["KEPT": "k"])
    #expect(ConfigurationValidator.issues(in: variables.substitute(read.json)).isEmpty)
}

@Test func `the original's own variables are put in where they are spoken of`() throws {
    let read = try imported(
        #"{"env": {"CLAWDBOT_GATEWAY_TOKEN": "t0"}, "gateway": {"auth": {"token": "${CLAWDBOT_GATEWAY_TOKEN}"}}}"#)
    #expect(read.json["gateway"]?["auth"]?["token"] == "t0")
    #expect(read.json["env"] == [:])
}

@Test func `everything that the original knows passes our description, or is left`() throws {
    // Every key of the original's, with something in it.
    let read = try imported(
        """
        {"browser": {"defaultProfile": "clawd", "profiles": {"clawd": {"cdpPort": 18800, "color": "#FF4500"}}},
         "logging": {"level": "info", "file": "/tmp/moltbot/x.log"}, "talk": {"voiceId": "x"},
         "commands": {"native": "auto", "restart": true}, "skills": {"load": {"extraDirs": ["~/s"]}},
         "plugins": {"entries": {"telegram": {"enabled": true}}},
         "messages": {"ackReactionScope": "group-mentions"}}
        """)
    #expect(ConfigurationValidator.issues(in: read.json).isEmpty, "\(read.json.text())")
    #expect(ConfigurationSchema.root.unservedPaths(in: read.json).isEmpty)
    #expect(read.json["commands"]?["restart"] == true)
}

@Test func `a configuration with thousands of unknown keys is read all the same, and soon`() throws {
    let many = (0..<5000).map { #""k\#($0)": 1"# }.joined(separator: ", ")
    let read = try imported("{\(many), \"cron\": {\"enabled\": false}}")
    #expect(read.json["cron"]?["enabled"] == false)
    #expect(read.left.count == 5000)
    #expect(throws: StorageError.self) { try imported("[]") }
    #expect(throws: StorageError.self) { try imported("{") }
    #expect(throws: StorageError.self) { try imported(#"{"$include": "../../etc/passwd"}"#) }
}

@Test func `model services come over with the models that are theirs`() throws {
    let read = try imported(
        """
        {"models": {"providers": {"local": {"baseUrl": "http://127.0.0.1:11434/v1", "apiKey": "k",
          "models": [{"id": "m", "name": "M"}]}}},
         "agents": {"defaults": {"model": {"primary": "local/m", "fallbacks": ["gone/x", "local/m"]}}}}
        """)
    #expect(read.json["agents"]?["defaults"]?["model"] == ["primary": "local/m", "fallbacks": ["local/m"]])
    #expect(read.json["models"]?["providers"]?["local"]?["apiKey"] == "k")
    #expect(read.left.map(\.key) == ["agents.defaults.model.fallbacks[0]"])
}
