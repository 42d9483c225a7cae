import Foundation
import Glibc
import JSON
import Testing

private let installedChromium = ["/usr/lib/chromium/chromium-headless-shell", "/usr/lib/chromium/chromium"].first(
    where: Files.exists)

/// A real Chromium that a gateway has started in its sibling, under the default policy.
@Suite(.recorded, .enabled(if: installedChromium != nil, "needs a Chromium"), .serialized)
struct BrowserTests {
    /// Runs a command of the gateway's of `profile` as the launching user.
    private static func mazelclaw(
        _ host: Host, _ words: [String], profile: String = "p"
    ) throws -> Running.Ended {
        let identity = host.starting == .unprivileged && geteuid() == 0 ? Host.becomingUser : []
        var setup = Running.Setup()
        setup.environment = host.environment
        let command = identity + [host.stage.gateway, "--profile", profile] + words
        return try Running(command.map { Array($0.utf8) }, files: "\(host.root)/output", setup).wait()
    }

    private static func json(_ host: Host, _ words: [String], profile: String = "p") throws -> JSON {
        let end = try mazelclaw(host, ["browser"] + words + ["--json"], profile: profile)
        try #require(end.code == 0, "\(words): \(end.output)\(end.errors)")
        return try JSON(parsing: end.outputBytes)
    }

    @Test(arguments: Starting.available)
    func `Chromium keeps its own sandbox in a sandbox beside the gateway's`(starting: Starting) throws {
        let host = try Host(starting)
        let gateway = try Self.gateway(host)
        _ = try Self.json(host, ["start"])
        _ = try Self.json(host, ["open", "data:text/html,<h1>seen</h1>"])
        let snapshot = try Self.mazelclaw(host, ["browser", "snapshot"])
        #expect(snapshot.output.contains("heading \"seen\""), "\(snapshot.output)\(snapshot.errors)")

        let status = try Self.json(host, ["status"])
        #expect(status["running"] == true && status["ownCage"] == true && status["pid"] == .null)
        #expect(status["sandbox"]?["holds"] == true, "\(status)")
        #expect((status["sandbox"]?["renderers"]?.integer ?? 0) > 0)
        // Its processes are out of the gateway's sight, and their supervisor tells what they take.
        #expect((20 << 20..<8 << 30).contains(status["memoryBytes"]?.integer ?? 0), "\(status)")

        // The sibling has proved itself too; what the instance has proved is still told as the instance's.
        let proof = try JSON(parsing: Self.mazelclaw(host, ["status", "--json"]).outputBytes)["proof"]
        #expect(proof?["supervisor"]?.integer == Int64(gateway.processID), "\(proof ?? .null)")
        #expect(proof?["sibling"] == nil)

        // What the kernel shows from outside says the same: a renderer is two namespaces of PIDs below the host.
        let sibling = try #require(
            Processes.children(of: gateway.processID).first {
                Files.read("/proc/\($0)/cmdline")?.hasPrefix("mazelclaw-sibling") == true
            }
                ?? Processes.descendants(of: gateway.processID).first {
                    Files.read("/proc/\($0)/cmdline")?.hasPrefix("mazelclaw-sibling") == true
                })
        let inside = Processes.descendants(of: sibling)
        let renderers = inside.filter { Files.read("/proc/\($0)/cmdline")?.contains("--type=renderer") == true }
        #expect(!renderers.isEmpty)
        for renderer in renderers {
            let numbers = Files.read("/proc/\(renderer)/status")?.split(separator: "\n").first {
                $0.hasPrefix("NSpid:")
            }
            #expect((numbers?.split(separator: "\t").count ?? 0) >= 4, "\(numbers ?? "")")
        }
        // Nothing listens but the gateway and browser control.
        for process in inside { #expect(Self.listeners(process) == []) }

        // One that is killed is told, and leaves nothing.
        kill(sibling, SIGKILL)
        #expect(eventually(seconds: 20) { !inside.contains(where: Processes.isAlive) })
        #expect(eventually(seconds: 20) { (try? Self.json(host, ["status"])["running"]) == false })
        _ = try Self.json(host, ["start"])
        #expect(try Self.json(host, ["status"])["running"] == true)
        let all = Processes.descendants(of: gateway.processID)
        gateway.send(SIGTERM)
        #expect(try gateway.wait().code == 0)
        #expect(eventually(seconds: 20) { !all.contains(where: Processes.isAlive) })
    }

    /// Starts the gateway of `profile`, and waits until it listens.
    private static func gateway(_ host: Host, _ profile: String = "p", port: UInt16? = nil) throws -> Running {
        try host.makeState(profile)
        try host.writeProfile(
            profile, basePort: port,
            keys: "\"stateDirectory\": \"\(host.stateDirectory(profile))\""
                + (host.starting == .root
                    ? ", \"user\": \"\(Host.payloadUser):\(Host.payloadUser)\", \"identity\": \"user\"" : ""))
        let gateway = try host.background(["--profile", profile])
        try gateway.waitForOutput("listening on")
        return gateway
    }

    /// What a stranger tries on the browsers of two profiles: ports, and directories, each with how it ended.
    private static let reach =
        SiblingTests.trial + #"""
            def tried(ports, paths):
                return json.dumps(
                    [outcome(lambda: connect(int(port))) for port in ports.split()]
                    + [outcome(lambda: os.listdir(path)) for path in paths.split()])

