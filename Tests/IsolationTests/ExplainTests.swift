import Foundation
import JSON
import Testing

/// C: what `explain` says is what a start does.
@Suite(.recorded) struct ExplainTests {
    private struct Mount: Hashable, CustomStringConvertible {
        let path: String
        let options: Set<String>
        var description: String { "\(path) \(options.sorted())" }
    }

    private static let restrictions: Set<String> = ["ro", "nosuid", "nodev", "noexec"]

    /// The mounts a plan makes: its mount points with their restrictions.
    private func planned(_ steps: [JSON]) -> [Mount] {
        steps.compactMap { step in
            func options(_ more: Set<String>) -> Set<String> {
                Set((step["options"]?.array ?? []).compactMap(\.string)).union(more).intersection(Self.restrictions)
            }
            switch step["step"]?.string {
            case "mount-root": return Mount(path: "/", options: ["ro", "nosuid", "nodev"])
            case "bind", "mount":
                return step["destination"]?.string.map { Mount(path: $0, options: options([])) }
            case "read-only":
                return step["path"]?.string.map { Mount(path: $0, options: Self.restrictions) }
            case "mask": return step["path"]?.string.map { Mount(path: $0, options: []) }
            default: return nil
            }
        }
    }

    @Test(arguments: Starting.available)
    func `every mount of the plan stands inside, and no other`(starting: Starting) throws {
        let host = try Host(starting)
        try host.makeState()
        let end = try host.command(["explain", "--json"])
        #expect(end.code == 0)
        let steps = try #require(JSON(parsing: end.outputBytes)["steps"]?.array)
        let plan = planned(steps)
        let inside = try host.run(["cat", "/proc/self/mountinfo"])
        let probe = "\(host.stage.root)/probe"
        let found = inside.output.split(separator: "\n").map { line in
            let fields = line.split(separator: " ")
            return Mount(
                path: String(fields[4]),
                options: Set(fields[5].split(separator: ",").map(String.init)).intersection(Self.restrictions))
        }.filter { $0.path != probe }
        #expect(Set(found.map(\.path)) == Set(plan.map(\.path)))
        // What covers a masked path is told by its kind alone.
        let masked = Set(steps.filter { $0["step"]?.string == "mask" }.compactMap { $0["path"]?.string })
        #expect(Set(found.filter { !masked.contains($0.path) }) == Set(plan.filter { !masked.contains($0.path) }))
    }

    @Test(arguments: Starting.available)
    func `environment, limits, ports and program of the plan are the payload's`(starting: Starting) throws {
        let host = try Host(starting)
        try host.makeState()
        let end = try host.command(["explain", "--json"])
        let plan = try JSON(parsing: end.outputBytes)
        let steps = try #require(plan["steps"]?.array)
        let named = { (name: String) in steps.filter { $0["step"]?.string == name } }
        let variables = named("execve").first?["environment"]?.array?.compactMap(\.string) ?? []
        let inside = try host.run(["env", "-0"])
        let names = inside.outputBytes.split(separator: 0).compactMap { $0.split(separator: UInt8(ascii: "=")).first }
        #expect(names.map { String(decoding: $0, as: UTF8.self) } == variables)
        let limits = try host.run(["cat", "/proc/self/limits"]).output.split(separator: " ")
        for limit in named("setrlimit") {
            for bound in [limit["soft"], limit["hard"]] {
                #expect(limits.contains(Substring("\(bound?.integer ?? -1)")))
            }
        }
        #expect(named("landlock").first?["bind"]?.string?.hasPrefix("\(host.basePort),\(host.basePort + 2),") == true)
        #expect(plan["ports"]?["gateway"]?.integer == Int64(host.basePort))
    }

    @Test(arguments: Starting.available)
    func `the number of steps told at a start is the plan's`(starting: Starting) throws {
        let host = try Host(starting)
        try host.makeState()
        var options = Host.Options()
        // As a start of these tests does.
        options.more = ["--bind-ro", "\(host.stage.root)/probe"]
        let plan = try JSON(parsing: host.command(["explain", "--json"], options).outputBytes)
        let steps = try #require(plan["steps"]?.array).count
        options.more = []
        let status = host.status(&options)
        #expect(try host.run(["true"], options).code == 0)
        #expect(try Host.events(status).first?["steps"]?.integer == Int64(steps))
    }

    @Test(arguments: Starting.available)
    func `explain makes nothing`(starting: Starting) throws {
        let host = try Host(starting)
        try host.makeState()
        let isLeftOut = { (name: String) in name.hasPrefix("output/") || name.hasPrefix("cache/") }
        let before = Files.listing(host.root, leavingOut: isLeftOut)
        #expect(try host.command(["explain"]).code == 0)
        #expect(Files.listing(host.root, leavingOut: isLeftOut) == before)
    }
}
