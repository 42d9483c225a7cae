import Glibc
import Linux
public import Policy
import SystemPackage

/// Reads files that decide what a sandbox may do.
public enum TrustedFile {
    /// The content of `file`, at most 1 MiB, or nil when there is none.
    ///
    /// Throws `ProfileError.untrusted` unless it is a regular file of root, of this process's user or of one of
    /// `owners`, that nobody else can write.
    public static func read(_ file: AbsolutePath, owners: [UInt32] = []) throws(ProfileError) -> [UInt8]? {
        let descriptor: FileDescriptor
        do {
            // O_NONBLOCK: a FIFO put in its place must not hang the launcher.
            descriptor = try FileDescriptor.workingDirectory.open(file.text, flags: O_RDONLY | O_NONBLOCK)
        } catch {
            if error == .noSuchFileOrDirectory || error == .notDirectory { return nil }
            throw .system(action: "read", path: file.text, errno: error)
        }
        defer { descriptor.discard() }
        try check(descriptor, file, owners + [0, Credentials.effectiveUserID])
        do {
            return try descriptor.readEverything(limit: 1 << 20)
        } catch {
            throw .system(action: "read", path: file.text, errno: error)
        }
    }

    /// Whether an ID that stands for nobody here is root's: in a user namespace without ID 0 (PrivateUsers=,
    /// systemd.exec(5)) root's files bear the overflow ID (user_namespaces(7)). Root is who owns "/".
    private static func isRoot(_ userID: UInt32) -> Bool {
        userID == overflowID && (try? FileStatus(of: "/"))?.userID == userID
    }

    /// The default of kernel.overflowuid (user_namespaces(7)).
    private static let overflowID: UInt32 = 65534

    private static func check(
        _ descriptor: FileDescriptor, _ file: AbsolutePath, _ owners: [UInt32]
    ) throws(ProfileError) {
        let status: FileStatus
        do {
            status = try FileStatus(of: descriptor)
        } catch {
            throw .system(action: "read", path: file.text, errno: error)
        }
        guard status.kind == .regular else {
            throw .untrusted(path: file.text, reason: "it is no regular file")
        }
        guard owners.contains(status.userID) || isRoot(status.userID) else {
            throw .untrusted(path: file.text, reason: "it belongs to user \(status.userID)")
        }
        guard !status.isWritableByOthers else {
            throw .untrusted(path: file.text, reason: "group or others may write it")
        }
    }
}
