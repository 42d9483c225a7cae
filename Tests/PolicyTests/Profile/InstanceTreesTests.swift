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

    @Test(
        arguments: [
            ("/w", "/w", ["/w", "/w"]), ("/w/x", "/w", ["/w/x", "/w"]), ("/w", "/wx", nil), ("/w", nil, nil),
            ("/b", nil, ["/b", "/b"]),
        ] as [(String, String?, [String]?)])
    func `a workspace is one instance's alone`(own: String, other: String?, shared: [String]?) throws {
        let one = InstanceTrees(state: try PlanFixture.path("/a"), workspace: try PlanFixture.path(own))
        let two = InstanceTrees(state: try PlanFixture.path("/b"), workspace: try other.map(PlanFixture.path))
        #expect(one.overlap(with: two).map { [$0.own.text, $0.other.text] } == shared)
        #expect(two.overlap(with: one).map { [$0.other.text, $0.own.text] } == shared)
    }

    @Test func `a configuration file is one instance's alone, and may lie in the other's state directory`() throws {
        func trees(_ state: String, _ configuration: String) throws -> InstanceTrees {
            InstanceTrees(
                state: try PlanFixture.path(state), configuration: try PlanFixture.path(configuration))
        }
        #expect(try trees("/a", "/c.json").overlap(with: trees("/b", "/c.json"))?.own.text == "/c.json")
        #expect(try trees("/a", "/b/c.json").overlap(with: trees("/b", "/b/d.json")) == nil)
    }

    @Test func `one directory under two paths is one directory`() throws {
        let one = InstanceTrees(
            state: try PlanFixture.path("/a"), identity: FileIdentity(device: 1, inode: 2))
        var other = one
        other.state = try PlanFixture.path("/b")
        #expect(one.overlap(with: other) != nil)
        other.identity = FileIdentity(device: 1, inode: 3)
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
                state: place, identity: FileIdentity(device: 1, inode: .max), workspace: place / "w",
                configuration: place / "c", others: [place / "b", .root]),
        ] {
            #expect(InstanceTrees(json: trees.json) == trees)
        }
        #expect(InstanceTrees(json: ["others": []]) == nil)
    }
}
