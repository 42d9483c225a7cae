import Glibc
package import Policy

extension FileIdentity {
    /// That of the file `path` leads to, links followed; nil when there is none.
    package init?(_ path: AbsolutePath) {
        var status = stat()
        guard stat(path.text, &status) == 0 else { return nil }
        self.init(status)
    }

    init(_ status: stat) {
        self.init(device: UInt64(status.st_dev), inode: UInt64(status.st_ino))
    }
}
