import Foundation
import Glibc
import JSON
import Testing

/// What becomes of an instance's log when it is full, or cannot be written.
@Suite(.recorded) struct AuditTests {
    /// How long each of the two files may become.
    private static let limit = 4 << 20

    private static let denied = ["/usr/bin/python3", "-c", "import socket; socket.socket().bind(('127.0.0.1', 7000))"]

    private func log(_ host: Host) -> String { "\(host.root)/state/mazelclaw/audit/p.jsonl" }

    /// A log of `size` bytes from earlier runs.
    private func fill(_ host: Host, size: Int, line: String = "{\"event\":\"earlier\"}") throws {
        let user = host.starting == .root ? getuid() : Host.payloadUser
        for directory in ["mazelclaw", "mazelclaw/audit"] {
            try Files.makeDirectory("\(host.root)/state/\(directory)", mode: 0o700, owner: user)
        }
        let count = size / (line.utf8.count + 1)
        let rest = size - count * (line.utf8.count + 1)
        let text = String(repeating: line + "\n", count: count) + String(repeating: "\n", count: rest)
        try Files.write(text, to: log(host), mode: 0o600, owner: user)
    }

    private func size(_ path: String) -> Int { Files.bytes(path)?.count ?? -1 }

    @Test(arguments: Starting.available)
    func `a log that is full is set aside while the instance runs`(starting: Starting) throws {
        let host = try Host(starting)
        // The start's first event still fits, its proof does not; the launcher is the payload's user by then.
        try fill(host, size: Self.limit - 2000)
        let following = try follow(host)
        #expect(try host.run(Self.denied).code == 1)
        let older = log(host) + ".1"
        #expect((Self.limit - 2000...Self.limit).contains(size(older)))
        #expect(try #require(Files.read(older)).split(separator: "\n").last?.contains("\"event\":\"plan\"") == true)
        let events = try Host.events(log(host)).map { $0["event"]?.string }
        #expect(events == ["proof", "exec", "denied", "exit"])
        let lines = try host.command(["denials"]).output.split(separator: "\n")
        #expect(lines.count == 2 && lines.last == "1\tunassigned-port")
        // And another time, while somebody reads: nothing is missed, nothing read twice.
        try following.waitForOutput("127.0.0.1:7000/tcp")
        #expect(try host.run(["true"]).code == 0)
        #expect(following.output.split(separator: "\n").count == 1)
        following.send(SIGTERM)
        try following.wait()
    }

    @Test(arguments: Starting.available)
    func `what a payload is refused first is recorded, however late init is to go on`(starting: Starting) throws {
        let host = try Host(starting)
        var options = Host.Options()
        options.wrapper = [host.stage.probe, "--hold", "300"]
        let end = try host.run([host.stage.probe, "N02"], options)
        #expect(end.code == 0, "\(end.errors)")
        #expect(end.output.contains("EACCES"))
        let events = try Host.events(log(host)).map { $0["event"]?.string }
        #expect(events.prefix(4) == ["plan", "proof", "exec", "denied"])
        #expect(events.last == "exit")
    }

    private func follow(_ host: Host) throws -> Running {
        let words = [host.stage.launcher, "denials", "--follow", "--json", "--profile", "p"]
        let identity = host.starting == .unprivileged && geteuid() == 0 ? Host.becomingUser : []
        var setup = Running.Setup()
        setup.environment = host.environment
        return try Running((identity + words).map { Array($0.utf8) }, files: "\(host.root)/output", setup)
    }

    @Test(arguments: Starting.available)
    func `of a log of any length the end is told`(starting: Starting) throws {
        let host = try Host(starting)
        let program = String(repeating: "x", count: 4096)
        let line = #"{"event":"denied","act":"earlier","rule":"r","program":"\#(program)"}"#
        try fill(host, size: 5 * Self.limit, line: line)
        let before = try host.command(["denials"])
        #expect(before.code == 0, "\(before.errors)")
        #expect(before.output.hasSuffix("\tr\n"))
        #expect(try host.run(Self.denied).code == 1)
        for file in [log(host), log(host) + ".1"] { #expect((1...Self.limit).contains(size(file))) }
        let after = try host.command(["denials"])
        #expect(after.code == 0)
        #expect(after.output.hasSuffix("\n1\tunassigned-port\n"))
        #expect(after.output.split(separator: "\n").allSatisfy { $0.utf8.count < 600 })
    }

    @Test(arguments: Starting.available)
    func `a log that takes no more ends no instance`(starting: Starting) throws {
        let host = try Host(starting)
        try fill(host, size: 1 << 20)
        var options = Host.Options()
        // The limit is the payload's, too (RLIMIT_FSIZE, setrlimit(2)); all other files stay far below.
        options.wrapper = ["prlimit", "--fsize=\((1 << 20) + 300)"]
        let end = try host.run(["sh", "-c", "echo ran; exit 3"], options)
        #expect(end.code == 3, "\(end.errors)")
        #expect(end.output == "ran\n")
        #expect(size(log(host)) == (1 << 20) + 300)
        // Once there is room again, the line that was cut stands by itself.
        #expect(try host.run(["true"]).code == 0)
        let lines = try #require(Files.read(log(host))).split(separator: "\n").suffix(6)
        let events = lines.map { try? JSON(parsing: Array($0.utf8))["event"]?.string }
        #expect(events == ["plan", nil, "plan", "proof", "exec", "exit"])
    }
}
