import Glibc
import Linux
import Policy
import SystemPackage

/// The lock under which the host's registry is changed: which profiles there are, and which instances run.
enum RegistryLock {
    /// How long others may have it, in milliseconds. They have it for one or two.
    private static let patience: Int32 = 10_000

    /// Whether it could be made and taken, found out without doing either.
    ///
    /// Throws what `acquire` would throw but for `ProfileError.registryBusy`.
    static func check(in directories: HostDirectories) throws(ProfileError) {
        let path = directories.state / "registry.lock"
        var place = path
        while true {
            do {
                return try FileSystem.checkAccess(place.text, place == path ? R_OK | W_OK : W_OK | X_OK)
            } catch {
                guard error == .noSuchFileOrDirectory, place != .root else {
                    throw .system(action: "lock", path: path.text, errno: error)
                }
                place = place.parent
            }
        }
    }

    /// Takes it, waiting for whoever has it; closing the descriptor gives it back.
    ///
    /// Throws `ProfileError.registryBusy` when somebody keeps it: one start that hangs must not hang the rescue's.
    static func acquire(in directories: HostDirectories) throws(ProfileError) -> FileDescriptor {
        let path = directories.state / "registry.lock"
        do {
            try FileSystem.makeDirectories(directories.state.text, mode: 0o700)
            let file = try FileDescriptor.workingDirectory.open(
                path.text, flags: O_RDWR | O_CREAT | O_NOFOLLOW, mode: 0o600)
            try FileLock.acquire(file, milliseconds: patience)
            return file
        } catch {
            guard error != .timedOut else { throw .registryBusy(path) }
            throw .system(action: "lock", path: path.text, errno: error)
        }
    }
}
