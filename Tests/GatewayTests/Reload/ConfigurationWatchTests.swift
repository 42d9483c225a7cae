import Foundation
import JSON
import Logging
import Policy
import Synchronization
import Testing

@testable import Configuration
@testable import Gateway
@testable import Text

/// A gateway without a server, whose configuration is watched.
private final class Watched: Sendable {
    let directory: TemporaryDirectory
    let gateway: Gateway
    private let watch: Task<Void, Never>
    let log = Recorder()

    init(_ text: String = Watched.text, waitingAtMost interval: Duration = .seconds(3600)) throws {
        directory = try TemporaryDirectory(inMemory: true)
        try directory.write(text, to: ".mazelclaw-test/mazelclaw.json")
        let instance = try Instance(
            selection: InstanceSelection(argument: ProfileName("test"), environment: [:]), profile: nil,
            home: directory.path, workingDirectory: directory.path)
        let configuration = try GatewayConfiguration(instance: instance, file: ConfigurationFile.load(for: instance))
        let log = log
        let gateway = try Gateway(configuration: configuration, logger: Logger(label: "test") { _ in log })
        gateway.becomeReady()
        let changes = FileChanges(intervals: (told: interval, untold: interval))
        let watcher = ConfigurationWatch(gateway.services.reload, changes: changes, settling: .milliseconds(20))
        watch = Task { await watcher.run() }
        self.gateway = gateway
    }

    deinit { watch.cancel() }

    static let text =
        "{gateway: {mode: 'local', auth: {token: 't'}, reload: {debounceMs: 10}}, session: {scope: 'global'}}"

    func write(_ text: String) throws {
        // As an editor does: beside it, then over it.
        try directory.write(text, to: ".mazelclaw-test/new")
        let state = directory.path / ".mazelclaw-test"
        #expect(rename("\(state)/new", "\(state)/mazelclaw.json") == 0)
    }

    var scope: SessionSection.Scope { gateway.configuration.sessionScope }
    var last: ReloadOutcome { gateway.services.reload.last }

    /// Waits until `condition` holds.
    func eventually(_ condition: () -> Bool) async throws -> Bool {
        for _ in 0..<2400 {
            if condition() { return true }
            try await Task.sleep(for: .milliseconds(25))
        }
        return condition()
    }
}

/// Remembers what was logged.
private final class Recorder: LogHandler, Sendable {
    private let lines = Mutex<[String]>([])

    var text: String { lines.withLock { $0.joined(separator: "\n") } }

    func log(event: LogEvent) {
        lines.withLock { $0.append("\(event.message) \(event.metadata ?? [:])") }
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { nil }
        set {}
    }

    var metadata: Logger.Metadata {
        get { [:] }
        set {}
    }

    var logLevel: Logger.Level {
        get { .trace }
        set {}
    }
}

@Test func `a change that needs no restart counts at once`() async throws {
    let watched = try Watched()
    #expect(watched.scope == .global)
    try watched.write(Watched.text.replacing("'global'", with: "'per-sender'"))
    #expect(try await watched.eventually { watched.scope == .perSender })
    #expect(!watched.gateway.restarts.isPending)
    #expect(watched.last == .takenOver(["session.scope"]))
    #expect(
        try await watched.eventually {
            (try? watched.directory.read(".mazelclaw-test/mazelclaw.json.last-good").contains("per-sender")) == true
        })
}

@Test func `a change that needs a restart asks for one, and counts only then`() async throws {
    let watched = try Watched()
    try watched.write(Watched.text.replacing("'t'", with: "'other'"))
    await watched.gateway.restarts.wait()
    #expect(watched.gateway.restarts.hasBegun)
    #expect(watched.last == .restarting(["gateway.auth.token"]))
    #expect(watched.gateway.configuration.credentials.accept(Secret("t")))
}

@Test func `a file that is invalid is told of, and nothing changes`() async throws {
    let watched = try Watched()
    try watched.write("{gateway: {mode: 'local', prot: 1}}")
    #expect(try await watched.eventually { watched.log.text.contains("Unrecognized key") })
    #expect(watched.log.text.contains("mazelclaw.json:1:27"))
    #expect(watched.scope == .global)
    #expect(watched.last.word == "refused")
    let report = watched.gateway.services.status.report(watched.gateway.services.health.overview).json
    let status = report["gateway"]?["configuration"]
    #expect(status?["state"] == "refused")
    #expect(status?["details"]?.array?.first?.string?.contains("Unrecognized key") == true)
    #expect(watched.gateway.publicHealth["configuration"] == "refused")
    // With the next valid one it goes on.
    try watched.write(Watched.text.replacing("'global'", with: "'per-sender'"))
    #expect(try await watched.eventually { watched.scope == .perSender })
    #expect(try await watched.eventually { watched.gateway.publicHealth["configuration"] == "current" })
}

