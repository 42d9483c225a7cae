internal import CLinux
import Glibc
import SystemPackage

/// Questions about sockets over netlink (sock_diag(7)): one request, one answer for each socket.
enum SocketDiagnostics {
    /// The TCP sockets that listen, of IPv4 and of IPv6.
    static func listeners() throws(Errno) -> [TCPListener] {
        let type = Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
        let netlink = FileDescriptor(rawValue: try valueOrErrno(socket(AF_NETLINK, type, clinux_netlink_sock_diag)))
        defer { netlink.discard() }
        var listeners: [TCPListener] = []
        // No message of an answer is longer (netlink(7)).
        var buffer = [UInt8](repeating: 0, count: 8 << 10)
        for family in [AF_INET, AF_INET6] {
            try ask(netlink, family)
            try receive(from: netlink, &buffer, &listeners)
        }
        return listeners
    }

    /// Adds what an answer lists, to its end.
    private static func receive(
        from netlink: FileDescriptor, _ buffer: inout [UInt8], _ listeners: inout [TCPListener]
    ) throws(Errno) {
        while true {
            let count = try retryingOnInterrupt { recv(netlink.rawValue, &buffer, buffer.count, 0) }
            var start = 0
            let headerSize = MemoryLayout<nlmsghdr>.size
            while start + headerSize <= count {
                let header = buffer.load(nlmsghdr.self, at: start)
                let length = Int(header.nlmsg_len)
                guard length >= headerSize, start + length <= count else { throw .badMessage }
                switch header.nlmsg_type {
                case clinux_message_done: return
                case clinux_message_error:
                    // The negative errno follows the header.
                    guard length >= headerSize + 4 else { throw .badMessage }
                    throw Errno(rawValue: -buffer.load(Int32.self, at: start + headerSize))
                default:
                    guard length >= headerSize + MemoryLayout<inet_diag_msg>.size else { throw .badMessage }
                    listeners.append(TCPListener(buffer.load(inet_diag_msg.self, at: start + headerSize)))
                }
                start += (length + 3) & ~3
            }
        }
    }

    private static func ask(_ netlink: FileDescriptor, _ family: Int32) throws(Errno) {
        var header = nlmsghdr()
        let size = MemoryLayout<nlmsghdr>.size + MemoryLayout<inet_diag_req_v2>.size
        header.nlmsg_len = UInt32(size)
        header.nlmsg_type = clinux_sock_diag_by_family
        header.nlmsg_flags = clinux_dump_request
        var request = inet_diag_req_v2()
        request.sdiag_family = UInt8(family)
        request.sdiag_protocol = UInt8(IPPROTO_TCP)
        request.idiag_states = clinux_state_listen
        let bytes = withUnsafeBytes(of: header) { Array($0) } + withUnsafeBytes(of: request) { Array($0) }
        _ = try retryingOnInterrupt { send(netlink.rawValue, bytes, size, 0) }
    }
}

extension TCPListener {
    fileprivate init(_ message: inet_diag_msg) {
        let source = withUnsafeBytes(of: message.id.idiag_src) { Array($0) }
        self.init(
            port: UInt16(bigEndian: message.id.idiag_sport),
            address: Array(source.prefix(Int32(message.idiag_family) == AF_INET ? 4 : 16)),
            inode: UInt64(message.idiag_inode))
    }
}

extension [UInt8] {
    /// A C structure that begins at byte `offset`, wherever that is aligned.
    fileprivate func load<Value>(_ type: Value.Type, at offset: Int) -> Value {
        withUnsafeBytes { $0.loadUnaligned(fromByteOffset: offset, as: type) }
    }
}
