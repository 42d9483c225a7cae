import Foundation
import Glibc
import JSON
import Testing

private let installedChromium = ["/usr/lib/chromium/chromium-headless-shell", "/usr/lib/chromium/chromium"].first(
    where: Files.exists)

/// A real Chromium that a gateway has started in its sibling, under the default policy.
@Suite(.recorded, .enabled(if: installedChromium != nil, "needs a Chromium"), .serialized)
struct BrowserTests {
    /// Runs a command of the gateway's as the launching user.
    private static func mazelclaw(_ host: Host, _ words: [String]) throws -> Running.Ended {
        let identity = host.starting == .unprivileged && geteuid() == 0 ? Host.becomingUser : []
        var setup = Running.Setup()
        setup.environment = host.environment
        let command = identity + [host.stage.gateway, "--profile", "p"] + words
        return try Running(command.map { Array($0.utf8) }, files: "\(host.root)/output", setup).wait()
    }

    private static func json(_ host: Host, _ words: [String]) throws -> JSON {
        let end = try mazelclaw(host, ["browser"] + words + ["--json"])
        try #require(end.code == 0, "\(words): \(end.output)\(end.errors)")
        return try JSON(parsing: end.outputBytes)
    }

    @Test(arguments: Starting.available)
    func `Chromium keeps its own sandbox in a sandbox beside the gateway's`(starting: Starting) throws {
        let host = try Host(starting)
        try host.makeState()
        try host.writeProfile(
            keys: "\"stateDirectory\": \"\(host.stateDirectory())\""
                + (starting == .root
                    ? ", \"user\": \"\(Host.payloadUser):\(Host.payloadUser)\", \"identity\": \"user\"" : ""))
        let gateway = try host.background(["--profile", "p"])
        try gateway.waitForOutput("listening on")
        _ = try Self.json(host, ["start"])
        _ = try Self.json(host, ["open", "data:text/html,<h1>seen</h1>"])
        let snapshot = try Self.mazelclaw(host, ["browser", "snapshot"])
        #expect(snapshot.output.contains("heading \"seen\""), "\(snapshot.output)\(snapshot.errors)")

        let status = try Self.json(host, ["status"])
        #expect(status["running"] == true && status["ownCage"] == true && status["pid"] == .null)
        #expect(status["sandbox"]?["holds"] == true, "\(status)")
        #expect((status["sandbox"]?["renderers"]?.integer ?? 0) > 0)

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