@Test(arguments: ["{}", "{gateway: {mode: 'remote'}}", "{gateway: {mode: 'local', bind: 'lan', auth: {token: 't'}}}"])
func `a file with which no gateway starts ends none that runs`(text: String) async throws {
    let watched = try Watched()
    try watched.write(text)
    #expect(try await watched.eventually { watched.last.word == "refused" })
    #expect(!watched.gateway.restarts.isPending)
    #expect(watched.gateway.configuration.credentials.accept(Secret("t")))
}

@Test func `a file that is gone takes nothing with it`() async throws {
    let watched = try Watched()
    try FileManager.default.removeItem(atPath: "\(watched.directory.path)/.mazelclaw-test/mazelclaw.json")
    #expect(try await watched.eventually { watched.log.text.contains("is gone") })
    #expect(watched.scope == .global)
    try watched.directory.write(
        Watched.text.replacing("'global'", with: "'per-sender'"), to: ".mazelclaw-test/mazelclaw.json")
    #expect(try await watched.eventually { watched.scope == .perSender })
}

@Test func `with mode hot, what needs a restart waits for one`() async throws {
    let watched = try Watched()
    try watched.write(
        Watched.text.replacing("'global'", with: "'per-sender'").replacing("'t'", with: "'other'")
            .replacing("reload: {", with: "reload: {mode: 'hot', "))
    #expect(try await watched.eventually { watched.last == .waiting(["gateway.auth.token"]) })
    #expect(watched.scope == .perSender)
    #expect(!watched.gateway.restarts.isPending)
    #expect(watched.gateway.configuration.credentials.accept(Secret("t")))
    #expect(watched.log.text.contains("count after a restart"))
}

@Test func `with mode off, nothing is taken over, unless a client orders it`() async throws {
    let watched = try Watched()
    try watched.write(
        Watched.text.replacing("'global'", with: "'per-sender'").replacing("reload: {", with: "reload: {mode: 'off', "))
    #expect(try await watched.eventually { watched.last.word == "waiting" })
    #expect(watched.log.text.contains("gateway.reload.mode is off"))
    #expect(watched.scope == .global)
    let snapshot = try #require(watched.gateway.services.reload.readConfiguration())
    #expect(watched.gateway.services.reload.take(snapshot, isOrdered: true).word == "current")
    #expect(watched.scope == .perSender)
}

@Test func `with mode restart, everything is a reason for one`() async throws {
    let watched = try Watched()
    try watched.write(
        Watched.text.replacing("'global'", with: "'per-sender'")
            .replacing("reload: {", with: "reload: {mode: 'restart', "))
    await watched.gateway.restarts.wait()
    #expect(watched.scope == .global)
}

@Test func `a port that changes waits for another process`() async throws {
    let watched = try Watched()
    try watched.write(Watched.text.replacing("mode: 'local'", with: "mode: 'local', port: 20000"))
    #expect(try await watched.eventually { watched.last == .waiting(["gateway.port"]) })
    #expect(!watched.gateway.restarts.isPending)
}

@Test func `an included file is watched too, and one behind a symbolic link`() async throws {
    let watched = try Watched()
    try watched.directory.write("{scope: 'global'}", to: "elsewhere/session.json5")
    let link = "\(watched.directory.path)/.mazelclaw-test/session.json5"
    try FileManager.default.createSymbolicLink(
        atPath: link, withDestinationPath: "\(watched.directory.path)/elsewhere/session.json5")
    // Inside the state directory only: what is behind the link counts as there.
    try watched.directory.write("{scope: 'global'}", to: ".mazelclaw-test/more.json5")
    try watched.write(
        Watched.text.replacing("{scope: 'global'}", with: "{$include: './more.json5'}")
            .replacing("debounceMs: 10", with: "debounceMs: 11"))
    #expect(try await watched.eventually { watched.gateway.configuration.file?.snapshot.files.count == 2 })
    try watched.directory.write("{scope: 'per-sender'}", to: ".mazelclaw-test/more.json5")
    #expect(try await watched.eventually { watched.scope == .perSender })
}

