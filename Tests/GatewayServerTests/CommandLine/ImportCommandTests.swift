import Foundation
import Policy
import Testing

@testable import Gateway

/// What an original gateway left in the home directory of `command`.
private struct Original {
    let command: BuiltCommand
    static let token = "0123456789abcdef0123456789abcdef0123456789abcdef"
    static let botToken = "987654321:bot-token-of-a-messenger"
    var path: String { "\(command.home)/.clawdbot" }

    init(_ command: BuiltCommand) throws {
        self.command = command
        try write(
            """
            // Written by hand.
            {
              "meta": {"lastTouchedVersion": "2026.1.27"},
              "env": {"vars": {"CLAWDBOT_TOKEN": "\(Self.token)", "GREETING": "hello"}},
              "gateway": {"mode": "local", "port": 18789, "auth": {"mode": "token"}, "token": "${CLAWDBOT_TOKEN}"},
              "agents": {
                "defaults": {
                  "workspace": "~/clawd",
                  "model": {"primary": "echo", "fallbacks": ["anthropic/claude-opus-4-5"]},
                  "cliBackends": {"echo": {"command": "/bin/echo", "output": "text"}},
                },
                "list": [{"id": "main", "default": true}, {"id": "ops", "model": "openai/gpt-5"}],
              },
              "session": {"reset": {"mode": "idle", "idleMinutes": 77}},
              "channels": {"telegram": {"botToken": "\(Self.botToken)"}},
              "whatsapp": {"allowFrom": ["+4912345"]},
              "frobnicate": {"level": 3},
            }
            """, "moltbot.json")
        try write(
            """
            {"agent:main:main": {"sessionId": "5f1c2d9e-0000-4000-8000-000000000001", "updatedAt": 1769500000000}}
            """, "agents/main/sessions/sessions.json")
        try write(
            """
            {"type":"session","version":3,"id":"5f1c2d9e-0000-4000-8000-000000000001","timestamp":"2026-01-27T10:00:00.000Z","cwd":"/x"}
            {"type":"message","id":"aaaaaaaa","timestamp":"2026-01-27T10:00:01.000Z","message":{"role":"user","content":[{"type":"text","text":"where is the wombat"}],"timestamp":1769508001000}}
            {"type":"message","id":"bbbbbbbb","timestamp":"2026-01-27T10:00:02.000Z","message":{"role":"assistant","content":[{"type":"text","text":"in its burrow"}],"timestamp":1769508002000}}
            """, "agents/main/sessions/5f1c2d9e-0000-4000-8000-000000000001.jsonl")
        try write(
            """
            {"version": 1, "jobs": [
              {"id": "tea", "name": "Tea", "enabled": true, "createdAtMs": 1, "updatedAtMs": 1,
               "schedule": {"kind": "cron", "expr": "0 16 * * *"}, "sessionTarget": "main", "wakeMode": "now",
               "payload": {"kind": "systemEvent", "text": "Tea?"}, "state": {}},
              {"id": "odd", "name": "Odd", "schedule": {"kind": "cron", "expr": "0 16 * * *"}, "sessionTarget": "moon",
               "payload": {"kind": "systemEvent", "text": "x"}}]}
            """, "cron/jobs.json")
        try write(
            """
            {"d1": {"deviceId": "d1", "publicKey": "\(String(repeating: "A", count: 43))", "displayName": "a phone",
             "platform": "ios", "clientId": "moltbot-ios", "clientMode": "ui", "roles": ["operator"],
             "scopes": ["operator.read"], "tokens": {}, "createdAtMs": 1, "approvedAtMs": 2}}
            """, "devices/paired.json")
        try write("secret", "credentials/oauth.json")
        try command.write("I am a lobster.\n", to: "clawd/SOUL.md")
        try command.write("fish\n", to: "clawd/memory/2026-01-27.md")
    }

    func write(_ text: String, _ name: String) throws { try command.write(text, to: ".clawdbot/\(name)") }

    func run(_ words: String...) async throws -> BuiltCommand.Result {
        try await command.run(
            ["--profile", command.profile] + words, wrapper: ["/usr/bin/timeout", "60"])
    }

