import Linux
import Policy
import SystemPackage

/// The trees of the host that the supervisor opens while it is root, because their owner is another user inside.
///
/// Only root may map owners (mount_setattr(2)), and only before it has become the payload's user. The trees hang nowhere
/// until init attaches them.
struct MappedTrees {
    private var trees: [(source: AbsolutePath, tree: MountTree)] = []

    /// The tree that was opened at `source`; nil when none was.
    func tree(of source: AbsolutePath) -> MountTree? { trees.first { $0.source == source }?.tree }

    /// Opens one as its owner, who can reach it for sure, and maps that owner to the payload's user.
    mutating func open(_ mapped: MappedTree) throws(SafePath.Refusal) {
        let owner = mapped.owner
        do {
            let place = try Credentials.acting(asUser: owner.userID, group: owner.groupID) {
                try SafePath.open(mapped.source)
            }
            defer { place.discard() }
            try mapped.expectation.check(place, mapped.source)
            let map = try OwnerMap(
                userID: owner.userID, groupID: owner.groupID, toUser: mapped.user.userID, toGroup: mapped.user.groupID)
            defer { map.discard() }
            let tree = try MountTree(cloning: place)
            try tree.mapOwners(by: map)
            trees.append((mapped.source, tree))
        } catch let refusal as SafePath.Refusal {
            throw refusal
        } catch let errno as Errno {
            throw SafePath.Refusal(errno: errno, detail: mapped.source.text)
        } catch {
            preconditionFailure("only the two kinds above are thrown")
        }
    }

    /// Closes this process's descriptors.
    func discard() {
        for (_, tree) in trees { tree.root.discard() }
    }
}
