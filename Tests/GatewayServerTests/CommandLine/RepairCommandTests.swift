import Foundation
import JSON
import Testing

/// A rescue that looks at another profile and proposes changes, and what a hostile one is refused. Each attack stands
/// beside the same act without it.
struct RepairCommandTests {
    private let command: BuiltCommand
    private let port: UInt16
    private static let comment = "// kept as it is"

    private var main: String { command.profile }
    private var rescue: String { command.other }
    private var file: String { ".mazelclaw-\(main)/mazelclaw.json" }
    private var staged: String { "\(command.home)/.mazelclaw-\(rescue)/repair" }
    /// A change that gives nobody more.
    private static let harmless = #"{"patch": {"agents": {"defaults": {"timeoutSeconds": 77}}}}"#
    private static let question = "Apply it and restart"

    /// Two profiles of one user, each set up.
    init() async throws {
        (command, port) = try await BuiltCommand.withEcho()
        var free = try Port.free()
        while abs(Int(free) - Int(port)) < 111 { free = try Port.free() }
        try command.write(
            #"{"gateway": {"mode": "local", "auth": {"token": "rescues-own-token"}}}"#,
            to: ".mazelclaw-\(rescue)/mazelclaw.json")
        let setup = try await command.run("--profile", rescue, "setup", "--port", "\(free)")
        try #require(setup.code == 0, "\(setup.errors)")
        let text = try command.read(file)
        try command.write("\(Self.comment)\n\(text)", to: file)
    }

    private func grant(_ words: String...) async throws -> Typist {
        let typist = try Typist(command, ["repair", main, "--from", rescue] + words)
        try await typist.expect("may look at")
        let isStaged = try await eventually { FileManager.default.fileExists(atPath: "\(staged)/manifest.json") }
        try #require(isStaged, "\(typist.shown)")
        return typist
    }

    /// What an agent of the rescue does.
    private func propose(_ text: String) throws {
        try command.write(text, to: ".mazelclaw-\(rescue)/proposal.new")
        try #require(rename("\(command.home)/.mazelclaw-\(rescue)/proposal.new", "\(staged)/proposal.json") == 0)
    }

    private func say(_ words: String) async throws -> String {
        let result = try await command.run("--profile", rescue, "chat", words)
        try #require(result.code == 0, "\(result.errors)")
        return result.output
    }

