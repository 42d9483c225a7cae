internal import CLinux
import Glibc
import SystemPackage

/// Questions about sockets over netlink (sock_diag(7)): one request, one answer for each socket.
enum SocketDiagnostics {
    /// Which sockets are asked for.
    struct Question {
        /// IPPROTO_TCP or IPPROTO_UDP.
        var transport: Int32
        /// The states, as bits of their numbers (netinet/tcp.h).
        var states: UInt32
        /// The local ports, so that the kernel leaves out others where it can; nil for every port.
        var ports: [ClosedRange<UInt16>]?

        /// TCP sockets that listen.
        static func listeners(on ports: [ClosedRange<UInt16>]?) -> Question {
            Question(transport: Int32(IPPROTO_TCP), states: clinux_state_listen, ports: ports)
        }

        /// UDP sockets, connected or not.
        static let datagrams = Question(transport: Int32(IPPROTO_UDP), states: .max, ports: nil)
    }

    /// The sockets of this network namespace that `question` asks for, of IPv4 and of IPv6.
    static func sockets(_ question: Question) throws(Errno) -> [SocketEntry] {
        if let ports = question.ports, ports.isEmpty { return [] }
        let netlink = try connect()
        defer { netlink.discard() }
        var entries: [SocketEntry] = []
        // No message of an answer is longer (netlink(7)).
        var buffer = [UInt8](repeating: 0, count: 32 << 10)
        for family in [AF_INET, AF_INET6] {
            try ask(netlink, family, question)
            try receive(from: netlink, &buffer) { (buffer, content) throws(Errno) in
                guard content.count >= MemoryLayout<inet_diag_msg>.size else { throw .badMessage }
                entries.append(SocketEntry(buffer.load(inet_diag_msg.self, at: content.lowerBound)))
            }
        }
        return entries
    }

    /// The user who holds the socket of a TCP connection between two ports of 127.0.0.1, that on `port` and not the one
    /// on `peer`; nil when there is none.
    static func userOfLoopbackConnection(on port: UInt16, to peer: UInt16) throws(Errno) -> UInt32? {
        let netlink = try connect()
        defer { netlink.discard() }
        var request = inet_diag_req_v2()
        request.sdiag_family = UInt8(AF_INET)
        request.sdiag_protocol = UInt8(IPPROTO_TCP)
        request.idiag_states = .max
        request.id.idiag_sport = port.bigEndian
        request.id.idiag_dport = peer.bigEndian
        request.id.idiag_src.0 = UInt32(0x7F00_0001).bigEndian
        request.id.idiag_dst.0 = UInt32(0x7F00_0001).bigEndian
        // Any cookie will do (INET_DIAG_NOCOOKIE).
        request.id.idiag_cookie = (.max, .max)
        try send(withUnsafeBytes(of: request) { Array($0) }, UInt16(NLM_F_REQUEST), to: netlink)
        var buffer = [UInt8](repeating: 0, count: 8 << 10)
        let count = try retryingOnInterrupt { recv(netlink.rawValue, &buffer, buffer.count, 0) }
        let headerSize = MemoryLayout<nlmsghdr>.size
        guard count >= headerSize + 4 else { throw .badMessage }
        guard buffer.load(nlmsghdr.self, at: 0).nlmsg_type != clinux_message_error else {
            let error = Errno(rawValue: -buffer.load(Int32.self, at: headerSize))
            guard error == .noSuchFileOrDirectory else { throw error }
            return nil
        }
        guard count >= headerSize + MemoryLayout<inet_diag_msg>.size else { throw .badMessage }
        let answer = buffer.load(inet_diag_msg.self, at: headerSize)
        // Where there is no such connection the kernel answers with the listener it would come to.
        return answer.id.idiag_dport == request.id.idiag_dport ? answer.idiag_uid : nil
    }

    /// Shows each message of an answer, by where its content lies in `buffer`, to the answer's end.
    private static func receive(
        from netlink: FileDescriptor, _ buffer: inout [UInt8],
        _ take: (_ buffer: [UInt8], _ content: Range<Int>) throws(Errno) -> Void
    ) throws(Errno) {
        while true {
            let count = try retryingOnInterrupt { recv(netlink.rawValue, &buffer, buffer.count, 0) }
            if try readMessages(in: buffer, count: count, take) { return }
        }
    }

    /// Shows each message among the first `count` bytes of `buffer` by where its content lies; true when one of them says
    /// that it was the last (NLMSG_DONE, netlink(7)).
    ///
    /// Throws EBADMSG for a message that says another length than it has, and what the kernel says in NLMSG_ERROR.
    static func readMessages(
        in buffer: [UInt8], count: Int, _ take: (_ buffer: [UInt8], _ content: Range<Int>) throws(Errno) -> Void
    ) throws(Errno) -> Bool {
        var start = 0
        let headerSize = MemoryLayout<nlmsghdr>.size
        while start + headerSize <= count {
            let header = buffer.load(nlmsghdr.self, at: start)
            let length = Int(header.nlmsg_len)
            guard length >= headerSize, start + length <= count else { throw .badMessage }
            switch header.nlmsg_type {
            case clinux_message_done: return true
            case clinux_message_error:
                // The negative errno follows the header.
                guard length >= headerSize + 4 else { throw .badMessage }
                throw Errno(rawValue: -buffer.load(Int32.self, at: start + headerSize))
            default: try take(buffer, start + headerSize..<start + length)
            }
            start += (length + 3) & ~3
        }
        return false
    }

