/// Device and inode number: what makes a file or directory that one.
public struct FileIdentity: Hashable, Sendable {
    /// The device number (stat(2), st_dev).
    public var device: UInt64
    /// The inode number.
    public var inode: UInt64

    /// The identity of the file with these numbers (stat(2), st_dev and st_ino).
    public init(device: UInt64, inode: UInt64) {
        self.device = device
        self.inode = inode
    }
}