    /// What is in the tree at `path`: names, kinds, modes, times and content.
    static func tree(_ path: String) throws -> [String] {
        let manager = FileManager.default
        return try manager.subpathsOfDirectory(atPath: path).sorted().map { name in
            let place = "\(path)/\(name)"
            let attributes = try manager.attributesOfItem(atPath: place)
            let isFile = attributes[.type] as? FileAttributeType == .typeRegular
            let content = isFile ? manager.contents(atPath: place)?.hashValue ?? 0 : 0
            return "\(name) \(attributes[.type] ?? "") \(attributes[.posixPermissions] ?? 0) "
                + "\(attributes[.modificationDate] ?? "") \(content)"
        }
    }
}

@Test func `an original gateway's state comes over, and a gateway serves it`() async throws {
    let command = try BuiltCommand()
    let original = try Original(command)
    let before = try (Original.tree(original.path), Original.tree("\(command.home)/clawd"))
    let trial = try await original.run("import", original.path, "--dry-run")
    #expect(trial.code == 0, "\(trial.errors)")
    for line in [
        "sessions: 1, with 1 transcripts and 2 messages", "schedules: 1", "devices: 1",
        "workspace: \(command.home)/clawd (2 files, 21 bytes)", "gateway.token, as gateway.auth.token",
        "moltbot.json: channels.telegram: this version does not act on it",
        "moltbot.json: frobnicate: Unrecognized key: \"frobnicate\"",
        "moltbot.json: agents.defaults.model.fallbacks[0]: its provider", "moltbot.json: gateway.port: ",
        "job \"Odd\": sessionTarget: \"moon\" is unknown", "\(original.path)/credentials: ",
    ] {
        #expect(trial.output.contains(line), "\(line): \(trial.output)")
    }
    for secret in [Original.token, Original.botToken, "+4912345"] {
        #expect(!(trial.output + trial.errors).contains(secret))
    }
    // It has changed nothing, not even made a profile.
    #expect(try FileManager.default.contentsOfDirectory(atPath: command.home).sorted() == [".clawdbot", "clawd"])

    let refused = try await original.run("import", original.path)
    #expect(refused.code == 2)
    #expect(refused.errors.contains("give --yes, or --dry-run"))
    let done = try await original.run("import", original.path, "--yes")
    try #require(done.code == 0, "\(done.errors)")
    #expect(try (Original.tree(original.path), Original.tree("\(command.home)/clawd")) == before)
    let state = ".mazelclaw-\(command.profile)"
    #expect(try command.mode(state) == 0o700)
    #expect(try command.mode("\(state)/mazelclaw.json") == 0o600)
    #expect(try command.read("\(state)/workspace-\(command.profile)/SOUL.md") == "I am a lobster.\n")
    let valid = try await original.run("config", "validate")
    #expect(valid.code == 0, "\(valid.output)\(valid.errors)")
    #expect(try await original.run("config", "get", "session.reset.idleMinutes").output == "77\n")
    #expect(try command.read("\(state)/mazelclaw.json").contains(Original.token))
    #expect(!(try command.read("\(state)/mazelclaw.json").contains(Original.botToken)))
    // Nothing is left beside it.
    #expect(
        try !FileManager.default.contentsOfDirectory(atPath: command.home).contains { $0.contains("before-import") })

    _ = try await command.gateway("--profile", command.profile, "gateway") { _ in
        let sessions = try await original.run("sessions", "list")
        #expect(sessions.output.contains("agent:main:main"), "\(sessions.output)")
        let history = try await original.run(
            "gateway", "call", "chat.history", "--params", #"{"sessionKey": "agent:main:main"}"#)
        #expect(history.output.contains("where is the wombat"), "\(history.output)\(history.errors)")
        #expect(try await original.run("cron", "list").output.contains("Tea"))
        #expect(try await original.run("devices", "list").output.contains("a phone"))
        #expect(try await original.run("chat", "a numbat").output.contains("a numbat"))
        let running = try await original.run("import", original.path, "--yes")
        #expect(running.code == 1)
        #expect(running.errors.contains("stop it first: `mazelclaw --profile \(command.profile) gateway stop`"))
    }
}

