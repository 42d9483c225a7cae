import Policy
import Profiles
import Testing

@Suite struct PortPlanTests {
    private func profile(_ name: String, _ base: UInt16, pinned: [UInt16] = []) throws -> Profile {
        var profile = Profile(name: try #require(ProfileName(name)), basePort: base)
        profile.cdpPorts = pinned
        return profile
    }

    @Test(arguments: 0...240 as ClosedRange<UInt16>)
    func `what a plan accepts is disjoint, whoever is asked about`(distance: UInt16) throws {
        let all = try [profile("a", 20000), profile("b", 20000 + distance), profile("c", 20000 + 2 * distance)]
        let sets = all.map { one in
            try? PortPlan(others: all.filter { $0.name != one.name }).ports(of: one)
        }
        guard distance >= PortSet.minimumDistance else { return #expect(sets.allSatisfy { $0 == nil }) }
        let ports = try sets.map { try #require($0) }
        for (index, one) in ports.enumerated() {
            for other in ports[(index + 1)...] { #expect(one.sharedPort(with: other) == nil) }
        }
    }

    @Test func `a base too close names the other profile and a free base`() throws {
        let plan = PortPlan(others: [try profile("main", 18789)])
        #expect {
            try plan.ports(of: try profile("rescue", 18808))
        } throws: { error in
            guard case .overlap(_, 18808, let other, 18789, let free) = error as? ProfileError else { return false }
            return other.text == "main" && free != nil
        }
    }

    @Test(arguments: [18789, 18791, 18800, 18899, 9222] as [UInt16])
    func `a pinned port of another's refuses the one that pins it, and nobody else`(port: UInt16) throws {
        let main = try profile("main", 18789, pinned: port == 9222 ? [9222] : [])
        let greedy = try profile("greedy", 20000, pinned: [port])
        #expect {
            try PortPlan(others: [main]).ports(of: greedy)
        } throws: { error in
            guard case .pinned(port, _, let other) = error as? ProfileError else { return false }
            return other == main.name
        }
        if port != 9222 { #expect(try PortPlan(others: [greedy]).ports(of: main).all.count == 102) }
    }

    @Test func `a pinned port that a carved set has given up is free`() throws {
        let lower = try profile("lower", 18789)
        let upper = try profile("upper", 18850)
        let other = try profile("other", 30000, pinned: [18849, 18970])
        #expect(throws: ProfileError.self) { try PortPlan(others: [lower, upper]).ports(of: other) }
        let free = try profile("other", 30000, pinned: [18851, 18970])
        #expect(try PortPlan(others: [lower, upper]).ports(of: free).pinned == [18851, 18970])
    }
}