    private var stagedNames: [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: staged)) ?? []).sorted()
    }

    private func events() throws -> [String] {
        try command.read("state/mazelclaw/audit/\(main).repair.jsonl").split(separator: "\n").compactMap {
            let record = try JSON(parsing: Array($0.utf8))
            return record["what"]?.string ?? record["event"]?.string
        }
    }

    // MARK: The way it is meant

    @Test func `a person in the rescue's chat looks, proposes, and the operator approves`() async throws {
        _ = try await command.gateway("--profile", main, "gateway") { _ in
            _ = try await command.gateway("--profile", rescue, "gateway") { _ in
                #expect(try await say("/repair").contains("may repair no other now"))
                let typist = try await grant()
                #expect(try await say("/repair status").contains("Health: up"))
                #expect(try await say("/repair config").contains(#""token": "<secret>""#))
                #expect(try await say("/repair config").contains(Self.comment))
                #expect(try await say("/repair doctor").contains("Config: "))
                #expect(try await say("/repair logs").contains("\"time\""))
                let status = try await command.run("--profile", main, "status")
                #expect(status.output.contains("Repair     \(main) by \(rescue) until "), "\(status.output)")
                #expect(try await command.run("--profile", rescue, "status").output.contains("\(main) by \(rescue)"))
                #expect(try await command.run("repair", "--list").output.contains("\(main) by \(rescue) until "))
                let proposed = try await say("/repair propose {agents: {defaults: {timeoutSeconds: 77}}}")
                #expect(proposed.contains("Proposed "))
                try await typist.expect(Self.question)
                #expect(typist.shown.contains(#""timeoutSeconds": 77"#))
                #expect(try await say("/repair status").contains("operator is asked"))
                typist.type("y\n")
                try await typist.expect("\(main) is well")
                #expect(try command.read(file).contains(#""timeoutSeconds": 77"#))
                #expect(try command.read(file).hasPrefix(Self.comment))
                let isTold = try await eventually {
                    try await say("/repair status").contains("applied: \(main) is well")
                }
                #expect(isTold)
                let revoke = try await command.run("repair", main, "--revoke")
                #expect(revoke.code == 0, "\(revoke.errors)")
                #expect(try await typist.end() == 0)
                #expect(typist.shown.contains("The grant has ended: it was revoked"))
                #expect(stagedNames == [])
                #expect(try await say("/repair").contains("may repair no other now"))
            }
        }
        #expect(try events() == ["granted", "proposed", "applied", "ended"])
        #expect(try await command.run("repair", "--list").output == "No profile may repair another now\n")
        #expect(try await command.run("repair", main, "--revoke").errors.contains("there is no grant"))
    }

    @Test func `no secret of the target is staged, shown or logged, and what is no secret is`() async throws {
        let canaries = ["canary-in-a-comment", "canary-in-the-log", "canary-of-yesterday", TestInstance.token]
        try command.write(
            try command.read(file).replacing(TestInstance.token, with: "canary-of-yesterday"), to: "\(file).bak")
        try command.write(
            "// password: canary-in-a-comment\n" + (try command.read(file)), to: file)
        try command.write(
            """
            {"1": "token=canary-in-the-log"}
            {"1": "was canary-of-yesterday, is \(TestInstance.token)"}
            {"1": "seen \u{1B}]0;title\u{7} \u{202E}txet"}

            """, to: ".mazelclaw-\(main)/logs/gateway.log")
        let typist = try await grant()
        let names = ["configuration.json5", "doctor.txt", "log.txt", "manifest.json", "status.txt"]
        #expect(stagedNames == names)
        var texts = try names.map { try command.read(".mazelclaw-\(rescue)/repair/\($0)") }
        for name in names { #expect(try command.mode(".mazelclaw-\(rescue)/repair/\(name)") == 0o600) }
        #expect(try command.mode(".mazelclaw-\(rescue)/repair") == 0o700)
        #expect(texts[2].contains(#"seen \u{1b}]0;title\u{7} \u{202e}txet"#))
        try propose(Self.harmless)
        try await typist.expect(Self.question)
        typist.type("n\n")
        try await typist.expect("declined")
        texts += [typist.shown, try command.read("state/mazelclaw/audit/\(main).repair.jsonl")]
        for text in texts {
            for canary in canaries { #expect(!text.contains(canary), "\(text)") }
            #expect(!text.contains("\u{1B}") && !text.contains("\u{202E}"))
        }
        #expect(texts[0].contains("/bin/echo"))
        typist.send(SIGINT)
        #expect(try await typist.end() == 0)
        #expect(stagedNames == [])
    }

    // MARK: A hostile rescue

    @Test func `what is no proposal is refused, and the next one is shown`() async throws {
        let before = try command.read(file)
        let typist = try await grant()
        let place = "\(staged)/proposal.json"
        let attacks: [(String, () throws -> Void)] = [
            ("it must be a regular file", { try #require(mkfifo(place, 0o600) == 0) }),
            ("symbolic link", { try #require(symlink("\(command.home)/\(file)", place) == 0) }),
            (
                "it must be a regular file",
                { try #require(symlinkat("x", AT_FDCWD, "\(place).x") == 0 && mkdir(place, 0o700) == 0) }
            ),
            ("holds more than", { try propose(String(repeating: " ", count: 1 << 20)) }),
            ("no UTF-8", { try Data([0x7B, 0xFF, 0x7D]).write(to: URL(filePath: place), options: .atomic) }),
            ("no JSON5", { try propose("{") }),
            ("not of the form", { try propose(#"{"patch": {}, "path": "/etc/passwd"}"#) }),
            ("it changes nothing", { try propose(#"{"patch": {}}"#) }),
            ("there is no version", { try propose(#"{"base": "\u001b[2J", "patch": {}}"#) }),
            ("gateway.auth.token", { try propose(#"{"patch": {"gateway": {"auth": {"token": "theirs"}}}}"#) }),
            ("gateway.auth", { try propose(#"{"patch": {"gateway": {"auth": null}}}"#) }),
            ("gateway", { try propose(#"{"patch": {"gateway": null}}"#) }),
            ("gateway.bind", { try propose(#"{"patch": {"gateway": {"bind": "lan"}}}"#) }),
            (
                "cliBackends",
                {
                    try propose(#"{"patch": {"agents": {"defaults": {"cliBackends": {"tool": {"command": "/x"}}}}}}"#)
                }
            ),
            ("$include", { try propose(#"{"patch": {"$include": "../other.json"}}"#) }),
            ("logging.level", { try propose(#"{"patch": {"logging": {"level": "${HOME}"}}}"#) }),
            ("ui.assistant", { try propose(#"{"patch": {"ui": {"assistant": {"name": "<secret>"}}}}"#) }),
            ("cannot be used", { try propose(#"{"patch": {"session": {"scope": "galaxy"}}}"#) }),
        ]
        for (index, (reason, attack)) in attacks.enumerated() {
            try attack()
            try await typist.expect("refused: ", times: index + 1)
            let last = typist.shown.components(separatedBy: "refused: ").last ?? ""
            #expect(last.contains(reason), "\(last)")
            #expect(rmdir(place) == 0 || errno == ENOENT)
        }
        #expect(!typist.shown.contains(Self.question))
        #expect(!typist.shown.contains("\u{1B}"))
        #expect(try command.read(file) == before)
        #expect(try events().dropFirst().allSatisfy { $0 == "denied" })
        // The same rescue, with a proposal that is one.
        try propose(Self.harmless)
        try await typist.expect(Self.question)
        // Typed before it was seen is no answer; then another word than yes.
        typist.type("no\n")
        try await typist.expect("declined: the host's operator said no")
        #expect(try command.read(file) == before)
        typist.send(SIGTERM)
        #expect(try await typist.end() == 0)
    }

    @Test func `nothing is written where the rescue's directory leads elsewhere`() async throws {
        try #require(symlink("\(command.home)/.mazelclaw-\(main)", staged) == 0)
        let names = try FileManager.default.contentsOfDirectory(atPath: "\(command.home)/.mazelclaw-\(main)").sorted()
        let typist = try Typist(command, ["repair", main, "--from", rescue])
        #expect(try await typist.end() == 1)
        #expect(typist.shown.contains("symbolic link"), "\(typist.shown)")
        #expect(
            try FileManager.default.contentsOfDirectory(atPath: "\(command.home)/.mazelclaw-\(main)").sorted() == names)
        try #require(unlink(staged) == 0)
        let granted = try await grant()
        granted.send(SIGHUP)
        #expect(try await granted.end() == 0)
    }

    @Test func `what was shown is what is applied, whatever is proposed meanwhile`() async throws {
        _ = try await command.gateway("--profile", main, "gateway") { _ in
            let typist = try await grant()
            try propose(Self.harmless)
            try await typist.expect(Self.question)
            try propose(#"{"patch": {"agents": {"defaults": {"timeoutSeconds": 78}}}}"#)
            typist.type("y\n")
            try await typist.expect("is well")
            #expect(try command.read(file).contains(#""timeoutSeconds": 77"#))
            try await typist.expect(Self.question, times: 2)
            // Nor is anything applied to another configuration than was shown.
            _ = try await command.run("--profile", main, "config", "set", "logging.level", "debug")
            typist.type("y\n")
            try await typist.expect("is another than when the difference was shown")
            #expect(try command.read(file).contains(#""timeoutSeconds": 77"#))
            typist.send(SIGINT)
            #expect(try await typist.end() == 0)
        }
    }

    @Test func `what may give somebody more takes the profile's name, and not a yes`() async throws {
        let guarded =
            #"{"patch": {"agents": {"list": [{"id": "main", "model": "tool", "name": "\u001b[31mRed\u202e"}]}}}"#
        _ = try await command.gateway("--profile", main, "gateway") { _ in
            let typist = try await grant()
            try propose(guarded)
            try await typist.expect("type the profile's name")
            #expect(
                typist.shown.contains(
                    "WARNING: THIS CAN CHANGE WHAT \(main) DOES OR WHO REACHES IT: agents.list[0].name"))
            #expect(!typist.shown.contains("\u{1B}") && !typist.shown.contains("\u{202E}"))
            typist.type("y\n")
            try await typist.expect("declined")
            #expect(try !command.read(file).contains("Red"))
            try propose(guarded)
            try await typist.expect("type the profile's name", times: 2)
            typist.type("\(main)\n")
            try await typist.expect("is well")
            #expect(try command.read(file).contains("Red"))
            typist.send(SIGINT)
            #expect(try await typist.end() == 0)
        }
    }

    // MARK: A hostile target

    @Test(arguments: ["fifo", "link", "broken", "fifo log", "endless log"])
    func `whatever the target leaves in its directory, the rescue is told what is wrong, and no secret`(
        attack: String
    ) async throws {
        let (config, log) = ("\(command.home)/\(file)", "\(command.home)/.mazelclaw-\(main)/logs/gateway.log")
        try command.write(#"{"1": "\#(TestInstance.token)"}"# + "\n", to: ".mazelclaw-\(main)/logs/gateway.log")
        try command.write("canary-of-another", to: "outside")
        let told: (file: String, text: String)
        switch attack {
        case "fifo":
            try #require(unlink(config) == 0 && mkfifo(config, 0o600) == 0)
            told = ("doctor.txt", "it must be a regular file")
        case "link":
            try #require(unlink(config) == 0 && symlink("\(command.home)/outside", config) == 0)
            told = ("doctor.txt", "symbolic link")
        case "broken":
            try command.write(String(try command.read(file).dropLast(4)), to: file)
            told = ("doctor.txt", "ends too early")
        case "fifo log":
            try #require(unlink(log) == 0 && mkfifo(log, 0o600) == 0)
            told = ("log.txt", "it must be a regular file")
        default:
            try #require(truncate(log, 1 << 34) == 0)
            told = ("doctor.txt", "valid")
        }
        let typist = try await grant()
        #expect(try command.read(".mazelclaw-\(rescue)/repair/\(told.file)").contains(told.text))
        let isShown = ["fifo log", "endless log"].contains(attack)
        #expect(stagedNames.contains("configuration.json5") == isShown)
        for name in stagedNames {
            let text = try command.read(".mazelclaw-\(rescue)/repair/\(name)")
            #expect(!text.contains(TestInstance.token) && !text.contains("canary-of-another"), "\(name): \(text)")
        }
        typist.send(SIGINT)
        #expect(try await typist.end() == 0)
    }

    // MARK: Its end

    @Test func `a grant ends by its time and by revocation while a proposal waits, and nothing is applied`()
        async throws
    {
        let before = try command.read(file)
        let late = try await grant("--for", "8s")
        try propose(Self.harmless)
        #expect(try await late.end() == 0)
        #expect(late.shown.contains("The grant has ended: its time is over"), "\(late.shown)")
        let revoked = try await grant()
        try propose(Self.harmless)
        try await revoked.expect(Self.question)
        let revoke = try await command.run("repair", main, "--revoke")
        #expect(revoke.code == 0, "\(revoke.errors)")
        #expect(try await revoked.end() == 0)
        #expect(revoked.shown.contains("it was revoked"))
        #expect(try command.read(file) == before)
        #expect(stagedNames == [])
    }

    @Test func `nothing stays staged beyond its time, although whoever keeps the grant is stopped`() async throws {
        let typist = try await grant("--for", "8s")
        typist.send(SIGSTOP)
        #expect(try await eventually { stagedNames == [] })
        typist.send(SIGCONT)
        #expect(try await typist.end() == 0)
        #expect(typist.shown.contains("its time is over"), "\(typist.shown)")
    }

    @Test func `a rescue that proposes without end is not listened to any more`() async throws {
        let typist = try await grant()
        for count in 1...24 {
            try propose("{")
            try await typist.expect("refused: ", times: count)
        }
        #expect(try await typist.end() == 0)
        #expect(typist.shown.contains("The grant has ended: \(rescue) has proposed too often"))
    }

    @Test func `a grant needs two profiles, a terminal, a sensible time, and no other grant`() async throws {
        let piped = try await command.run("repair", main, "--from", rescue)
        #expect(piped.code == 1)
        #expect(piped.errors.contains("in a terminal"))
        for words in [
            ["repair", main, "--from", main], ["repair"], ["repair", main, "--from", rescue, "--for", "9h"],
            ["repair", main, "--from", rescue, "--for", "0"], ["--profile", rescue, "repair", main, "--from", rescue],
            ["repair", "../x"],
        ] { #expect(try await command.run(words).code == 2, "\(words)") }
        let unknown = try await command.run("repair", "nobody-\(main)", "--from", rescue)
        #expect(unknown.errors.contains("this host has no profile \"nobody-\(main)\""), "\(unknown.errors)")
        let first = try await grant()
        let second = try Typist(command, ["repair", main, "--from", rescue])
        #expect(try await second.end() == 1)
        #expect(second.shown.contains("end that first with `mazelclaw repair \(main) --revoke`"), "\(second.shown)")
        first.send(SIGINT)
        #expect(try await first.end() == 0)
    }

    // MARK: What goes wrong

    @Test func `a target that does not get well gets its configuration back, byte for byte`() async throws {
        let end = try await command.gateway("--profile", main, "gateway", signal: SIGKILL) { gateway in
            // A mistake of the operator's: the gateway goes on with the last that worked.
            let broken = try command.read(file).replacing(#""mode": "local""#, with: #""mode": "local", "bnid": 1"#)
            try command.write(broken, to: file)
            let typist = try await grant("--watch", "2s")
            try propose(#"{"patch": {"gateway": {"bnid": null}}}"#)
            try await typist.expect(Self.question)
            typist.type("y\n")
            try await typist.expect("Applied")
            #expect(try !command.read(file).contains("bnid"))
            kill(gateway.processIdentifier, SIGKILL)
            try await typist.expect("rolled-back: it was not well within 2s")
            #expect(try command.read(file) == broken)
            typist.send(SIGINT)
            #expect(try await typist.end() == 0)
            #expect(try events() == ["granted", "proposed", "rolled-back", "ended"])
        }
        #expect(end.code == -SIGKILL)
    }

    @Test(arguments: ["waiting", "asking", "watching"])
    func `whoever keeps the grant can be killed: nothing stays staged, and the configuration is whole`(
        stage: String
    ) async throws {
        _ = try await command.gateway("--profile", main, "gateway", signal: SIGKILL) { gateway in
            let before = try command.read(file)
            let typist = try await grant("--watch", "10m")
            if stage != "waiting" {
                try propose(Self.harmless)
                try await typist.expect(Self.question)
            }
            if stage == "watching" {
                typist.type("y\n")
                try await typist.expect("Applied")
                kill(gateway.processIdentifier, SIGKILL)
            }
            typist.send(SIGKILL)
            #expect(try await typist.end() == -SIGKILL)
            // The process that had staged it notices.
            #expect(try await eventually { stagedNames == [] })
            let isChanged = try command.read(file) != before
            #expect(isChanged == (stage == "watching"))
            #expect(try await command.run("--profile", main, "config", "validate").code == 0)
            let list = try await command.run("repair", "--list")
            #expect(list.output.contains("was killed"), "\(list.output)")
            if stage == "waiting" {
                // The next grant cleans up as well.
                let next = try await grant()
                next.send(SIGINT)
                #expect(try await next.end() == 0)
            } else {
                let revoke = try await command.run("repair", main, "--revoke")
                #expect(revoke.code == 0, "\(revoke.errors)")
            }
            #expect(try command.read(file) == before)
            #expect(try await command.run("repair", "--list").output == "No profile may repair another now\n")
        }
    }

    @Test(.enabled(if: ForeignUser.isAvailable)) func `each side is touched as its own user`() async throws {
        let target = try await ForeignUser()
        let command = target.command
        let user = "\(command.home)/helper"
        try FileManager.default.createDirectory(atPath: "\(user)/state", withIntermediateDirectories: true)
        for path in [user, "\(user)/state"] {
            try #require(chown(path, 71_235, 71_235) == 0 && chmod(path, 0o700) == 0)
        }
        var port = try Port.free()
        while abs(Int(port) - Int(target.port)) < 111 { port = try Port.free() }
        try command.write(
            #"{"basePort": \#(port), "stateDirectory": "\#(user)/state"}"#,
            to: "config/mazelclaw/profiles/\(command.other).json")
        try #require(try await command.run("--profile", command.other, "setup").code == 0)
        let typist = try Typist(command, ["repair", command.profile, "--from", command.other])
        try await typist.expect("may look at")
        #expect(try await eventually { FileManager.default.fileExists(atPath: "\(user)/state/repair/manifest.json") })
        func owner(_ path: String) throws -> UInt32? {
            try FileManager.default.attributesOfItem(atPath: path)[.ownerAccountID] as? UInt32
        }
        #expect(try owner("\(user)/state/repair/manifest.json") == 71_235)
        #expect(try owner("\(user)/state/repair") == 71_235)
        // What the rescue's user may not read is not read for it: a link to root's file is met as that user.
        try #require(symlink("\(target.rootsDirectory)", "\(user)/state/repair/proposal.json") == 0)
        try await typist.expect("refused: ")
        // No process of the grant's has anything of the target open in the rescue's name.
        let keepers = try await command.shell(["pgrep", "-U", "71235", "-f", "repair-keeper"])
        for pid in keepers.output.split(separator: "\n") {
            let listing = try FileManager.default.contentsOfDirectory(atPath: "/proc/\(pid)/fd").compactMap {
                try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(pid)/fd/\($0)")
            }
            #expect(!listing.contains { $0.contains(target.state) }, "\(listing)")
        }
        #expect(!keepers.output.isEmpty)
        typist.send(SIGINT)
        #expect(try await typist.end() == 0)
    }
}
