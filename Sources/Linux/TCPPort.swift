import Glibc
public import SystemPackage

/// TCP ports of this network namespace, seen from outside the sandbox.
public enum TCPPort {
    /// A process that listens on a port.
    public struct Listener: Equatable, Sendable {
        /// The process ID; nil when it belongs to another user and cannot be told.
        public var processID: Int32?
        /// The program's name (proc(5), comm).
        public var program: String?
    }

    /// Whether `port` can be bound on 127.0.0.1 and, where the host has IPv6, on ::1 (bind(2)).
    public static func isFree(_ port: UInt16) throws(Errno) -> Bool {
        var address4 = sockaddr_in()
        address4.sin_family = sa_family_t(AF_INET)
        address4.sin_port = port.bigEndian
        address4.sin_addr.s_addr = INADDR_LOOPBACK.bigEndian
        var address6 = sockaddr_in6()
        address6.sin6_family = sa_family_t(AF_INET6)
        address6.sin6_port = port.bigEndian
        address6.sin6_addr = in6addr_loopback
        guard try canBind(AF_INET, &address4) else { return false }
        return try canBind(AF_INET6, &address6)
    }

    private static func canBind<Address>(_ family: Int32, _ address: inout Address) throws(Errno) -> Bool {
        let handle = socket(family, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        // No socket of this family, no listener either.
        guard handle != -1 else { return true }
        defer { close(handle) }
        var on: Int32 = 1
        // Connections that linger in TIME_WAIT are no listener.
        _ = try valueOrErrno(setsockopt(handle, SOL_SOCKET, SO_REUSEADDR, &on, socklen_t(MemoryLayout<Int32>.size)))
        let size = socklen_t(MemoryLayout<Address>.size)
        let result = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(handle, $0, size) }
        }
        return result == 0 || Glibc.errno != EADDRINUSE
    }

    /// Who listens on `port`; nil when nobody does (proc(5), /proc/net/tcp).
    public static func listener(on port: UInt16) -> Listener? {
        for table in ["/proc/net/tcp", "/proc/net/tcp6"] {
            guard let text = try? FileSystem.read(table, limit: 64 << 20) else { continue }
            for line in text.split(separator: UInt8(ascii: "\n")).dropFirst() {
                let fields = line.split(separator: UInt8(ascii: " ")).map { String(decoding: $0, as: UTF8.self) }
                // 0A is TCP_LISTEN; the local address is HEX:PORT, the inode the tenth field.
                guard fields.count > 9, fields[3] == "0A", let local = fields[1].split(separator: ":").last,
                    UInt16(local, radix: 16) == port
                else { continue }
                return owner(ofSocket: fields[9])
            }
        }
        return nil
    }

    private static func owner(ofSocket inode: String) -> Listener {
        for process in (try? FileSystem.entries(of: "/proc")) ?? [] {
            guard let processID = Int32(process), let handles = try? FileSystem.entries(of: "/proc/\(process)/fd")
            else { continue }
            for handle in handles
            where (try? FileSystem.readSymbolicLink("/proc/\(process)/fd/\(handle)")) == "socket:[\(inode)]" {
                let name = (try? FileSystem.read("/proc/\(process)/comm", limit: 64)) ?? []
                return Listener(
                    processID: processID, program: String(decoding: name.prefix { $0 != 10 }, as: UTF8.self))
            }
        }
        return Listener()
    }
}
