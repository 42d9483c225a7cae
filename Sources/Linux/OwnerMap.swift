import Glibc
public import SystemPackage

/// Whose files on the disk are whose in a mount: one user and one group stand for another, all others for nobody.
///
/// The kernel takes such a map as a user namespace (mount_setattr(2), MOUNT_ATTR_IDMAP); no process is in it.
public struct OwnerMap: Sendable {
    /// A user namespace that is there for its maps alone.
    let namespace: FileDescriptor

    /// A map of the owner `userID:groupID` on the disk to `toUser:toGroup`. Takes root's rights over both.
    public init(
        userID: UInt32, groupID: UInt32, toUser newUserID: UInt32, toGroup newGroupID: UInt32
    ) throws(Errno) {
        guard let child = try ChildProcess.clone(.user) else {
            while true { pause() }
        }
        defer { child.pidfd.discard() }
        let map = Result { () throws(Errno) in
            let process = try FileDescriptor.workingDirectory.open(
                "/proc/\(child.processID)", flags: OpenFlag.path | OpenFlag.directory)
            defer { process.discard() }
            try IdentityMap.write("\(userID) \(newUserID) 1", to: "uid_map", in: process)
            try IdentityMap.write("\(groupID) \(newGroupID) 1", to: "gid_map", in: process)
            return try process.open("ns/user", flags: O_RDONLY)
        }
        try child.send(signal: SIGKILL)
        _ = try child.wait()
        namespace = try map.get()
    }

    /// Gives the map up; mounts that have it keep it.
    public func discard() { namespace.discard() }
}
