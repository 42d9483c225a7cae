import Glibc
package import Policy

extension FileIdentity {
    /// That of the file `path` leads to, links followed; nil when there is none.
    package init?(_ path: AbsolutePath) {
        guard let attributes = FileAttributes(at: path) else { return nil }
        self = attributes.identity
    }

    init(_ status: stat) {
        self.init(device: UInt64(status.st_dev), inode: UInt64(status.st_ino))
    }
}