@Test func `what a profile has is kept when another's state comes over`() async throws {
    let command = try BuiltCommand()
    let original = try Original(command)
    let setup = try await original.run("setup", "--port", "\(Port.free())")
    try #require(setup.code == 0, "\(setup.errors)")
    let state = ".mazelclaw-\(command.profile)"
    try command.write("mine\n", to: "\(state)/workspace-\(command.profile)/SOUL.md")
    try command.write("kept\n", to: "\(state)/workspace-\(command.profile)/own.md")
    #expect(try await original.run("config", "set", "cron.maxConcurrentRuns", "2").code == 0)
    let id = try command.read("\(state)/identity/instance.json")
    let before = try Original.tree("\(command.home)/\(state)")
    let done = try await original.run("import", original.path, "--yes")
    try #require(done.code == 0, "\(done.errors)")
    let backup = try #require(
        FileManager.default.contentsOfDirectory(atPath: command.home).first { $0.hasPrefix("\(state).before-import-") })
    #expect(done.output.contains("As it was before: \(command.home)/\(backup)"), "\(done.output)")
    #expect(try Original.tree("\(command.home)/\(backup)") == before)
    #expect(done.output.contains("were not the same, and are in the copy: 1"), "\(done.output)")
    #expect(try command.read("\(state)/workspace-\(command.profile)/SOUL.md") == "I am a lobster.\n")
    #expect(try command.read("\(state)/workspace-\(command.profile)/own.md") == "kept\n")
    #expect(try command.read("\(state)/identity/instance.json") == id)
    #expect(try await original.run("config", "get", "cron.maxConcurrentRuns").output == "2\n")
    #expect(try await original.run("config", "get", "session.reset.idleMinutes").output == "77\n")
    // Again there is nothing new, and nothing is lost.
    let again = try await original.run("import", original.path, "--yes")
    #expect(again.code == 0, "\(again.errors)")
    #expect(again.output.contains("sessions: 0, with 0 transcripts and 0 messages"), "\(again.output)")
    #expect(try await original.run("sessions", "search", "wombat").code == 0)
}

@Test func `an import that is killed leaves the old or the new, and the next one removes what it began`() async throws {
    let command = try BuiltCommand()
    let original = try Original(command)
    let setup = try await original.run("setup", "--port", "\(Port.free())")
    try #require(setup.code == 0, "\(setup.errors)")
    for number in 0..<40 { try command.write(String(repeating: "x", count: 100_000), to: "clawd/notes/\(number).md") }
    let state = "\(command.home)/.mazelclaw-\(command.profile)"
    let before = try Original.tree(state)
    func isNew() -> Bool { FileManager.default.fileExists(atPath: "\(state)/mazelclaw.sqlite") }

    // While it asks nothing has happened yet.
    let typist = try Typist(command, ["--profile", command.profile, "import", original.path])
    try await typist.expect("Go on? [no]:")
    #expect(try Original.tree(state) == before)
    typist.send(SIGKILL)
    #expect(try await typist.end() == -SIGKILL || isNew() == false)
    #expect(try Original.tree(state) == before)
    var (old, new) = (0, 0)
    for step in 0..<24 {
        let process = try command.start("--profile", command.profile, "import", original.path, "--yes")
        // The first is killed at once: nothing else may run between.
        if step > 0 { try await Task.sleep(for: .milliseconds(step * 12)) }
        kill(process.processIdentifier, SIGKILL)
        _ = await process.end()
        if isNew() {
            new += 1
            for name in ["0", "39"] {
                #expect(
                    FileManager.default.fileExists(atPath: "\(state)/workspace-\(command.profile)/notes/\(name).md"))
            }
            #expect(try await original.run("sessions", "search", "wombat").code == 0)
            #expect(try await original.run("config", "get", "session.reset.idleMinutes").output == "77\n")
            break
        }
        old += 1
        #expect(try Original.tree(state) == before)
    }
    #expect(old > 0)
    if new == 0 { #expect(try await original.run("import", original.path, "--yes").code == 0) }
    // Of those that were killed nothing is left.
    #expect(try await original.run("import", original.path, "--dry-run").code == 0)
    let others = try FileManager.default.contentsOfDirectory(atPath: command.home).filter {
        $0.contains(".before-import-")
    }
    for other in others {
        #expect(!FileManager.default.fileExists(atPath: "\(command.home)/\(other)/import.unfinished"))
    }
}

