import CProbe
import Foundation
import Glibc

/// Files of the host, made and looked at by tests.
enum Files {
    /// What could not be done.
    struct Failure: Error {
        let path: String
        let errno: Int32
    }

    static func makeDirectory(_ path: String, mode: UInt32 = 0o755, owner: UInt32? = nil) throws {
        guard mkdir(path, mode_t(mode)) == 0 || errno == EEXIST else { throw Failure(path: path, errno: errno) }
        try set(path, mode: mode, owner: owner)
    }

    static func write(_ text: String, to path: String, mode: UInt32 = 0o644, owner: UInt32? = nil) throws {
        try Data(text.utf8).write(to: URL(filePath: path))
        try set(path, mode: mode, owner: owner)
    }

    static func set(_ path: String, mode: UInt32, owner: UInt32? = nil) throws {
        guard chmod(path, mode_t(mode)) == 0 else { throw Failure(path: path, errno: errno) }
        guard let owner, owner != getuid() else { return }
        guard chown(path, owner, owner) == 0 else { throw Failure(path: path, errno: errno) }
    }

    static func makeLink(_ path: String, to target: String, owner: UInt32? = nil) throws {
        guard symlink(target, path) == 0 else { throw Failure(path: path, errno: errno) }
        guard let owner, owner != getuid() else { return }
        guard lchown(path, owner, owner) == 0 else { throw Failure(path: path, errno: errno) }
    }

    static func read(_ path: String) -> String? {
        bytes(path).map { String(decoding: $0, as: UTF8.self) }
    }

    static func bytes(_ path: String) -> [UInt8]? {
        FileManager.default.contents(atPath: path).map { Array($0) }
    }

    static func exists(_ path: String) -> Bool {
        var status = stat()
        return lstat(path, &status) == 0
    }

    static func isSymbolicLink(_ path: String) -> Bool {
        var status = stat()
        return lstat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFLNK
    }

    static func owner(of path: String) -> UInt32? {
        var status = stat()
        return lstat(path, &status) == 0 ? status.st_uid : nil
    }

    static func mode(of path: String) -> UInt32? {
        var status = stat()
        return lstat(path, &status) == 0 ? status.st_mode & 0o7777 : nil
    }

    /// What stands for the file to open_by_handle_at(2): struct file_handle. Of no file where the file system has none.
    static func handle(of path: String) -> [UInt8] {
        // 128 is MAX_HANDLE_SZ; the structure begins with how much of it there is.
        var handle = [UInt8](repeating: 0, count: 8 + 128)
        handle[0] = 128
        var mount: Int32 = 0
        path.withCString { path in
            handle.withUnsafeMutableBytes { handle in
                withUnsafeMutablePointer(to: &mount) { mount in
                    _ = probe_syscall(
                        Int(SYS_name_to_handle_at), Int(AT_FDCWD), Int(bitPattern: path),
                        Int(bitPattern: handle.baseAddress), Int(bitPattern: mount), 0, 0)
                }
            }
        }
        return Array(handle.prefix(8 + Int(handle[0])))
    }

    /// Whether a name below a host's root is one that starts write by design: what a payload printed, the lock's file,
    /// which names its last holder, and the audit log.
    static func isRecord(_ name: String) -> Bool {
        name.hasPrefix("output/") || name.hasSuffix(".lock") || name.contains("/audit")
    }

    /// Everything below `path`: one line each of name, mode, owner and size, in order.
    static func listing(_ path: String, leavingOut isLeftOut: (String) -> Bool = { _ in false }) -> [String] {
        let names = (FileManager.default.enumerator(atPath: path)?.compactMap { $0 as? String } ?? []).sorted()
        return names.filter { !isLeftOut($0) }.compactMap { name in
            var status = stat()
            guard lstat("\(path)/\(name)", &status) == 0 else { return nil }
            let size = status.st_mode & S_IFMT == S_IFDIR ? 0 : status.st_size
            return "\(name) \(String(status.st_mode, radix: 8)) \(status.st_uid):\(status.st_gid) \(size)"
        }
    }
}
