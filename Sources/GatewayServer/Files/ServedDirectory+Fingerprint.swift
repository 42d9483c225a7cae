import Files
import Glibc
import Policy

extension ServedDirectory {
    /// A number that is another when a file was made, written, replaced or removed: of what stands below the root, up
    /// to `limit` entries and sixteen directories deep. Links are not followed.
    func fingerprint(limit: Int = 4096) -> Int {
        var hasher = Hasher()
        var room = limit
        let descriptor = open(root.text, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
        guard descriptor >= 0 else { return 0 }
        Self.add(descriptor, depth: 16, to: &hasher, room: &room)
        return hasher.finalize()
    }

    /// Adds what is in the directory `descriptor`, and closes it.
    private static func add(_ descriptor: Int32, depth: Int, to hasher: inout Hasher, room: inout Int) {
        guard let directory = fdopendir(descriptor) else {
            close(descriptor)
            return
        }
        defer { closedir(directory) }
        while room > 0, let entry = readdir(directory) {
            let name = String(decoding: entryName(entry), as: UTF8.self)
            guard name != ".", name != ".." else { continue }
            room -= 1
            guard let file = FileAttributes(of: name, in: dirfd(directory)) else { continue }
            hasher.combine(name)
            hasher.combine(file.identity)
            guard file.kind == .directory else {
                hasher.combine(file.size)
                hasher.combine(file.modified)
                continue
            }
            guard depth > 0 else { continue }
            let inner = openat(dirfd(directory), name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
            if inner >= 0 { add(inner, depth: depth - 1, to: &hasher, room: &room) }
        }
    }
}
