import Foundation
import Glibc
import JSON
import Testing

/// `verify` tries all that a sandbox guarantees, and runs nothing.
@Suite(.recorded) struct VerifyTests {
    @Test(arguments: Starting.available)
    func `verify finds a good host good, in all its forms`(starting: Starting) throws {
        let host = try Host(starting)
        #expect(try host.run(["true"]).code == 0)
        let text = try host.command(["verify"])
        #expect(text.code == 0, "\(text.output)")
        #expect(text.output.contains(" guarantees hold, 0 do not, "))
        let json = try JSON(parsing: host.command(["verify", "--json"]).outputBytes)
        let results = try #require(json["results"]?.array)
        #expect(results.count >= 600)
        #expect(results.allSatisfy { $0["holds"] == true })
        for guarantee in [
            "ptrace is refused", "127.0.0.1 port \(host.basePort + 60)/tcp can be bound",
            "0.0.0.0 port \(host.basePort + 60)/tcp cannot be bound", "/usr cannot be written", "/tmp can be written",
        ] {
            #expect(results.contains { $0["guarantee"]?.string == guarantee }, "\(guarantee)")
        }
        // The sandbox of a browser is built and proved too.
        let siblings = results.compactMap { $0["guarantee"]?.string }.filter { $0.hasPrefix("sibling browser: ") }
        #expect(siblings.count > 20 && siblings.last == "sibling browser: it is started", "\(siblings)")
        // The plan is the one a start carries out.
        var options = Host.Options()
        options.more = ["--json", "--", "/usr/bin/true"]
        #expect(try JSON(parsing: host.command(["explain"], options).outputBytes)["hash"] == json["plan"])
        let count = try suite(host.command(["verify", "--junit"]))
        #expect(count == "\(results.count) 0 \(results.count) 0\n")
    }

    /// What an XML reader makes of JUnit's form: the counts it states, and the elements there are.
    private func suite(_ end: Running.Ended) throws -> String {
        let script = """
            import sys, xml.dom.minidom
            suite = xml.dom.minidom.parse(sys.argv[1]).documentElement
            print(suite.getAttribute("tests"), suite.getAttribute("failures"),
                  len(suite.getElementsByTagName("testcase")), len(suite.getElementsByTagName("failure")))
            """
        let file = "/var/tmp/mazelclaw-verify-\(UUID().uuidString).xml"
        defer { unlink(file) }
        try Files.write(end.output, to: file)
        let command = ["/usr/bin/python3", "-c", script, file].map { Array($0.utf8) }
        return try Running(command, files: "/var/tmp", Running.Setup()).wait().output
    }

    @Test(arguments: Starting.available)
    func `verify names what does not hold, and exits 125`(starting: Starting) throws {
        let host = try Host(starting)
        #expect(try host.run(["true"]).code == 0)
        // Landlock is said to be in force, and is not.
        var options = Host.Options()
        options.wrapper = [host.stage.probe, "--without", "446=0"]
        let end = try host.command(["verify"], options)
        #expect(end.code == 125)
        #expect(end.output.contains("FAIL the host's abstract sockets are out of reach: success"))
        #expect(end.output.contains("FAIL port \(host.basePort + 1)/tcp cannot be connected to: "))
        #expect(
            end.output.contains("FAIL sibling browser: port \(host.basePort)/tcp cannot be connected to: "),
            "\(end.output)")
        // The broker's work is not Landlock's.
        #expect(!end.output.contains("can be bound: "), "\(end.output)")
        let counts = try suite(host.command(["verify", "--junit"], options)).split(separator: " ")
        #expect(counts.count == 4 && counts[1] != "0")
    }

    @Test(arguments: Starting.available)
    func `verify works beside the running instance, and says nothing in its name`(starting: Starting) throws {
        let host = try Host(starting)
        let running = try host.start([host.stage.probe, "--serve"])
        try running.waitForOutput("ready")
        let log = "\(host.root)/state/mazelclaw/audit/p.jsonl"
        let before = Files.bytes(log)
        #expect(try host.command(["verify"]).code == 0)
        #expect(Files.bytes(log) == before)
        #expect(Processes.isAlive(running.processID))
    }

    @Test func `verify takes no command line that is wrong`() throws {
        let host = try Host(.unprivileged)
        #expect(try host.command(["doctor", "--junit"]).code == 2)
        #expect(try host.plain(["verify", "--profile", "p", "--policy", "none"]).code == 78)
    }
}