            """#

    @Test(arguments: Starting.available)
    func `two profiles drive two browsers each, and none reaches another's`(starting: Starting) throws {
        let host = try Host(starting)
        let profiles = ["p": host.basePort, "first": host.secondPort]
        let browsers = ["clawd", "work"]
        var gateways: [Running] = []
        var directories: [String] = []
        for (profile, port) in profiles {
            gateways.append(try Self.gateway(host, profile, port: port))
            _ = try Self.json(host, ["create-profile", "work"], profile: profile)
            for browser in browsers {
                let chosen = ["--browser-profile", browser]
                _ = try Self.json(host, ["start"] + chosen, profile: profile)
                let page = "data:text/html,<h1>\(profile)-\(browser)</h1>"
                _ = try Self.json(host, ["open", page] + chosen, profile: profile)
            }
        }
        // All four at once, each with its own pages, directories and sandbox.
        for profile in profiles.keys {
            for browser in browsers {
                let chosen = ["--browser-profile", browser]
                let status = try Self.json(host, ["status"] + chosen, profile: profile)
                #expect(status["running"] == true && status["ownCage"] == true, "\(status)")
                #expect(status["sandbox"]?["holds"] == true, "\(status)")
                #expect(status["cdpPort"] == .null && status["cdpHttp"] == false, "\(status)")
                for name in ["userDataDir", "downloadsDir"] {
                    let directory = try #require(status[name]?.string)
                    #expect(directory.hasPrefix("\(host.stateDirectory(profile))/browser/\(browser)/"))
                    directories.append(directory)
                }
                let snapshot = try Self.json(host, ["snapshot"] + chosen, profile: profile)
                #expect(snapshot["snapshot"] == .string("- heading \"\(profile)-\(browser)\" [ref=e1] [level=1]"))
            }
        }
        #expect(Set(directories).count == 8)
        // Their DevTools are at no port: nothing of all that Chromium runs listens.
        let inside = gateways.flatMap { Processes.descendants(of: $0.processID) }.filter {
            Files.read("/proc/\($0)/cmdline")?.contains("/chromium") == true
        }
        #expect(inside.count >= 4)
        for process in inside { #expect(Self.listeners(process) == []) }

        // A page of one profile's browser reaches neither profile's gateway nor its browser control.
        for port in profiles.values.flatMap({ [$0, $0 + 2] }) {
            let end = try Self.mazelclaw(host, ["browser", "navigate", "http://127.0.0.1:\(port)/"])
            #expect(end.code != 0 && end.errors.contains("ERR_"), "\(port): \(end.output)\(end.errors)")
        }
        // A payload of another profile's and a sibling of that neither.
        let ports = profiles.values.flatMap { [$0, $0 + 2, $0 + 11] }.map(String.init).joined(separator: " ")
        let paths = directories.joined(separator: " ")
        var options = try SiblingTests.options(host)
        options.profile = "third"
        options.port = host.thirdPort
        let attempt = Self.reach + "say = tried(\"\(ports)\", \"\(paths)\")\n"
        let end = try host.run(
            SiblingTests.python(
                """
                \(attempt)
                print(say, flush=True)
                sibling = ask(\(JSON.string(attempt + "os.write(4, say.encode())").text()))
                assert sibling.event() == {"event": "started"}, sibling.complained()
                print(sibling.said(), flush=True)
                """), options)
        #expect(end.code == 0, "\(end.output)\(end.errors)")
        let said = try end.output.split(separator: "\n").map { try JSON(parsing: Array($0.utf8)) }
        let refused: [JSON] = Array(repeating: "EACCES", count: 6) + Array(repeating: "ENOENT", count: 8)
        #expect(said == [.array(refused), .array(refused)])

        // The end of one is none of the others'.
        _ = try Self.json(host, ["stop", "--browser-profile", "work"], profile: "first")
        for (profile, browser, isRunning) in [("first", "work", false), ("first", "clawd", true), ("p", "work", true)] {
            let status = try Self.json(host, ["status", "--browser-profile", browser], profile: profile)
            #expect(status["running"] == .bool(isRunning), "\(profile) \(browser)")
        }
        let all = gateways.flatMap { Processes.descendants(of: $0.processID) }
        for gateway in gateways { gateway.send(SIGTERM) }
        for gateway in gateways { #expect(try gateway.wait().code == 0) }
        #expect(eventually(seconds: 20) { !all.contains(where: Processes.isAlive) })
    }

    /// The inodes of TCP sockets in LISTEN that a process holds.
    private static func listeners(_ process: pid_t) -> [String] {
        let directory = "/proc/\(process)/fd"
        let held = ((try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? []).compactMap {
            try? FileManager.default.destinationOfSymbolicLink(atPath: "\(directory)/\($0)")
        }
        var inodes: [String] = []
        for table in ["tcp", "tcp6"] {
            for line in (Files.read("/proc/net/\(table)") ?? "").split(separator: "\n").dropFirst() {
                let fields = line.split(separator: " ")
                // The state and the inode (proc_net(5)); 0A is LISTEN.
                if fields.count > 9, fields[3] == "0A" { inodes.append(String(fields[9])) }
            }
        }
        return inodes.filter { held.contains("socket:[\($0)]") }
    }
}
