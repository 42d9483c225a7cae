import Foundation
import Policy
import Testing

@testable import Profiles

/// Two processes at one registry, at the same time.
@Suite struct RegistryRaceTests {
    private func words(_ line: String?) throws -> [String] {
        try #require(line).split(separator: " ").map(String.init)
    }

    @Test func `profiles that two processes make at once have ports of their own, and one of a name is made once`()
        throws
    {
        let fixture = try StateFixture()
        let first = try ProfileWriter("create", "a1", "both1", "a2", "both2", "a3", in: fixture.root)
        let second = try ProfileWriter("create", "b1", "both1", "b2", "both2", "b3", in: fixture.root)
        first.begin()
        second.begin()
        let lines = try (first.lines() + second.lines()).map { try words($0) }
        #expect(lines.count == 10)
        var bases: [String: Set<UInt16>] = [:]
        for line in lines { bases[line[0], default: []].insert(try #require(UInt16(line[1]))) }
        // Both were told the same of what both had asked for.
        #expect(bases.count == 8 && bases.values.allSatisfy { $0.count == 1 })
        for name in ["both1", "both2"] { #expect(lines.count { $0[0] == name && $0[2] == "new" } == 1) }
        let sorted = bases.values.flatMap(\.self).sorted()
        for (lower, upper) in zip(sorted, sorted.dropFirst()) {
            #expect(upper - lower >= PortSet.disjointDistance, "\(lower) and \(upper)")
        }
        let kept = try ProfileStore(directories: fixture.directories).ownProfiles()
        #expect(Set(kept.map(\.basePort)) == Set(sorted))
    }

    @Test func `user IDs that two processes give at once are given once`() throws {
        let fixture = try StateFixture()
        let first = try ProfileWriter("identify", "a1", "a2", "both", "a3", in: fixture.root)
        let second = try ProfileWriter("identify", "b1", "both", "b2", "b3", in: fixture.root)
        first.begin()
        second.begin()
        var users: [String: Set<String>] = [:]
        for line in first.lines() + second.lines() {
            let said = try words(line)
            users[said[0], default: []].insert(said[1])
        }
        #expect(users.count == 7 && users.values.allSatisfy { $0.count == 1 })
        #expect(Set(users.values.flatMap(\.self)).count == 7)
    }

    @Test(
        arguments: [
            (["x", "20000", "/srv/x"], ["x", "20000", "/srv/x"], "held"),
            (["x", "20000", "/srv/x"], ["y", "20000", "/srv/y"], "port"),
            (["x", "20000", "/srv/x"], ["y", "20050", "/srv/y"], "port"),
            (["x", "20000", "/srv/x"], ["y", "21000", "/srv/x/y"], "directory"),
            (["x", "20000", "/srv/x"], ["y", "21000", "/srv/y"], "claimed"),
        ] as [([String], [String], String)])
    func `of two that claim at once one has it, until it ends by whatever death`(
        one: [String], other: [String], end: String
    ) throws {
        let fixture = try StateFixture()
        let first = try ProfileWriter("claim", one[0], one[1], one[2], in: fixture.root)
        let second = try ProfileWriter("claim", other[0], other[1], other[2], in: fixture.root)
        first.begin()
        second.begin()
        let answers = [first.nextLine(), second.nextLine()]
        #expect(answers.contains("claimed"))
        #expect(Set(answers) == ["claimed", end])
        let live = try InstanceRegistry(directories: fixture.directories).live()
        #expect(live.count == (end == "claimed" ? 2 : 1))
        // A crash leaves no claim behind.
        first.kill()
        second.kill()
        #expect(try InstanceRegistry(directories: fixture.directories).live().isEmpty)
        let third = try ProfileWriter("claim", other[0], other[1], other[2], in: fixture.root)
        third.begin()
        #expect(third.nextLine() == "claimed")
        _ = third.lines()
    }
}
