import Linux
import Policy
import SystemPackage

/// Where the cgroup of this process is in the tree of files.
enum ControlGroupPath {
    /// The directory, from what /proc/self/cgroup (cgroups(7)) and /proc/self/mountinfo (proc_pid_mountinfo(5)) say; nil when
    /// no version 2 hierarchy is mounted where this process is in sight.
    static func own(controlGroups: [UInt8], mountTable: [UInt8]) -> AbsolutePath? {
        let lines = controlGroups.split(separator: UInt8(ascii: "\n"))
        guard let line = lines.first(where: { $0.starts(with: "0::".utf8) }),
            let group = AbsolutePath(String(decoding: line.dropFirst(3), as: UTF8.self))
        else { return nil }
        for mount in mountTable.split(separator: UInt8(ascii: "\n")) {
            let fields = mount.split(separator: UInt8(ascii: " "))
            guard let end = fields.firstIndex(of: [UInt8(ascii: "-")]), end >= 6, end + 1 < fields.count,
                fields[end + 1].elementsEqual("cgroup2".utf8),
                let root = MountTable.path(unescaping: fields[3]), let place = MountTable.path(unescaping: fields[4]),
                let path = group.moved(from: root, to: place)
            else { continue }
            return path
        }
        return nil
    }

    /// The directory of this process's cgroup. Throws `Errno` for what cannot be read.
    static func own() throws(Errno) -> AbsolutePath? {
        own(
            controlGroups: try FileSystem.read("/proc/self/cgroup", limit: 64 << 10),
            mountTable: try FileSystem.read("/proc/self/mountinfo", limit: 64 << 20))
    }
}

extension AbsolutePath {
    /// The path of what is mounted at `place`, whose own path in the file system was below `root`.
    fileprivate func moved(from root: AbsolutePath, to place: AbsolutePath) -> AbsolutePath? {
        guard root.contains(self) else { return nil }
        let rest = text.utf8.dropFirst(root == .root ? 1 : root.text.utf8.count + 1)
        return rest.isEmpty ? place : place / String(Substring(rest))
    }
}