    /// The paths at which Unix sockets take connections or datagrams, each as it was given to bind(2).
    static func listeningUnixPaths() throws(Errno) -> [String] {
        let netlink = try connect()
        defer { netlink.discard() }
        var request = unix_diag_req()
        request.sdiag_family = UInt8(AF_UNIX)
        request.udiag_states = .max
        request.udiag_show = clinux_show_unix_name
        try send(withUnsafeBytes(of: request) { Array($0) }, clinux_dump_request, to: netlink)
        var names: [String] = []
        var buffer = [UInt8](repeating: 0, count: 32 << 10)
        try receive(from: netlink, &buffer) { (buffer, content) throws(Errno) in
            let size = MemoryLayout<unix_diag_msg>.size
            guard content.count >= size else { throw .badMessage }
            let socket = buffer.load(unix_diag_msg.self, at: content.lowerBound)
            // TCP_LISTEN is 10 (netinet/tcp.h); datagrams need no listen(2).
            guard socket.udiag_state == 10 || Int32(socket.udiag_type) == Int32(SOCK_DGRAM.rawValue),
                let name = unixPath(in: buffer, content.dropFirst(size))
            else { return }
            names.append(name)
        }
        return names
    }

    /// The path among a Unix socket's attributes; nil for none and for an abstract name, which begins with a zero.
    static func unixPath(in buffer: [UInt8], _ attributes: Range<Int>) -> String? {
        var start = attributes.lowerBound
        let headerSize = MemoryLayout<nlattr>.size
        while start + headerSize <= attributes.upperBound {
            let attribute = buffer.load(nlattr.self, at: start)
            let length = Int(attribute.nla_len)
            guard length >= headerSize, start + length <= attributes.upperBound else { return nil }
            if attribute.nla_type == clinux_unix_name {
                let name = buffer[(start + headerSize)..<(start + length)].prefix { $0 != 0 }
                return name.isEmpty ? nil : String(decoding: name, as: UTF8.self)
            }
            start += (length + 3) & ~3
        }
        return nil
    }

    private static func connect() throws(Errno) -> FileDescriptor {
        let type = Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
        return FileDescriptor(rawValue: try valueOrErrno(socket(AF_NETLINK, type, clinux_netlink_sock_diag)))
    }

    private static func ask(_ netlink: FileDescriptor, _ family: Int32, _ question: Question) throws(Errno) {
        var request = inet_diag_req_v2()
        request.sdiag_family = UInt8(family)
        request.sdiag_protocol = UInt8(question.transport)
        request.idiag_states = question.states
        let filter = question.ports.flatMap(PortFilter.attribute) ?? []
        try send(withUnsafeBytes(of: request) { Array($0) } + filter, clinux_dump_request, to: netlink)
    }

    private static func send(_ request: [UInt8], _ flags: UInt16, to netlink: FileDescriptor) throws(Errno) {
        var header = nlmsghdr()
        let size = MemoryLayout<nlmsghdr>.size + request.count
        header.nlmsg_len = UInt32(size)
        header.nlmsg_type = clinux_sock_diag_by_family
        header.nlmsg_flags = flags
        let bytes = withUnsafeBytes(of: header) { Array($0) } + request
        _ = try retryingOnInterrupt { Glibc.send(netlink.rawValue, bytes, size, 0) }
    }
}

/// A filter over local ports for a request of inet_diag (linux/inet_diag.h, INET_DIAG_REQ_BYTECODE).
///
/// The kernel runs it over each socket: an operation that holds goes on by `yes` bytes, one that does not by `no`. To
/// arrive at the very end is to be listed, to arrive beyond it is not.
enum PortFilter {
    /// How many ranges are filtered by: more would not fit an attribute's length of 16 bits.
    private static let limit = 1000

    /// The attribute that lets through the sockets on `ports`, which are one range at least; nil for too many of them.
    static func attribute(_ ports: [ClosedRange<UInt16>]) -> [UInt8]? {
        guard ports.count <= limit else { return nil }
        var program: [UInt8] = []
        // Two comparisons of two operations each, and but for the last a jump to the end.
        let size = ports.count * 20 - 4
        for (index, range) in ports.enumerated() {
            let isLast = index == ports.count - 1
            // To the next range, or beyond the end.
            let skip = 20
            program += operation(clinux_filter_source_at_least, yes: 8, no: skip)
            program += operation(0, yes: 0, no: Int(range.lowerBound))
            program += operation(clinux_filter_source_at_most, yes: 8, no: skip - 8)
            program += operation(0, yes: 0, no: Int(range.upperBound))
            if !isLast { program += operation(clinux_filter_jump, yes: 4, no: size - program.count) }
        }
        var attribute = nlattr()
        attribute.nla_len = UInt16(MemoryLayout<nlattr>.size + program.count)
        attribute.nla_type = clinux_filter_attribute
        return withUnsafeBytes(of: attribute) { Array($0) } + program
    }

    private static func operation(_ code: UInt8, yes: UInt8, no: Int) -> [UInt8] {
        var operation = inet_diag_bc_op()
        (operation.code, operation.yes, operation.no) = (code, yes, UInt16(no))
        return withUnsafeBytes(of: operation) { Array($0) }
    }
}

extension SocketEntry {
    fileprivate init(_ message: inet_diag_msg) {
        let source = withUnsafeBytes(of: message.id.idiag_src) { Array($0) }
        self.init(
            port: UInt16(bigEndian: message.id.idiag_sport),
            address: Array(source.prefix(Int32(message.idiag_family) == AF_INET ? 4 : 16)),
            inode: UInt64(message.idiag_inode), userID: message.idiag_uid)
    }
}

extension [UInt8] {
    /// A C structure that begins at byte `offset`, wherever that is aligned.
    fileprivate func load<Value>(_ type: Value.Type, at offset: Int) -> Value {
        withUnsafeBytes { $0.loadUnaligned(fromByteOffset: offset, as: type) }
    }
}