@Test func `links, pipes and huge files in an original's state are named, and neither followed nor waited for`()
    async throws
{
    let command = try BuiltCommand()
    let original = try Original(command)
    try command.write("the key of a bank", to: "outside/key")
    let sessions = "\(original.path)/agents/main/sessions"
    #expect(mkfifo("\(sessions)/pipe.jsonl", 0o600) == 0)
    #expect(mkfifo("\(command.home)/clawd/pipe", 0o600) == 0)
    #expect(symlink("\(command.home)/outside/key", "\(command.home)/clawd/key") == 0)
    #expect(symlink("SOUL.md", "\(command.home)/clawd/also") == 0)
    #expect(symlink("\(command.home)/outside", "\(original.path)/agents/evil") == 0)
    for huge in ["\(sessions)/huge.jsonl", "\(command.home)/clawd/huge"] {
        try Data().write(to: URL(filePath: huge))
        #expect(truncate(huge, 1 << 40) == 0)
    }
    let done = try await original.run("import", original.path, "--yes")
    // The directory is not followed, and that is said.
    #expect(done.code != 124)
    try FileManager.default.removeItem(atPath: "\(original.path)/agents/evil")
    #expect(done.code == 78)
    #expect(done.errors.contains("it is a symbolic link"), "\(done.errors)")
    let second = try await original.run("import", original.path, "--yes")
    try #require(second.code == 0, "\(second.errors)")
    for line in [
        "pipe.jsonl: it must be a regular file", "huge.jsonl: it is larger than 512 MiB", "clawd/pipe: it is a pipe",
        "clawd/key: it is a link to something outside", "clawd/huge: it is larger than 1024 MiB",
    ] {
        #expect(second.output.contains(line), "\(line): \(second.output)")
    }
    let workspace = "\(command.home)/.mazelclaw-\(command.profile)/workspace-\(command.profile)"
    #expect(!FileManager.default.fileExists(atPath: "\(workspace)/key"))
    #expect(try FileManager.default.destinationOfSymbolicLink(atPath: "\(workspace)/also") == "SOUL.md")

    let nothing = try await original.run("import", "\(command.home)/outside", "--yes")
    #expect(nothing.code == 78)
    #expect(nothing.errors.contains("name the original gateway's state directory"))
    let own = try await original.run("import", "\(command.home)/.mazelclaw-\(command.profile)", "--yes")
    #expect(own.code == 78)
}

@Test(.enabled(if: ForeignUser.isAvailable))
func `root imports as the profile's user, also where only root can put a directory in another's place`() async throws {
    let user = try await ForeignUser()
    let original = try Original(user.command)
    #expect(chmod(user.command.home, 0o755) == 0)
    for name in try FileManager.default.subpathsOfDirectory(atPath: original.path) {
        #expect(chown("\(original.path)/\(name)", ForeignUser.userID, ForeignUser.userID) == 0)
    }
    for isRoots in [false, true] {
        if isRoots { #expect(chown("\(user.command.home)/user", 0, 0) == 0) }
        let done = try await user.run("import", original.path, "--yes", "--workspace", "\(user.command.home)/clawd")
        #expect(done.code == 0, "\(done.errors)")
        let attributes = try FileManager.default.attributesOfItem(atPath: "\(user.state)/mazelclaw.sqlite")
        #expect(attributes[.ownerAccountID] as? UInt32 == ForeignUser.userID)
        #expect(try await user.run("sessions", "search", "wombat").code == 0)
        let names = try FileManager.default.contentsOfDirectory(atPath: "\(user.command.home)/user")
        #expect(names.count == (isRoots ? 3 : 2), "\(names)")
    }
}
