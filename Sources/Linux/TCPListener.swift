import Glibc
public import SystemPackage

/// A TCP socket of this network namespace that listens, as the kernel lists it to everybody.
public struct TCPListener: Equatable, Sendable {
    /// The port.
    public var port: UInt16
    /// The address it is bound to, 4 or 16 bytes in network order.
    public var address: [UInt8]
    /// The socket's inode, by which /proc/PID/fd names it.
    public var inode: UInt64

    /// A listener with these properties.
    public init(port: UInt16, address: [UInt8], inode: UInt64) {
        self.port = port
        self.address = address
        self.inode = inode
    }

    /// All of them (sock_diag(7); /proc/net/tcp where netlink is not to be had).
    public static func all() throws(Errno) -> [TCPListener] {
        do throws(Errno) {
            return try SocketDiagnostics.listeners()
        } catch {
            // A unit's RestrictAddressFamilies=, a container's filter, or a kernel without the module.
            return try listed(in: "/proc/net/tcp") + listed(in: "/proc/net/tcp6")
        }
    }

    /// The ports that are listened on; none where the kernel does not tell.
    public static func ports() -> [UInt16] { ((try? all()) ?? []).map(\.port) }

    /// The process that holds the socket; nil when it is another user's and cannot be told, or has ended.
    public var owner: SocketOwner? {
        for process in (try? FileSystem.entries(of: "/proc")) ?? [] {
            guard let processID = Int32(process), let handles = try? FileSystem.entries(of: "/proc/\(process)/fd")
            else { continue }
            for handle in handles
            where (try? FileSystem.readSymbolicLink("/proc/\(process)/fd/\(handle)")) == "socket:[\(inode)]" {
                return SocketOwner(processID: processID)
            }
        }
        return nil
    }

    /// The listeners in a table of proc_net(5): one line each, numbers in hexadecimal, addresses in host order of
    /// 32 bits each.
    private static func listed(in table: String) throws(Errno) -> [TCPListener] {
        let text: [UInt8]
        do throws(Errno) {
            text = try FileSystem.read(table, limit: 64 << 20)
        } catch {
            // No IPv6, no table.
            guard error == .noSuchFileOrDirectory else { throw error }
            return []
        }
        return text.split(separator: UInt8(ascii: "\n")).dropFirst().compactMap { line in
            let fields = line.split(separator: UInt8(ascii: " "), maxSplits: 10).map {
                String(decoding: $0, as: UTF8.self)
            }
            // 0A is TCP_LISTEN; the tenth field is the inode.
            guard fields.count > 9, fields[3] == "0A", let inode = UInt64(fields[9]) else { return nil }
            let local = fields[1].split(separator: ":")
            guard local.count == 2, let port = UInt16(local[1], radix: 16) else { return nil }
            let digits = Array(local[0].utf8)
            let address = stride(from: 0, to: digits.count - 7, by: 8).flatMap { start -> [UInt8] in
                let word = UInt32(String(decoding: digits[start..<start + 8], as: UTF8.self), radix: 16) ?? 0
                return withUnsafeBytes(of: word) { Array($0) }
            }
            return TCPListener(port: port, address: address, inode: inode)
        }
    }
}

/// A process that holds a socket.
public struct SocketOwner: Equatable, Sendable {
    /// The process ID.
    public var processID: Int32
    /// The program's name (proc(5), comm).
    public var program: String

    /// The process of this ID, with its name as it is now.
    public init(processID: Int32) {
        self.processID = processID
        let name = (try? FileSystem.read("/proc/\(processID)/comm", limit: 64)) ?? []
        program = String(decoding: name.prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self)
    }
}
