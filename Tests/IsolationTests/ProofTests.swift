import Foundation
import Glibc
import JSON
import Testing

/// A start that cannot show its guarantees does not happen.
@Suite(.recorded) struct ProofTests {
    @Test(arguments: Starting.available)
    func `a start proves its guarantees, and keeps the record`(starting: Starting) throws {
        let host = try Host(starting)
        var options = Host.Options()
        let status = host.status(&options)
        #expect(try host.run(["true"], options).code == 0)
        let events = try Host.events(status)
        #expect(events.map { $0["event"]?.string } == ["plan", "proof", "exec", "exit"])
        let proof = try #require(events.first { $0["event"]?.string == "proof" })
        let results = try #require(proof["results"]?.array)
        #expect(results.count >= 35)
        #expect(proof["acts"]?.integer == Int64(results.count))
        #expect(results.allSatisfy { $0["holds"]?.bool == true })
        // Both kinds: what must fail and what must work.
        #expect(results.contains { $0["outcome"]?.string == "success" })
        #expect(results.contains { $0["outcome"]?.string == "EACCES" })
        #expect((proof["microseconds"]?.integer ?? 0) > 0)
        var names = utsname()
        uname(&names)
        let release = withUnsafeBytes(of: names.release) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
        #expect(proof["kernel"]?.string == release)
        // The hash is that of the plan which explain prints.
        options.more.removeLast(2)
        options.more += ["--bind-ro", "\(host.stage.root)/probe", "--json", "--", "true"]
        let plan = try JSON(parsing: host.command(["explain"], options).outputBytes)
        #expect(plan["hash"] == proof["plan"])
        let kept = try #require(try auditLog(host).first { $0["event"]?.string == "proof" })
        #expect(kept["plan"] == proof["plan"])
        #expect(kept["results"] == proof["results"])
    }

    @Test(arguments: Starting.available)
    func `one plan has one hash, another has another`(starting: Starting) throws {
        let host = try Host(starting)
        func hash(_ more: [String] = []) throws -> String {
            var options = Host.Options()
            options.more = more
            let status = host.status(&options)
            #expect(try host.run(["true"], options).code == 0)
            let proof = try Host.events(status).first { $0["event"]?.string == "proof" }
            return try #require(proof?["plan"]?.string)
        }
        let first = try hash()
        #expect(first.hasPrefix("sha256:") && first.count == 71)
        #expect(try hash() == first)
        #expect(try hash(["--env", "A=b"]) != first)
    }

    @Test(arguments: Starting.available)
    func `a guarantee that a policy takes away is named, and nothing runs`(starting: Starting) throws {
        let host = try Host(starting)
        // Made by a first start, and then shown to the payload by a mistake in the policy.
        #expect(try host.run(["true"]).code == 0)
        var options = Host.Options()
        let fonts = "\"destination\": \"/etc/fonts\", \"type\": \"overlay\", \"source\": \"/etc/fonts\""
        let mistake = fonts.replacingOccurrences(of: "/etc/fonts", with: "\(host.root)/config")
            .replacingOccurrences(of: "overlay", with: "bind")
        options.more = ["--policy", try host.policy("gateway.json", replacing: fonts, with: mistake)]
        let status = host.status(&options)
        let end = try host.run(["touch", "\(host.home)/.mazelclaw-p/ran"], options)
        #expect(end.code == 125)
        #expect(end.sentences.last?.contains("\"\(host.configuration) is not visible\" does not hold") == true)
        #expect(!Files.exists("\(host.stateDirectory())/ran"))
        let events = try Host.events(status)
        #expect(events.map { $0["event"]?.string } == ["plan", "proof", "error"])
        #expect(events.last?["step"]?.string == "prove")
        let failed = events[1]["results"]?.array?.filter { $0["holds"]?.bool == false }
        #expect(failed?.map { $0["guarantee"]?.string } == ["\(host.configuration) is not visible"])
        #expect(failed?.first?["outcome"]?.string == "success")
    }

    /// Calls (asm/unistd_64.h) that set a layer up. One that says it did, and does nothing, takes the layer away.
    static let lies: [(name: String, number: Int, guarantee: String)] = [
        ("landlock_restrict_self", 446, "cannot be connected to"),
        ("setsid", 112, "in a session of its own"),
        ("close_range", 436, "survives exec"),
        ("capset", 126, "no capability is left"),
        ("mount_setattr", 442, "cannot be written"),
    ]

    @Test(arguments: Starting.available, lies)
    func `a layer that is not there is found out`(
        starting: Starting, lie: (name: String, number: Int, guarantee: String)
    ) throws {
        let host = try Host(starting)
        var options = Host.Options()
        options.wrapper = [host.stage.probe, "--without", "\(lie.number)=0"]
        let end = try host.run(["touch", "\(host.home)/.mazelclaw-p/ran"], options)
        #expect(end.code == 125, "\(lie.name)")
        let sentence = end.sentences.last ?? ""
        #expect(sentence.contains(lie.guarantee) && sentence.contains("does not hold"), "\(lie.name)")
        #expect(!Files.exists("\(host.stateDirectory())/ran"), "\(lie.name)")
        // Without the lie it runs.
        #expect(try host.run(["touch", "\(host.home)/.mazelclaw-p/ran"]).code == 0)
    }

    @Test(arguments: Starting.available)
    func `nothing of the proof is left, and nothing of it is told as a denial`(starting: Starting) throws {
        let host = try Host(starting)
        let script = "ls -a / /usr /etc | grep mazelclaw-proof; ls /proc/self/fd | wc -l"
        let end = try host.run(["sh", "-c", script])
        // 0, 1, 2, the socket for siblings and the directory that ls reads.
        #expect(end.output == "5\n")
        #expect(end.sentences.allSatisfy { !$0.contains("refused") })
        #expect(try host.command(["denials"]).output == "no denials\n")
    }

    @Test(arguments: Starting.available)
    func `status tells what the running sandbox has proved, and of no earlier one`(starting: Starting) throws {
        let host = try Host(starting)
        let gateway = "\(host.stage.root)/stage/bin/mazelclaw"
        func status() throws -> JSON? {
            let identity = starting == .unprivileged && geteuid() == 0 ? Host.becomingUser : []
            var setup = Running.Setup()
            setup.environment = host.environment
            let words = identity + [gateway, "--profile", "p", "status", "--json", "--timeout", "50"]
            let end = try Running(words.map { Array($0.utf8) }, files: "\(host.root)/output", setup).wait()
            return try JSON(parsing: end.outputBytes)["proof"]
        }
        let running = try host.start(["sh", "-c", "echo up; exec sleep 60"])
        try running.waitForOutput("up")
        let proof = try #require(try status())
        #expect((proof["acts"]?.integer ?? 0) >= 35)
        #expect(proof["supervisor"]?.integer == Int64(running.processID))
        running.send(SIGTERM)
        try running.wait()
        #expect(try status() == .null)
    }

    private func auditLog(_ host: Host) throws -> [JSON] {
        try (Files.read("\(host.root)/state/mazelclaw/audit/p.jsonl") ?? "").split(separator: "\n")
            .map { try JSON(parsing: Array($0.utf8)) }
    }
}
