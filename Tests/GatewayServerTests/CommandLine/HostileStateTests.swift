import Foundation
import GRDB
import JSON
import Testing

/// What a payload left in a state directory, and commands outside of the sandbox that read it. Each attack stands beside
/// the same act without it.
struct HostileStateTests {
    private let command: BuiltCommand
    private let port: UInt16
    private let victimPort: UInt16
    private static let victimsToken = "the-token-of-the-other-profile"

    private var state: String { "\(command.home)/.mazelclaw-\(command.profile)" }
    private var victim: String { "\(command.home)/.mazelclaw-\(command.other)" }

    /// Two profiles of one user, each set up.
    init() async throws {
        (command, port) = try await BuiltCommand.withEcho()
        var free = try Port.free()
        // Two profiles keep apart from each other.
        while abs(Int(free) - Int(port)) < 111 { free = try Port.free() }
        victimPort = free
        try command.write(
            #"{"gateway": {"mode": "local", "auth": {"token": "\#(Self.victimsToken)"}}}"#,
            to: ".mazelclaw-\(command.other)/mazelclaw.json")
        let setup = try await command.run("--profile", command.other, "setup", "--port", "\(victimPort)")
        try #require(setup.code == 0, "\(setup.errors)")
    }

    private func run(_ words: String..., input: String? = nil) async throws -> BuiltCommand.Result {
        try await command.run(
            ["--profile", command.profile] + words, wrapper: ["/usr/bin/timeout", "60"], input: input)
    }

