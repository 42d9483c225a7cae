import Linux
import Policy
import Testing

@testable import Profiles

@Suite struct PortSurveyTests {
    private func survey(_ bases: [UInt16], listeners: [TCPListener] = []) throws -> PortSurvey {
        PortSurvey(
            entries: try bases.map { base in
                PortSurvey.Entry(
                    name: try #require(ProfileName("p\(base)")), ports: try #require(PortSet(base: base)),
                    network: .shared,
                    fault: nil, holder: nil)
            }, listeners: listeners, ephemeral: .usual)
    }

    @Test(arguments: [([18789, 18900, 19789], true), ([18789, 18899], false), ([18789, 18789], false), ([], true)])
    func `the proof holds exactly when no port has two owners`(bases: [UInt16], isDisjoint: Bool) throws {
        let survey = try survey(bases)
        #expect(survey.isDisjoint == isDisjoint)
        #expect(survey.overlaps.isEmpty == isDisjoint)
        #expect(survey.claims.count == 3 * bases.count)
    }

    @Test func `entries stand by base, with the distance to the next`() throws {
        let survey = try survey([19789, 18789])
        #expect(survey.entries.map(\.ports.base) == [18789, 19789])
        #expect(survey.entries.map(\.distanceToNext) == [1000, nil])
    }

    @Test func `an overlap names both and the lowest port`() throws {
        let overlap = try #require(try survey([18850, 18789]).overlaps.first)
        #expect(overlap.profiles.0.text == "p18789" && overlap.profiles.1.text == "p18850" && overlap.port == 18850)
    }

    @Test func `listeners on a profile's ports are told, with their address`() throws {
        let survey = try survey(
            [18789],
            listeners: [
                TCPListener(port: 18800, address: [127, 0, 0, 1], inode: 0),
                TCPListener(port: 18789, address: Array(repeating: 0, count: 15) + [1], inode: 0),
                TCPListener(port: 18790, address: [0, 0, 0, 0], inode: 0),
            ])
        #expect(survey.listeners.map { "\($0.address) \($0.port)" } == ["::1 18789", "127.0.0.1 18800"])
    }

    @Test func `an instance that runs without a profile file has its place too`() throws {
        let fixture = try StateFixture()
        defer { withExtendedLifetime(fixture) {} }
        let registry = InstanceRegistry(directories: fixture.directories)
        let ports = try #require(PortSet(base: 41_000))
        let (name, state) = (try #require(ProfileName("ghost")), AbsolutePath.root / "nowhere/ghost")
        let claims = [
            try registry.claim(name, ports: ports, trees: InstanceTrees(state: state)),
            try registry.claimUnregistered(
                name, ports: try #require(PortSet(base: 42_000)), trees: InstanceTrees(state: .root / "nowhere/other")),
        ]
        for claim in claims {
            guard case .claimed = claim else {
                Issue.record("\(claim)")
                continue
            }
        }
        let found = try PortSurvey(directories: fixture.directories).entries.filter { $0.name == name }
        #expect(found.map(\.ports.base) == [41_000, 42_000])
        #expect(found.map(\.isProfile) == [true, false])
        #expect(found.allSatisfy { $0.holder?.pid != nil })
    }
}
