import Glibc
import SystemPackage

/// A process that holds a socket.
public struct SocketOwner: Equatable, Sendable {
    /// Its ID in this process's PID namespace.
    public var processID: Int32
    /// The program's name (proc(5), comm).
    public var program: String

    /// The process of this ID, with its name as it is now.
    public init(processID: Int32) {
        self.processID = processID
        // Of one that has ended meanwhile, or is hidden, the name is unknown; it is only shown.
        let name = (try? FileSystem.read("/proc/\(processID)/comm", limit: 64)) ?? []
        program = String(decoding: name.prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self)
    }

    /// The processes that hold the sockets with these inodes, found in one pass over /proc (proc_pid_fd(5)). A socket
    /// has none here when its holder is another user's and cannot be told, or has ended.
    public static func holders(of inodes: Set<UInt64>) -> [UInt64: SocketOwner] {
        guard !inodes.isEmpty else { return [:] }
        var holders: [UInt64: SocketOwner] = [:]
        // Owners are for people to read, and nothing is decided by them: what cannot be seen stays unknown.
        for process in (try? FileSystem.entries(of: "/proc")) ?? [] {
            guard let processID = Int32(process), let handles = try? FileSystem.entries(of: "/proc/\(process)/fd")
            else { continue }
            var owner: SocketOwner?
            for handle in handles {
                guard let link = try? FileSystem.readSymbolicLink("/proc/\(process)/fd/\(handle)"),
                    let inode = inode(ofLink: link), inodes.contains(inode), holders[inode] == nil
                else { continue }
                let found = owner ?? SocketOwner(processID: processID)
                owner = found
                holders[inode] = found
            }
            if holders.count == inodes.count { break }
        }
        return holders
    }

    /// `socket:[4711]` means 4711; nil for a link to anything else.
    static func inode(ofLink link: String) -> UInt64? {
        guard link.utf8.starts(with: "socket:[".utf8) else { return nil }
        return UInt64(Substring(link.utf8.dropFirst(8).dropLast()))
    }
}
