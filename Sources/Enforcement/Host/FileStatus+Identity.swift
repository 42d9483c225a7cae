import Linux
import Policy

extension FileStatus {
    /// What makes the file that one.
    var identity: FileIdentity { FileIdentity(device: device, inode: inode) }
}
