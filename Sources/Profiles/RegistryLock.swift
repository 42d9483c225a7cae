import Glibc
import Linux
import Policy
import SystemPackage

/// The lock under which the host's registry is changed: which profiles there are, and which instances run.
enum RegistryLock {
    /// Takes it, waiting for whoever has it; closing the descriptor gives it back.
    static func acquire(in directories: HostDirectories) throws(ProfileError) -> FileDescriptor {
        let path = directories.state / "registry.lock"
        do {
            try FileSystem.makeDirectories(directories.state.text, mode: 0o700)
            let file = try FileDescriptor.workingDirectory.open(
                path.text, flags: O_RDWR | O_CREAT | O_NOFOLLOW, mode: 0o600)
            try FileLock.acquire(file)
            return file
        } catch {
            throw .system(action: "lock", path: path.text, errno: error)
        }
    }
}
