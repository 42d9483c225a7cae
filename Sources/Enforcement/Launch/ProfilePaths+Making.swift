import Linux
import Policy
import SystemPackage

extension ProfilePaths {
    /// Makes the directories of a profile that are missing, as `user` is to have them.
    ///
    /// Throws `LaunchError.unsafePath` where somebody else could decide what stands at a path, and `.cannotBecome` where
    /// the launcher cannot act as the owner of the files.
    func makeDirectories(for user: UserIdentity, overlaysWorkspace: Bool) throws(LaunchError) {
        try Self.make(state, user)
        // Inside the state directory it is the payload's to make, unless something is to be mounted on it.
        if overlaysWorkspace || !state.contains(workspace) { try Self.make(workspace, user) }
    }

    private static func make(_ path: AbsolutePath, _ user: UserIdentity) throws(LaunchError) {
        let made: Result<Void, SafePath.Refusal>
        if user.isOwn, !user.isMapped {
            made = Result { () throws(SafePath.Refusal) in
                try SafePath.makeDirectories(path, ownedBy: user.owner)
            }
        } else {
            do throws(Errno) {
                made = try Credentials.acting(asUser: user.owner.userID, group: user.owner.groupID) {
                    () throws(SafePath.Refusal) in try SafePath.makeDirectories(path)
                }
            } catch {
                throw .cannotBecome(user.owner.userID, error)
            }
        }
        if case .failure(let refusal) = made {
            throw .unsafePath(path, "\(refusal.errno.name) at \(refusal.detail)")
        }
    }
}
