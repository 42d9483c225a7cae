import Glibc
import SystemPackage

/// A TCP or UDP socket as the kernel lists it to everybody of its network namespace.
struct SocketEntry {
    /// The local port.
    var port: UInt16
    /// The local address, 4 or 16 bytes in network order.
    var address: [UInt8]
    /// The inode of the socket in sockfs, by which /proc/PID/fd names it (proc_pid_fd(5)).
    var inode: UInt64
    /// The user who made it.
    var userID: UInt32?
}

extension SocketEntry {
    /// The sockets of a table of proc_net(5), in `state` unless that is nil: one line each, numbers in hexadecimal,
    /// addresses in host order of 32 bits each.
    static func listed(in table: String, state: String?) throws(Errno) -> [SocketEntry] {
        try rows(of: table).compactMap { fields in
            // The eighth field is the user, the tenth the inode.
            guard fields.count > 9, state == nil || fields[3] == state, let inode = UInt64(fields[9]) else {
                return nil
            }
            let local = fields[1].split(separator: ":")
            guard local.count == 2, let port = UInt16(local[1], radix: 16) else { return nil }
            let digits = Array(local[0].utf8)
            let address = stride(from: 0, to: digits.count - 7, by: 8).flatMap { start -> [UInt8] in
                let word = UInt32(String(decoding: digits[start..<start + 8], as: UTF8.self), radix: 16) ?? 0
                return withUnsafeBytes(of: word) { Array($0) }
            }
            return SocketEntry(port: port, address: address, inode: inode, userID: UInt32(fields[7]))
        }
    }

    /// The fields of each line of a table of proc_net(5) but the first, which names them. A table that is not there has
    /// none: the protocol is not.
    static func rows(of table: String) throws(Errno) -> [[String]] {
        let text: [UInt8]
        do throws(Errno) {
            text = try FileSystem.read(table, limit: 64 << 20)
        } catch {
            guard error == .noSuchFileOrDirectory else { throw error }
            return []
        }
        return text.split(separator: UInt8(ascii: "\n")).dropFirst().map { line in
            line.split(separator: UInt8(ascii: " "), maxSplits: 10).map { String(decoding: $0, as: UTF8.self) }
        }
    }
}
