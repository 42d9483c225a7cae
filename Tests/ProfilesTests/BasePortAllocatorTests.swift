import Policy
import Profiles
import Testing

@Suite struct BasePortAllocatorTests {
    private func base(
        _ name: String, taken: [UInt16] = [], ephemeral: EphemeralPorts = .usual, listenedOn: [UInt16] = []
    ) throws -> UInt16? {
        BasePortAllocator(taken: taken.compactMap { PortSet(base: $0) }, ephemeral: ephemeral, listenedOn: listenedOn)
            .base(for: try #require(ProfileName(name)))
    }

    @Test(arguments: [("main", 18789), ("default", 18789), ("dev", 19001), ("rescue", 19789), ("x", 20000)])
    func `a name has its customary base`(name: String, port: UInt16) throws {
        #expect(try base(name) == port)
    }

    @Test(arguments: [19789, 19790, 19679, 19899] as [UInt16])
    func `a customary base that another set meets is not given`(taken: UInt16) throws {
        #expect(try base("rescue", taken: [taken]) != 19789)
        #expect(try base("rescue", taken: [19789 - 111, 19789 + 111]) == 19789)
    }

    @Test(arguments: [19789, 19791, 19800, 19899] as [UInt16])
    func `a base is not given whose ports somebody listens on`(port: UInt16) throws {
        #expect(try base("rescue", listenedOn: [port]) == 20000)
        #expect(try base("rescue", listenedOn: [19790, 19792, 19799, 19900]) == 19789)
    }

    @Test func `bases lie outside the ephemeral range, wherever it is`() throws {
        let low = EphemeralPorts(range: 1024...30000, reserved: [])
        let given = try #require(try base("main", ephemeral: low))
        #expect(given > 30000)
        let all = EphemeralPorts(range: 1024...65535, reserved: [])
        #expect(try base("main", ephemeral: all) == nil)
        let reserved = EphemeralPorts(range: 1024...65535, reserved: [18789...18899])
        #expect(try base("main", ephemeral: reserved) == 18789)
        #expect(try base("main", ephemeral: EphemeralPorts(range: 1024...65535, reserved: [18789...18898])) == nil)
    }

    @Test func `as many sets as there is room for are disjoint`() throws {
        var taken: [UInt16] = []
        while let next = try base("x", taken: taken) { taken.append(next) }
        #expect(taken.count == 133)
        for (index, one) in taken.enumerated() {
            for other in taken[(index + 1)...] {
                #expect(PortSet(base: one)?.sharedPort(with: try #require(PortSet(base: other))) == nil)
            }
            #expect(try EphemeralPorts.usual.first(in: #require(PortSet(base: one))) == nil)
        }
    }
}
