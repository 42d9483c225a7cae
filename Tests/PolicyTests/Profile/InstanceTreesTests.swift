import JSON
import Policy
import Testing

@Suite struct InstanceTreesTests {
    /// The state directory and the other trees of one, of another, and what both would have.
    static let pairs: [(own: [String], other: [String], shared: [String]?)] = [
        (["/a"], ["/b"], nil),
        (["/a"], ["/a"], ["/a", "/a"]),
        (["/a/inner"], ["/a"], ["/a/inner", "/a"]),
        (["/a"], ["/a/inner"], ["/a", "/a/inner"]),
        (["/ab"], ["/a"], nil),
        (["/a", "/shared"], ["/shared"], ["/shared", "/shared"]),
        (["/shared"], ["/b", "/c", "/shared"], ["/shared", "/shared"]),
        (["/b/c"], ["/d", "/b"], ["/b/c", "/b"]),
        (["/a", "/shared"], ["/b", "/shared"], nil),
    ]

    @Test(arguments: pairs)
    func `a state directory is no tree of another instance's, and other trees may be`(
        pair: (own: [String], other: [String], shared: [String]?)
    ) throws {
        func trees(_ paths: [String]) throws -> InstanceTrees {
            InstanceTrees(state: try PlanFixture.path(paths[0]), others: try paths.dropFirst().map(PlanFixture.path))
        }
        let overlap = try trees(pair.own).overlap(with: trees(pair.other))
        #expect(overlap.map { [$0.own.text, $0.other.text] } == pair.shared)
    }

    @Test func `one directory under two paths is one directory`() throws {
        let one = InstanceTrees(
            state: try PlanFixture.path("/a"), identity: HostFacts.FileIdentity(device: 1, inode: 2))
        var other = one
        other.state = try PlanFixture.path("/b")
        #expect(one.overlap(with: other) != nil)
        other.identity = HostFacts.FileIdentity(device: 1, inode: 3)
        #expect(one.overlap(with: other) == nil)
        var (unseen, alsoUnseen) = (one, other)
        unseen.identity = nil
        alsoUnseen.identity = nil
        #expect(unseen.overlap(with: alsoUnseen) == nil)
    }

    @Test func `a record of the trees is read as it was written`() throws {
        let place = try PlanFixture.path("/a")
        for trees in [
            InstanceTrees(state: place),
            InstanceTrees(
                state: place, identity: HostFacts.FileIdentity(device: 1, inode: .max), others: [place / "b", .root]),
        ] {
            #expect(InstanceTrees(json: trees.json) == trees)
        }
        #expect(InstanceTrees(json: ["others": []]) == nil)
    }
}
