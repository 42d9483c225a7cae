internal import CLinux
import Glibc
public import SystemPackage

/// The paths that Unix sockets of this network namespace are bound to (unix(7)), as their programs gave them.
public enum UnixSocketName {
    /// The paths at which somebody takes connections or datagrams, each as it was given to bind(2); abstract names are left
    /// out (sock_diag(7); /proc/net/unix where netlink is not to be had).
    public static func listening() throws(Errno) -> [String] {
        do throws(Errno) {
            return try askKernel()
        } catch {
            // A unit's RestrictAddressFamilies=, a container's filter, or a kernel without the module.
            return try listed(in: "/proc/net/unix")
        }
    }

    private static func askKernel() throws(Errno) -> [String] {
        let type = Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
        let netlink = FileDescriptor(rawValue: try valueOrErrno(socket(AF_NETLINK, type, clinux_netlink_sock_diag)))
        defer { netlink.discard() }
        var header = nlmsghdr()
        var request = unix_diag_req()
        header.nlmsg_len = UInt32(MemoryLayout<nlmsghdr>.size + MemoryLayout<unix_diag_req>.size)
        header.nlmsg_type = clinux_sock_diag_by_family
        header.nlmsg_flags = clinux_dump_request
        request.sdiag_family = UInt8(AF_UNIX)
        request.udiag_states = .max
        request.udiag_show = clinux_show_unix_name
        let bytes = withUnsafeBytes(of: header) { Array($0) } + withUnsafeBytes(of: request) { Array($0) }
        _ = try retryingOnInterrupt { send(netlink.rawValue, bytes, bytes.count, 0) }
        var names: [String] = []
        var buffer = [UInt8](repeating: 0, count: 32 << 10)
        while true {
            let count = try retryingOnInterrupt { recv(netlink.rawValue, &buffer, buffer.count, 0) }
            var start = 0
            while start + MemoryLayout<nlmsghdr>.size <= count {
                let message = buffer.loadUnaligned(nlmsghdr.self, at: start)
                let length = Int(message.nlmsg_len)
                let content = start + MemoryLayout<nlmsghdr>.size
                guard length >= MemoryLayout<nlmsghdr>.size, start + length <= count else { throw .badMessage }
                switch message.nlmsg_type {
                case clinux_message_done: return names
                case clinux_message_error:
                    guard content + 4 <= start + length else { throw .badMessage }
                    throw Errno(rawValue: -buffer.loadUnaligned(Int32.self, at: content))
                default:
                    guard content + MemoryLayout<unix_diag_msg>.size <= start + length else { throw .badMessage }
                    let socket = buffer.loadUnaligned(unix_diag_msg.self, at: content)
                    let attributes = content + MemoryLayout<unix_diag_msg>.size..<start + length
                    // TCP_LISTEN is 10 (netinet/tcp.h); datagrams need no listen(2).
                    if socket.udiag_state == 10 || Int32(socket.udiag_type) == Int32(SOCK_DGRAM.rawValue),
                        let name = name(in: buffer, attributes)
                    {
                        names.append(name)
                    }
                }
                start += (length + 3) & ~3
            }
        }
    }

    /// The path among a socket's attributes; nil for none and for an abstract name, which begins with a zero.
    private static func name(in buffer: [UInt8], _ attributes: Range<Int>) -> String? {
        var start = attributes.lowerBound
        while start + 4 <= attributes.upperBound {
            let length = Int(buffer.loadUnaligned(UInt16.self, at: start))
            guard length >= 4, start + length <= attributes.upperBound else { return nil }
            if buffer.loadUnaligned(UInt16.self, at: start + 2) == clinux_unix_name {
                let name = buffer[(start + 4)..<(start + length)].prefix { $0 != 0 }
                return name.isEmpty ? nil : String(decoding: name, as: UTF8.self)
            }
            start += (length + 3) & ~3
        }
        return nil
    }

    /// The paths in a table of proc_net(5): one line each, numbers in hexadecimal.
    private static func listed(in table: String) throws(Errno) -> [String] {
        let lines = try FileSystem.read(table, limit: 64 << 20).split(separator: UInt8(ascii: "\n"))
        return lines.dropFirst().compactMap { line in
            let fields = line.split(separator: UInt8(ascii: " "), maxSplits: 7)
                .map { String(decoding: $0, as: UTF8.self) }
            // Flag 0x10000 is __SO_ACCEPTCON, type 2 SOCK_DGRAM.
            guard fields.count == 8, let flags = UInt32(fields[3], radix: 16),
                flags & 0x10000 != 0 || fields[4] == "0002", !fields[7].hasPrefix("@")
            else { return nil }
            return fields[7]
        }
    }
}

extension [UInt8] {
    /// A C structure that begins at byte `offset`, wherever that is aligned.
    fileprivate func loadUnaligned<Value>(_ type: Value.Type, at offset: Int) -> Value {
        withUnsafeBytes { $0.loadUnaligned(fromByteOffset: offset, as: type) }
    }
}
