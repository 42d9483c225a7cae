import Enforcement
import Policy
import Testing

/// A call and the answer it must get.
struct Row: CustomTestStringConvertible {
    let name: String
    let arguments: [UInt64]
    let action: SeccompAction

    /// The call is permitted, or fails with `errno`.
    init(_ name: String, _ arguments: [UInt64], errno: UInt16? = nil) {
        self.name = name
        self.arguments = arguments
        action = errno.map(SeccompAction.errno) ?? .allow
    }

    init(_ name: String, _ arguments: [UInt64], _ action: SeccompAction) {
        self.name = name
        self.arguments = arguments
        self.action = action
    }

    var testDescription: String {
        let arguments = arguments.map { "0x" + String($0, radix: 16) }.joined(separator: ", ")
        return "\(name)(\(arguments)): \(action)"
    }

    func check(_ shipped: ShippedPolicy) throws {
        let number = try #require(SyscallTable.number(of: name))
        let value = try BPFInterpreter(try shipped.program())
            .returnValue(for: SeccompCall(number: number, arguments: arguments))
        #expect(SeccompAction(returnValue: value) == action, "\(shipped): \(testDescription)")
    }
}

extension Row {
    /// socket(2) and socketpair(2).
    static var sockets: [Row] {
        let (stream, datagram, raw) = (kernel("SOCK_STREAM"), kernel("SOCK_DGRAM"), kernel("SOCK_RAW"))
        let flags = kernel("SOCK_CLOEXEC") | kernel("SOCK_NONBLOCK")
        let unix = kernel("AF_UNIX")
        let netlink = kernel("AF_NETLINK")
        var rows = [
            Row("socket", [unix, stream | flags, 0]), Row("socket", [unix, kernel("SOCK_SEQPACKET"), 0]),
            Row("socketpair", [unix, stream, 0]), Row("socketpair", [kernel("AF_INET"), stream, 0], errno: 97),
            Row("socket", [0, 0, 0], errno: 97),
        ]
        for family in [kernel("AF_INET"), kernel("AF_INET6")] {
            for extra in [0, flags, kernel("SOCK_CLOEXEC"), 1 << 40] {
                rows += [
                    Row("socket", [family, stream | extra, 0]),
                    Row("socket", [family, stream | extra, kernel("IPPROTO_TCP")]),
                    Row("socket", [family | 1 << 33, datagram | extra, 1 << 32]),
                    Row("socket", [family, datagram | extra, kernel("IPPROTO_UDP")]),
                    Row("socket", [family, stream | extra, kernel("IPPROTO_MPTCP")], errno: 93),
                    Row("socket", [family, stream | extra, kernel("IPPROTO_SCTP")], errno: 93),
                    Row("socket", [family, kernel("SOCK_SEQPACKET") | extra, 0], errno: 93),
                    Row("socket", [family, kernel("SOCK_SEQPACKET"), kernel("IPPROTO_SCTP")], errno: 93),
                    Row("socket", [family, kernel("SOCK_DCCP") | extra, kernel("IPPROTO_DCCP")], errno: 93),
                    Row("socket", [family, datagram | extra, kernel("IPPROTO_UDPLITE")], errno: 93),
                    Row("socket", [family, datagram | extra, kernel("IPPROTO_ICMP")], errno: 93),
                    Row("socket", [family, kernel("SOCK_PACKET") | extra, 3], errno: 93),
                    Row("socket", [family, raw | extra, 0], errno: 1),
                    Row("socket", [family, raw | extra, kernel("IPPROTO_ICMP")], errno: 1),
                    Row("socket", [family, raw | extra, kernel("IPPROTO_RAW")], errno: 1),
                ]
            }
        }
        for name in ["SOCK_DIAG", "XFRM", "AUDIT", "NETFILTER", "GENERIC"] {
            rows.append(Row("socket", [netlink, raw, kernel("NETLINK_\(name)")], errno: 93))
        }
        for name in ["PACKET", "VSOCK", "ALG", "BLUETOOTH", "KEY", "TIPC", "SMC", "XDP", "CAN", "RDS", "MCTP"] {
            rows.append(Row("socket", [kernel("AF_\(name)"), raw, 0], errno: 97))
        }
        return rows
    }

    /// Flags of clone(2), unshare(2) and the send calls.
    static var flags: [Row] {
        let fastOpen = kernel("MSG_FASTOPEN")
        let thread = [
            "VM", "FS", "FILES", "SIGHAND", "THREAD", "SYSVSEM", "SETTLS", "PARENT_SETTID", "CHILD_CLEARTID",
        ].reduce(0) { $0 | kernel("CLONE_\($1)") }
        let fork = kernel("CLONE_CHILD_SETTID") | kernel("CLONE_CHILD_CLEARTID") | 17
        return [
            Row("clone", [thread]), Row("clone", [fork]), Row("clone", [0]),
            Row("clone", [kernel("CLONE_VM") | kernel("CLONE_VFORK") | 17]), Row("clone", [1 << 32 | 17]),
            Row("unshare", [0]), Row("unshare", [kernel("CLONE_FILES") | kernel("CLONE_FS")]),
            Row("unshare", [kernel("CLONE_NEWTIME")], errno: 1),
            Row("unshare", [kernel("CLONE_NEWTIME") | 1 << 63], errno: 1),
            Row("sendto", [3, 0, 0, 0]), Row("sendto", [3, fastOpen, fastOpen, kernel("MSG_NOSIGNAL")]),
            Row("sendto", [3, 0, 0, fastOpen], errno: 95),
            Row("sendto", [3, 0, 0, fastOpen | kernel("MSG_NOSIGNAL")], errno: 95),
            Row("sendmsg", [3, 0, 0]), Row("sendmsg", [3, 0, kernel("MSG_NOSIGNAL"), fastOpen]),
            Row("sendmsg", [3, 0, fastOpen], errno: 95), Row("sendmsg", [3, 0, fastOpen | 1 << 35], errno: 95),
            Row("sendmmsg", [3, 0, 1, 0]), Row("sendmmsg", [3, 0, 1, .max], errno: 95),
        ]
    }
}
