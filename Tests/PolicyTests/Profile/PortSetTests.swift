import JSON
import Policy
import Testing

@Suite struct PortSetTests {
    @Test func `the ports derive from the base`() throws {
        let ports = try #require(PortSet(base: 18789))
        #expect(ports.gateway == 18789)
        #expect(ports.control == 18791)
        #expect(ports.cdp == 18800...18899)
        #expect(ports.all.count == 102)
        #expect(ports.all == ports.all.sorted())
    }

    /// Where the original leaves the range it falls back to the default instance's ports, silently: here that is refused.
    @Test(arguments: vectors("ports-derived"))
    func `the ports are those clients of the original look for, or refused`(row: JSON) throws {
        let base = try #require(row["base"]?.string)
        guard let number = UInt16(base), let ports = PortSet(base: number) else {
            #expect(Int(base).map { !(1024...65425).contains($0) } ?? true)
            return
        }
        #expect(Int64(ports.control) == row["browserControl"]?.integer)
        #expect(Int64(ports.cdp.lowerBound) == row["cdp"]?["start"]?.integer)
        #expect(Int64(ports.cdp.upperBound) == row["cdp"]?["end"]?.integer)
    }

    @Test(arguments: [0, 1, 1023, 65426, 65535] as [UInt16])
    func `a base whose ports would leave the range is refused`(base: UInt16) {
        #expect(PortSet(base: base) == nil)
    }

    @Test(arguments: [1024, 65425] as [UInt16])
    func `the outermost bases keep every port in range`(base: UInt16) throws {
        let ports = try #require(PortSet(base: base))
        #expect(ports.all.allSatisfy { (1024...65535).contains($0) })
        #expect(ports.all.last == base + 110)
    }

    @Test func `a port belongs to a set exactly when it is listed`() throws {
        for base in [1024, 18789, 65425] as [UInt16] {
            let ports = try #require(PortSet(base: base))
            let listed = Set(ports.all)
            for port in UInt16.min...UInt16.max { #expect(ports.contains(port) == listed.contains(port)) }
        }
    }

    @Test(arguments: [1024, 18789, 40000, 65025] as [UInt16])
    func `two sets share nothing exactly from the disjoint distance on`(base: UInt16) throws {
        let lower = try #require(PortSet(base: base))
        for distance in 0...400 as ClosedRange<UInt16> {
            let upper = try #require(PortSet(base: base + distance))
            let shared = Set(lower.all).intersection(upper.all)
            // Below it an upper base, or some CDP port, is also one of the lower set's.
            #expect(shared.isEmpty == (distance >= PortSet.disjointDistance), "distance \(distance)")
        }
    }

    /// Sets farther apart than the widest is long cannot meet, so these are all pairs that could.
    @Test(arguments: 0...112 as ClosedRange<UInt16>)
    func `of all pairs of bases exactly those from the disjoint distance on share nothing`(distance: UInt16) {
        for base in PortSet.validBases.lowerBound...(PortSet.validBases.upperBound - distance) {
            guard let lower = PortSet(base: base), let upper = PortSet(base: base + distance) else {
                Issue.record("base \(base) is valid")
                return
            }
            let shared = lower.sharedPort(with: upper)
            guard (shared == nil) == (distance >= PortSet.disjointDistance), shared == upper.sharedPort(with: lower)
            else {
                Issue.record("base \(base) and \(base + distance) share \(shared.map(String.init) ?? "nothing")")
                return
            }
        }
    }

    @Test func `the shared port is the lowest that is in both`() throws {
        for pinned in [[], [18801], [30000]] as [[UInt16]] {
            for base in stride(from: 18600, through: 18960, by: 1) as StrideThrough<UInt16> {
                let one = try #require(PortSet(base: 18789, pinned: [30000, 18700]))
                let other = try #require(PortSet(base: base, pinned: pinned))
                #expect(one.sharedPort(with: other) == Set(one.all).intersection(other.all).min(), "base \(base)")
            }
        }
    }

    @Test func `pinned ports are CDP ports beside the derived ones`() throws {
        let ports = try #require(PortSet(base: 20000, pinned: [9222, 20050, 40000, 9222, 20000]))
        #expect(ports.pinned == [9222, 40000])
        #expect(ports.isCDP(9222) && ports.contains(40000) && !ports.isCDP(20000))
        #expect(ports.all == [9222, 20000, 20002] + (20011...20110) + [40000])
        #expect(ports.carved(below: 20030).pinned == [9222, 40000])
    }

    @Test func `a set is the same after it was written and read`() throws {
        for ports in [
            PortSet(base: 1024), PortSet(base: 65425, pinned: [2000, 3000]), PortSet(base: 18789)?.carved(below: 18809),
        ] {
            let ports = try #require(ports)
            #expect(PortSet(json: ports.json) == ports)
        }
        #expect(PortSet(json: ["base": 80, "lastCDP": 190]) == nil)
        #expect(PortSet(json: ["base": 20000, "lastCDP": 20111]) == nil)
        #expect(PortSet(json: ["base": 20000, "lastCDP": 20018]) == nil)
        #expect(PortSet(json: [:]) == nil)
    }

    @Test(arguments: [1024, 18789, 40000, 65025] as [UInt16])
    func `carving makes every accepted distance disjoint and takes only CDP ports of the lower set`(
        base: UInt16
    ) throws {
        let lower = try #require(PortSet(base: base))
        for distance in PortSet.minimumDistance...400 {
            let upper = try #require(PortSet(base: base + distance))
            let carved = lower.carved(below: upper.base)
            #expect(Set(carved.all).isDisjoint(with: upper.all), "distance \(distance)")
            #expect(carved.gateway == lower.gateway)
            #expect(carved.control == lower.control)
            #expect(Set(carved.all).isSubset(of: lower.all))
            #expect(carved.cdp.count == min(100, Int(distance) - 11), "distance \(distance)")
            #expect(upper.carved(below: lower.base) == upper)
        }
    }

    @Test func `twenty apart leaves nine CDP ports`() throws {
        let lower = try #require(PortSet(base: 18789))
        #expect(lower.carved(below: 18809).cdp == 18800...18808)
        #expect(lower.carved(below: 18900) == lower)
    }

    @Test func `carving below several neighbours is carving below the nearest`() throws {
        let ports = try #require(PortSet(base: 20000))
        #expect(ports.carved(below: 20060).carved(below: 20040) == ports.carved(below: 20040))
        #expect(ports.carved(below: 20040).carved(below: 20060) == ports.carved(below: 20040))
    }
}
