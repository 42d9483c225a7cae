import Linux
import Policy

extension FileStatus {
    /// What makes the file that one.
    var identity: HostFacts.FileIdentity { HostFacts.FileIdentity(device: device, inode: inode) }
}
