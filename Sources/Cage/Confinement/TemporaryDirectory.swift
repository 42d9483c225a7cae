import Glibc
import Linux
import Policy
import SystemPackage

/// A directory in /tmp that one call has for itself.
struct TemporaryDirectory {
    let path: String
    let descriptor: FileDescriptor

    /// Makes it.
    init() throws(CageError) {
        var template = Array("/tmp/mazelclaw-tool-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw Self.error(Errno(rawValue: Glibc.errno)) }
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        do throws(Errno) {
            descriptor = try FileDescriptor.workingDirectory.open(
                path, flags: O_RDONLY | OpenFlag.directory | OpenFlag.noFollow)
        } catch {
            throw Self.error(error)
        }
    }

    private static func error(_ errno: Errno) -> CageError {
        CageError(
            .isolation,
            "cannot make a temporary directory in /tmp: \(errno.name) (\(errno)); make /tmp writable, or free space")
    }

    /// Removes it with all that is in it. Whoever could have put links there has ended; none is followed all the same. What
    /// cannot be removed stays.
    func remove() {
        Self.empty(descriptor, depth: 0)
        _ = rmdir(path)
    }

    private static func empty(_ directory: FileDescriptor, depth: Int) {
        // Deeper than that no path of the kernel's leads (PATH_MAX).
        guard depth < 2048, let copy = try? directory.duplicated(from: 3), let stream = fdopendir(copy.rawValue) else {
            return
        }
        defer { closedir(stream) }
        rewinddir(stream)
        while let entry = readdir(stream) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: Int(entry.pointee.d_reclen)) { String(cString: $0) }
            }
            if name == "." || name == ".." { continue }
            if unlinkat(directory.rawValue, name, 0) == 0 { continue }
            if let inner = try? directory.open(name, flags: O_RDONLY | OpenFlag.directory | OpenFlag.noFollow) {
                _ = fchmod(inner.rawValue, 0o700)
                empty(inner, depth: depth + 1)
                inner.discard()
            }
            _ = unlinkat(directory.rawValue, name, AT_REMOVEDIR)
        }
    }
}