    private func names(in directory: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: directory).sorted()
    }

    // MARK: Another profile's secret

    @Test(arguments: ["link", "include", "link to a directory", "include by a link", "include of an include"])
    func `another profile's token is not sent, whatever the configuration is made to be`(attack: String)
        async throws
    {
        let file = "\(state)/mazelclaw.json"
        let files = FileManager.default
        try files.removeItem(atPath: file)
        switch attack {
        case "link": try files.createSymbolicLink(atPath: file, withDestinationPath: "\(victim)/mazelclaw.json")
        case "include":
            try command.write(
                #"{"$include": "\#(victim)/mazelclaw.json"}"#, to: ".mazelclaw-\(command.profile)/mazelclaw.json")
        case "link to a directory":
            try files.createSymbolicLink(atPath: "\(state)/sub", withDestinationPath: victim)
            try command.write(
                #"{"$include": "./sub/mazelclaw.json"}"#, to: ".mazelclaw-\(command.profile)/mazelclaw.json")
        case "include by a link":
            try files.createSymbolicLink(atPath: "\(state)/base.json", withDestinationPath: "\(victim)/mazelclaw.json")
            try command.write(#"{"$include": "./base.json"}"#, to: ".mazelclaw-\(command.profile)/mazelclaw.json")
        default:
            try command.write(
                #"{"$include": "\#(victim)/mazelclaw.json"}"#, to: ".mazelclaw-\(command.profile)/base.json")
            try command.write(#"{"$include": "./base.json"}"#, to: ".mazelclaw-\(command.profile)/mazelclaw.json")
        }
        let impostor = try Impostor(port: port)
        defer { impostor.close() }
        for words in [["chat", "hello"], ["cron", "list"]] {
            let result = try await command.run(["--profile", command.profile] + words)
            #expect(result.code == 78, "\(result.errors)")
            #expect(
                result.errors.contains("symbolic link")
                    || result.errors.contains("outside of the configuration's directory"),
                "\(result.errors)")
            #expect(!result.errors.contains(Self.victimsToken))
        }
        let shown = try await run("config", "get", "gateway.auth.token", "--reveal")
        #expect(!shown.output.contains(Self.victimsToken))
        #expect(impostor.visitors == 0)
        #expect(impostor.text.isEmpty)
    }

    @Test func `a configuration includes what lies beside it, and its own token is sent`() async throws {
        try command.write(
            #"{"gateway": {"auth": {"token": "included"}}}"#, to: ".mazelclaw-\(command.profile)/parts/auth.json")
        try command.write(
            #"{"$include": "./parts/auth.json", "gateway": {"mode": "local"}}"#,
            to: ".mazelclaw-\(command.profile)/mazelclaw.json")
        let impostor = try Impostor(port: port)
        defer { impostor.close() }
        // Nobody answers, but it is this user who listens, and the profile's own token.
        _ = try await command.run(
            ["--profile", command.profile, "chat", "hello"], wrapper: ["/usr/bin/timeout", "3"])
        #expect(impostor.text.contains("included"))
    }

    @Test func `an operator's configuration elsewhere may be a link, and includes what lies beside it`() async throws {
        try command.write(#"{"gateway": {"mode": "local"}}"#, to: "etc/base.json")
        try command.write(
            #"{"$include": "\#(command.home)/etc/base.json", "gateway": {"auth": {"token": "t"}}}"#, to: "etc/real.json"
        )
        try FileManager.default.createSymbolicLink(
            atPath: "\(command.home)/etc/main.json", withDestinationPath: "real.json")
        let environment = [
            "MAZELCLAW_PROFILE": command.profile, "MAZELCLAW_CONFIG_PATH": "\(command.home)/etc/main.json",
        ]
        let result = try await command.run("config", "get", "gateway.mode", environment: environment)
        #expect(result.output == "local\n", "\(result.errors)")
        // Nothing else, wherever it stands: neither by its name nor by a link.
        try FileManager.default.createSymbolicLink(
            atPath: "\(command.home)/etc/link.json", withDestinationPath: "\(command.home)/other/base.json")
        try command.write(#"{"gateway": {"mode": "local"}}"#, to: "other/base.json")
        for target in ["../other/base.json", "\(command.home)/other/base.json", "./link.json", "/etc/hosts"] {
            try command.write(#"{"$include": "\#(target)"}"#, to: "etc/real.json")
            let refused = try await command.run("config", "validate", environment: environment)
            #expect(refused.code == 1, "\(target)")
            #expect(
                refused.errors.contains("outside of the configuration's directory")
                    || refused.errors.contains("symbolic link"), "\(refused.errors)")
        }
        try command.write(
            #"{"$include": "\#(victim)/mazelclaw.json"}"#, to: ".mazelclaw-\(command.profile)/part.json")
        try command.write(#"{"$include": "\#(state)/part.json"}"#, to: "etc/real.json")
        let refused = try await command.run("config", "validate", environment: environment)
        #expect(refused.code == 1)
        #expect(refused.errors.contains("outside of the configuration's directory"), "\(refused.errors)")
    }

    // MARK: Who listens

    @Test func `a token is not sent to another profile's gateway on the port`() async throws {
        let environment = ["MAZELCLAW_STATE_DIR": state, "MAZELCLAW_PROFILE": command.profile]
        try command.write(
            #"{"gateway": {"mode": "local", "port": \#(victimPort), "auth": {"token": "mine"}}}"#,
            to: ".mazelclaw-\(command.profile)/mazelclaw.json")
        _ = try await command.gateway("--profile", command.other, "gateway") { process in
            let chat = try await command.run("chat", "hello", environment: environment)
            #expect(chat.code == 1)
            #expect(
                chat.errors.contains(
                    "what listens on 127.0.0.1 port \(victimPort) is not this profile's gateway, and no secret was sent: "
                        + "profile \"\(command.other)\" runs on that port (PID \(process.processIdentifier)"),
                "\(chat.errors)")
            let status = try await command.run("status", environment: environment)
            #expect(status.output.contains("\(command.profile): other"), "\(status.output)")
            #expect(try await command.run("--profile", command.other, "status").code == 0)
        }
    }

    @Test(.enabled(if: ForeignUser.isAvailable)) func `a token is not sent to another user's listener`()
        async throws
    {
        let impostor = try Impostor(port: port, owner: ForeignUser.userID)
        defer { impostor.close() }
        for words in [["chat", "hello"], ["cron", "list"]] {
            let result = try await command.run(["--profile", command.profile] + words)
            #expect(result.code == 1)
            #expect(result.errors.contains("no secret was sent: user \(ForeignUser.userID)"), "\(result.errors)")
        }
        let status = try await run("status")
        #expect(status.output.contains("\(command.profile): foreign"), "\(status.output)")
        #expect(status.output.contains("user \(ForeignUser.userID)"))
        #expect(impostor.visitors == 0)
    }

    @Test(.enabled(if: ForeignUser.isAvailable))
    func `a token is not sent over a connection that another user took`() async throws {
        let impostor = try Impostor(port: port, connectionOwner: ForeignUser.userID)
        defer { impostor.close() }
        let result = try await run("chat", "hello")
        #expect(result.code == 1)
        #expect(result.errors.contains("no secret was sent: user \(ForeignUser.userID)"), "\(result.errors)")
        #expect(impostor.visitors == 1)
        #expect(!impostor.text.contains(TestInstance.token))
    }

    @Test func `a certificate is not read where only the payload says it is`() async throws {
        try command.write("-----BEGIN CERTIFICATE-----\n", to: "elsewhere/c.pem")
        try command.write(
            #"""
            {"gateway": {"mode": "local", "auth": {"token": "t"},
             "tls": {"enabled": true, "certPath": "\#(command.home)/elsewhere/c.pem",
                     "keyPath": "\#(command.home)/elsewhere/c.pem"}}}
            """#, to: ".mazelclaw-\(command.profile)/mazelclaw.json")
        let chat = try await run("chat", "hello")
        #expect(chat.code == 78)
        #expect(chat.errors.contains("the sandbox of this profile does not have"), "\(chat.errors)")
        let doctor = try await run("doctor")
        #expect(doctor.code == 1)
        #expect(doctor.output.contains("does not have"), "\(doctor.output)")
        // What the operator makes visible inside is read: here that it is no certificate.
        let profile = "config/mazelclaw/profiles/\(command.profile).json"
        try command.write(
            #"{"basePort": \#(port), "binds": [{"source": "\#(command.home)/elsewhere"}]}"#, to: profile)
        let told = try await run("chat", "hello")
        #expect(told.code == 78)
        #expect(told.errors.contains("elsewhere/c.pem"), "\(told.errors)")
        #expect(!told.errors.contains("does not have"), "\(told.errors)")
    }

    @Test func `no variable of the operator's shell is sent as a token`() async throws {
        try command.write(
            #"{"gateway": {"mode": "local", "auth": {"token": "${CLOUD_KEY}"}}}"#,
            to: ".mazelclaw-\(command.profile)/mazelclaw.json")
        let impostor = try Impostor(port: port)
        defer { impostor.close() }
        let environment = ["CLOUD_KEY": "the-key-of-the-cloud", "MAZELCLAW_PROFILE": command.profile]
        let refused = try await command.run("chat", "hello", environment: environment)
        #expect(refused.code == 78)
        #expect(refused.errors.contains("takes a variable of this shell"), "\(refused.errors)")
        #expect(impostor.visitors == 0)
        // One that is meant for it is.
        try command.write(
            #"{"gateway": {"mode": "local", "auth": {"token": "${MAZELCLAW_GATEWAY_TOKEN}"}}}"#,
            to: ".mazelclaw-\(command.profile)/mazelclaw.json")
        _ = try await command.run(
            ["chat", "hello"],
            environment: ["MAZELCLAW_GATEWAY_TOKEN": "meant-for-it", "MAZELCLAW_PROFILE": command.profile],
            wrapper: ["/usr/bin/timeout", "3"])
        #expect(impostor.text.contains("meant-for-it"))
    }

    // MARK: Writing

    @Test func `nothing is locked, written or made private beside what a link leads to`() async throws {
        let file = "\(state)/mazelclaw.json"
        try FileManager.default.removeItem(atPath: file)
        try FileManager.default.createSymbolicLink(atPath: file, withDestinationPath: "\(victim)/mazelclaw.json")
        try FileManager.default.removeItem(atPath: "\(victim)/mazelclaw.json.lock")
        try #require(chmod("\(victim)/mazelclaw.json", 0o644) == 0)
        let before = try names(in: victim)
        for words in [["config", "set", "logging.level", "debug"], ["config", "unset", "gateway.mode"], ["setup"]] {
            let result = try await command.run(["--profile", command.profile] + words)
            #expect(result.code != 0, "\(words)")
            #expect(result.errors.contains("symbolic link"), "\(result.errors)")
        }
        #expect(try names(in: victim) == before)
        #expect(try command.mode(".mazelclaw-\(command.other)/mazelclaw.json") == 0o644)
        #expect(try command.read(".mazelclaw-\(command.other)/mazelclaw.json").contains(Self.victimsToken))
        // The lock itself may be a link too.
        try FileManager.default.removeItem(atPath: file)
        try command.write("{}", to: ".mazelclaw-\(command.profile)/mazelclaw.json")
        try? FileManager.default.removeItem(atPath: "\(file).lock")
        try FileManager.default.createSymbolicLink(atPath: "\(file).lock", withDestinationPath: "\(victim)/new")
        #expect(try await run("config", "set", "gateway.mode", "local").errors.contains("symbolic link"))
        #expect(try names(in: victim) == before)
        try FileManager.default.removeItem(atPath: "\(file).lock")
        #expect(try await run("config", "set", "gateway.mode", "local").code == 0)
    }

    @Test func `setup makes nothing where only the payload says the workspace is`() async throws {
        try command.write(
            #"{"gateway": {"mode": "local", "auth": {"token": "t"}}, "agents": {"defaults": {"workspace": "\#(victim)/w"}}}"#,
            to: ".mazelclaw-\(command.profile)/mazelclaw.json")
        let setup = try await run("setup")
        #expect(setup.code == 0, "\(setup.errors)")
        #expect(setup.output.contains("make it yourself"))
        #expect(!FileManager.default.fileExists(atPath: "\(victim)/w"))
        // The operator's word is another matter.
        try command.write(
            #"{"gateway": {"mode": "local", "auth": {"token": "t"}}}"#,
            to: ".mazelclaw-\(command.profile)/mazelclaw.json")
        #expect(try await run("setup", "--workspace", "\(command.home)/w").code == 0)
        #expect(FileManager.default.fileExists(atPath: "\(command.home)/w/canvas/index.html"))
    }

    @Test(arguments: ["mazelclaw.sqlite", "mazelclaw.sqlite-wal", "mazelclaw.sqlite-shm"])
    func `a database that is a link is not opened, nor made private`(name: String) async throws {
        for profile in [command.profile, command.other] {
            _ = try await command.gateway("--profile", profile, "gateway") { _ in
                try await #expect(command.run("--profile", profile, "sessions", "list").code == 0)
            }
        }
        try #require(chmod("\(victim)/mazelclaw.sqlite", 0o644) == 0)
        try? FileManager.default.removeItem(atPath: "\(state)/\(name)")
        try FileManager.default.createSymbolicLink(
            atPath: "\(state)/\(name)", withDestinationPath: "\(victim)/mazelclaw.sqlite")
        let before = try names(in: victim)
        for words in [
            ["sessions", "list"], ["backup", "\(command.home)/copy"], ["sessions", "export", "\(command.home)/o"],
        ] {
            let result = try await command.run(["--profile", command.profile] + words)
            #expect(result.code == 78, "\(words): \(result.errors)")
            #expect(result.errors.contains("\(state)/\(name): it is a symbolic link"), "\(result.errors)")
        }
        #expect(try command.mode(".mazelclaw-\(command.other)/mazelclaw.sqlite") == 0o644)
        #expect(try names(in: victim) == before)
        try FileManager.default.removeItem(atPath: "\(state)/\(name)")
        #expect(try await command.run("--profile", command.other, "backup", "\(command.home)/copy").code == 0)
    }

    // MARK: Whatever else stands there

    /// Things a payload can leave in place of a file.
    private enum Trap: String, CaseIterable, CustomTestStringConvertible {
        case sparse, empty, truncated, loop, binary, fifo, socket, directory, unreadable

        var testDescription: String { rawValue }

        func set(_ path: String) throws {
            let files = FileManager.default
            let old = files.contents(atPath: path) ?? Data()
            try? files.removeItem(atPath: path)
            switch self {
            case .sparse:
                try old.write(to: URL(filePath: path))
                try #require(truncate(path, 4 << 40) == 0 || truncate(path, 4 << 30) == 0)
            case .empty: try Data().write(to: URL(filePath: path))
            case .truncated: try Data(old.prefix(old.count / 2 | 1)).write(to: URL(filePath: path))
            case .loop: try files.createSymbolicLink(atPath: path, withDestinationPath: path)
            case .binary: try Data((0..<4096).map { UInt8($0 % 256 | 0x80) }).write(to: URL(filePath: path))
            case .fifo: try #require(mkfifo(path, 0o600) == 0)
            case .socket: try #require(mknod(path, S_IFSOCK | 0o600, 0) == 0)
            case .directory: try files.createDirectory(atPath: path, withIntermediateDirectories: false)
            case .unreadable:
                try old.write(to: URL(filePath: path))
                try #require(chmod(path, 0) == 0)
            }
        }
    }

    @Test(arguments: Trap.allCases)
    private func `status, doctor, sessions and backup end by themselves, whatever a payload left`(
        trap: Trap
    ) async throws {
        _ = try await command.gateway("--profile", command.profile, "gateway") { _ in
            try await #expect(run("chat", "a wombat").code == 0)
        }
        let names = [
            "mazelclaw.json", "mazelclaw.sqlite", "mazelclaw.sqlite-wal", "mazelclaw.sqlite-shm",
            "mazelclaw.sqlite-journal", "identity/instance.json", "identity", "mazelclaw.json.last-good",
        ]
        let safe = "\(command.home)/safe"
        try FileManager.default.copyItem(atPath: state, toPath: safe)
        for name in names {
            try trap.set("\(state)/\(name)")
            for words in [
                ["status"], ["status", "--json"], ["doctor"], ["doctor", "--json"], ["config", "validate"],
                ["sessions", "list"], ["sessions", "search", "wombat"], ["backup", "\(command.home)/copy"],
                ["sessions", "export", "\(command.home)/out"],
            ] {
                let result = try await command.run(
                    ["--profile", command.profile] + words, wrapper: ["/usr/bin/timeout", "60"])
                // No signal, which timeout(1) tells as 128 and more, and no hanging: 124.
                #expect((0...78).contains(result.code), "\(trap) \(name) \(words): \(result.code) \(result.errors)")
                #expect(result.code == 0 || !(result.output + result.errors).isEmpty, "\(trap) \(name) \(words)")
                try? FileManager.default.removeItem(atPath: "\(command.home)/copy")
                try? FileManager.default.removeItem(atPath: "\(command.home)/out")
            }
            // The mode of what a trap cannot be read by keeps copies away, not removal.
            try FileManager.default.removeItem(atPath: state)
            try FileManager.default.copyItem(atPath: safe, toPath: state)
        }
        // Without a trap they do what they are for.
        #expect(try await run("doctor").code == 0)
        #expect(try await run("sessions", "search", "wombat").output.contains("[wombat]"))
        #expect(try await run("backup", "\(command.home)/copy").code == 0)
    }

    @Test func `what a payload writes moves no cursor`() async throws {
        try command.write(
            "{\"gateway\": {\"mode\": \"local\"}, \"a\u{1B}]0;title\u{07}b\": 1, \"session\": {\"scope\": \"x\u{1B}[2J\"}}",
            to: ".mazelclaw-\(command.profile)/mazelclaw.json")
        for words in [["status"], ["doctor"], ["config", "validate"], ["chat", "hello"], ["setup"], ["gateway"]] {
            let result = try await command.run(["--profile", command.profile] + words)
            #expect(result.code != 0, "\(words)")
            #expect(!(result.output + result.errors).contains("\u{1B}"), "\(words): \(result.output) \(result.errors)")
        }
    }

    @Test func `a file that is cut short while it is read ends no command by a signal`() async throws {
        _ = try await command.gateway("--profile", command.profile, "gateway") { _ in
            try await #expect(run("chat", "a wombat").code == 0)
        }
        let names = ["mazelclaw.sqlite-shm", "mazelclaw.sqlite-wal"].map { "\(state)/\($0)" }
        // Somebody who has it open keeps both in place.
        let holder = try DatabaseQueue(path: "\(state)/mazelclaw.sqlite")
        _ = try await holder.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM message") }
        let cutter = Task.detached {
            while !Task.isCancelled {
                for name in names {
                    truncate(name, 0)
                    truncate(name, 32 << 10)
                }
                await Task.yield()
            }
        }
        for _ in 0..<20 {
            for words in [
                ["sessions", "list"], ["sessions", "search", "wombat"], ["sessions", "export", "\(command.home)/o"],
            ] {
                let result = try await command.run(["--profile", command.profile] + words)
                #expect((0...78).contains(result.code), "\(words): \(result.code) \(result.errors)")
            }
        }
        cutter.cancel()
        await cutter.value
    }

    @Test func `a database that holds what no version writes ends no command by a signal`() async throws {
        _ = try await command.gateway("--profile", command.profile, "gateway") { _ in }
        // Rules that the gateway's own tables have are gone.
        let sql = """
            DROP TABLE session;
            CREATE TABLE session (id, key, agentId, sessionId, updatedAt, label, spawnedBy, entry);
            INSERT INTO session VALUES (1, NULL, NULL, NULL, 'x', x'ff', NULL, NULL), (2, x'ff00', 'main', 7, -1, 1, 1, x'ff');
            """
        let database = try DatabaseQueue(path: "\(state)/mazelclaw.sqlite")
        try await database.write { try $0.execute(sql: sql) }
        try database.close()
        for words in [
            ["sessions", "list"], ["sessions", "search", "x"], ["sessions", "export", "\(command.home)/out"],
        ] {
            let result = try await command.run(["--profile", command.profile] + words)
            #expect((0...78).contains(result.code), "\(words): \(result.code) \(result.errors)")
        }
    }

    // MARK: Root on another user's profile

    @Test(.enabled(if: ForeignUser.isAvailable))
    func `root changes no file of the payload's choice`() async throws {
        let foreign = try await ForeignUser()
        _ = try await foreign.command.gateway("--profile", foreign.command.profile, "gateway") { _ in }
        // A database only root can read, and the group could.
        let target = "\(foreign.rootsDirectory)/mazelclaw.sqlite"
        try FileManager.default.copyItem(atPath: "\(foreign.state)/mazelclaw.sqlite", toPath: target)
        try #require(chmod(target, 0o640) == 0)
        try FileManager.default.removeItem(atPath: "\(foreign.state)/mazelclaw.sqlite")
        try FileManager.default.createSymbolicLink(
            atPath: "\(foreign.state)/mazelclaw.sqlite", withDestinationPath: target)
        let sessions = try await foreign.run("sessions", "list")
        #expect(sessions.code == 78, "\(sessions.errors)")
        #expect(try foreign.command.mode("private/mazelclaw.sqlite") == 0o640)
        try FileManager.default.removeItem(atPath: "\(foreign.state)/mazelclaw.json")
        try FileManager.default.createSymbolicLink(
            atPath: "\(foreign.state)/mazelclaw.json", withDestinationPath: "\(foreign.rootsDirectory)/none.json")
        #expect(try await foreign.run("config", "set", "gateway.mode", "local").code != 0)
        #expect(try names(in: foreign.rootsDirectory) == ["mazelclaw.sqlite"])
    }

    @Test(.enabled(if: ForeignUser.isAvailable))
    func `root acts as the profile's user, and the profile stays the user's`() async throws {
        let foreign = try await ForeignUser()
        let command = foreign.command
        let end = try await command.gateway("--profile", command.profile, "gateway") { process in
            for thread in try names(in: "/proc/\(process.processIdentifier)/task") {
                let status = try String(
                    contentsOfFile: "/proc/\(process.processIdentifier)/task/\(thread)/status", encoding: .utf8)
                let own = "\(ForeignUser.userID)\t\(ForeignUser.userID)\t\(ForeignUser.userID)\t\(ForeignUser.userID)\n"
                #expect(status.contains("Uid:\t\(own)"))
                #expect(status.contains("Gid:\t\(own)"))
                #expect(status.contains("Groups:\t \n"), "\(status)")
                #expect(status.contains("CapEff:\t0000000000000000"))
            }
            let status = try await foreign.run("status")
            #expect(status.code == 0, "\(status.output)")
            #expect(status.output.contains("PID \(process.processIdentifier)"))
            #expect(try await foreign.run("cron", "list").code == 0)
            // Two starts of one profile are still one.
            #expect(try await foreign.run("gateway").errors.contains("already runs"))
        }
        #expect(end.code == 0, "\(end.errors)")
        #expect(try await foreign.run("config", "set", "logging.level", "debug").code == 0)
        #expect(try await foreign.run("sessions", "list").code == 0)
        #expect(try await foreign.run("doctor").code == 0)
        let all = FileManager.default.enumerator(atPath: foreign.state)
        for case let name as String in try #require(all) {
            let attributes = try FileManager.default.attributesOfItem(atPath: "\(foreign.state)/\(name)")
            #expect(attributes[.ownerAccountID] as? Int == Int(ForeignUser.userID), "\(name)")
        }
        // What only root can write is not written for a user's profile.
        let backup = try await foreign.run("backup", "\(foreign.rootsDirectory)/copy")
        #expect(backup.code == 1)
        #expect(backup.errors.contains("Permission denied"), "\(backup.errors)")
        #expect(try await foreign.run("backup", "\(command.home)/user/copy").code == 0)
    }
}
