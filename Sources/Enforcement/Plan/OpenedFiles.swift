import Glibc
import Linux
import Policy
import SystemPackage

/// What the supervisor opens of the host before it becomes the payload's user, who could not.
///
/// The trees hang nowhere until init attaches them, and the credentials are copied by init.
struct OpenedFiles {
    private var trees: [(source: AbsolutePath, tree: MountTree)] = []
    private var credentials: [(source: AbsolutePath, file: FileDescriptor)] = []

    /// The tree that was opened at `source`; nil when none was.
    func tree(of source: AbsolutePath) -> MountTree? { trees.first { $0.source == source }?.tree }

    /// The credential that was opened; nil when it was not.
    func file(of credential: ServiceCredential) -> FileDescriptor? {
        credentials.first { $0.source == credential.source }?.file
    }

    /// Opens a tree as its owner, who can reach it for sure, and maps that owner to the payload's user.
    ///
    /// Only root may map owners (mount_setattr(2)).
    mutating func open(_ mapped: MappedTree) throws(SafePath.Refusal) {
        let owner = mapped.owner
        let opened: Result<FileDescriptor, SafePath.Refusal>
        do throws(Errno) {
            opened = try Credentials.acting(asUser: owner.userID, group: owner.groupID) { () throws(SafePath.Refusal) in
                try SafePath.open(mapped.source)
            }
        } catch {
            throw SafePath.Refusal(errno: error, detail: mapped.source.text)
        }
        let place = try opened.get()
        defer { place.discard() }
        try mapped.expectation.check(place, mapped.source)
        do throws(Errno) {
            let map = try OwnerMap(
                userID: owner.userID, groupID: owner.groupID, toUser: mapped.user.userID, toGroup: mapped.user.groupID)
            defer { map.discard() }
            let tree = try MountTree(cloning: place)
            try tree.mapOwners(by: map)
            trees.append((mapped.source, tree))
        } catch {
            throw SafePath.Refusal(errno: error, detail: mapped.source.text)
        }
    }

    /// Opens a credential, which must be a regular file.
    mutating func open(_ credential: ServiceCredential) throws(SafePath.Refusal) {
        do throws(Errno) {
            let file = try FileDescriptor.workingDirectory.open(
                credential.source.text, flags: O_RDONLY | O_NONBLOCK | OpenFlag.noFollow)
            credentials.append((credential.source, file))
            guard try FileStatus(of: file).kind == .regular else { throw .invalidArgument }
        } catch {
            throw SafePath.Refusal(errno: error, detail: credential.source.text)
        }
    }

    /// Closes this process's descriptors.
    func discard() {
        for (_, tree) in trees { tree.root.discard() }
        for (_, file) in credentials { file.discard() }
    }
}