@Test func `a restart is asked for once, and the end is no restart`() async throws {
    let restarts = Restarts()
    #expect(!restarts.isPending)
    #expect(restarts.claim())
    #expect(!restarts.claim())
    #expect(restarts.isPending)
    #expect(!restarts.hasBegun)
    restarts.begin()
    restarts.finish()
    await restarts.wait()
    #expect(restarts.hasBegun)

    let ended = Restarts()
    #expect(ended.claim())
    ended.finish()
    ended.begin()
    await ended.wait()
    #expect(!ended.hasBegun)
}

@Test func `a restart by signal needs leave`() async throws {
    let watched = try Watched()
    watched.gateway.requestRestartFromOutside()
    #expect(!watched.gateway.restarts.isPending)
    #expect(watched.log.text.contains("commands.restart"))
    let allowed = try Watched("{commands: {restart: true}, gateway: {mode: 'local', auth: {token: 't'}}}")
    allowed.gateway.requestRestartFromOutside()
    await allowed.gateway.restarts.wait()
    #expect(allowed.gateway.restarts.hasBegun)
}

@Test func `what was left for a session is told once, after the restart`() throws {
    let watched = try Watched()
    let sentinel = RestartSentinel(stateDirectory: watched.directory.path / ".mazelclaw-test")
    try sentinel.leave(["sessionKey": "agent:main:x", "message": "done", "stats": ["mode": "config.patch"]])
    #expect(try watched.directory.mode(".mazelclaw-test/restart-sentinel.json") == 0o600)
    watched.gateway.becomeReady()
    #expect(
        watched.gateway.services.systemEvents.take(for: "agent:main:x")
            == ["config.patch: the new configuration counts, and the gateway has restarted: done"])
    watched.gateway.becomeReady()
    #expect(watched.gateway.services.systemEvents.waiting(for: "agent:main:x").isEmpty)
}

// MARK: Files

@Suite struct FileChangesTests {
    private let directory: TemporaryDirectory
    private let changes = FileChanges(intervals: (told: .seconds(3600), untold: .seconds(3600)))

    init() throws {
        directory = try TemporaryDirectory(inMemory: true)
        try directory.write("1", to: "real/file")
        try FileManager.default.createSymbolicLink(
            atPath: "\(directory.path)/link", withDestinationPath: "real/file")
        changes.watch([directory.path / "link"])
    }

    /// Whether there is a sign within the time that `seconds` gives.
    private func isSigned(seconds: Double) async throws -> Bool {
        try await withThrowingTaskGroup(of: Bool.self) { group in
            group.addTask { [changes] in
                for await _ in changes.signs { return true }
                return false
            }
            group.addTask {
                try await Task.sleep(for: .seconds(seconds))
                return false
            }
            defer { group.cancelAll() }
            return try await group.next() ?? false
        }
    }

    @Test(arguments: ["write", "replace", "remove", "lead elsewhere", "look"])
    func `a change of the file is told of`(change: String) async throws {
        switch change {
        case "write": try directory.write("2", to: "real/file")
        case "replace":
            try directory.write("2", to: "real/new")
            #expect(rename("\(directory.path)/real/new", "\(directory.path)/real/file") == 0)
        case "remove": #expect(unlink("\(directory.path)/real/file") == 0)
        case "lead elsewhere":
            try FileManager.default.createSymbolicLink(
                atPath: "\(directory.path)/other", withDestinationPath: "elsewhere")
            #expect(rename("\(directory.path)/other", "\(directory.path)/link") == 0)
        default: changes.look()
        }
        try await #expect(isSigned(seconds: 60))
    }

    @Test func `a change of another file is not`() async throws {
        try directory.write("2", to: "real/other")
        try directory.write("2", to: "beside")
        try await #expect(!isSigned(seconds: 0.3))
    }

    @Test func `what is watched no more is told of no more`() async throws {
        try directory.write("1", to: "next/file")
        changes.watch([directory.path / "next/file"])
        try directory.write("2", to: "real/file")
        try await #expect(!isSigned(seconds: 0.3))
    }

    @Test func `without being told there is a look now and then`() async throws {
        let changes = FileChanges(intervals: (told: .milliseconds(20), untold: .milliseconds(20)))
        var count = 0
        for await _ in changes.signs {
            count += 1
            if count == 3 { break }
        }
        #expect(count == 3)
    }
}
