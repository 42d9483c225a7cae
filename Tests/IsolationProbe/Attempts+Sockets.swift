import CProbe
import Glibc

/// N: sockets that are no plain TCP.
extension AttemptTable {
    mutating func addSockets() {
        addProtocols()
        addNetlink()
        addFastOpen()
        addUnix()
    }

    private mutating func addProtocols() {
        let (stream, datagram, packet): (Int32, Int32, Int32) = (1, 2, 5)
        for (family, suffix) in [(AF_INET, ""), (AF_INET6, " over IPv6")] {
            add("N18", "UDP-Lite" + suffix) { Socket.make(family, datagram, 136) }
            add("N19", "MPTCP" + suffix) { Socket.make(family, stream, 262) }
            add("N20", "SCTP stream" + suffix) { Socket.make(family, stream, 132) }
            add("N20", "SCTP packets" + suffix) { Socket.make(family, packet, 132) }
            add("N21", "DCCP" + suffix) { Socket.make(family, 6, 33) }
            add("N23", "raw ICMP" + suffix) { Socket.make(family, 3, 1) }
            add("N23", "raw IP" + suffix) { Socket.make(family, 3, 255) }
            add("N23", "raw ICMP, close on exec" + suffix) { Socket.make(family, 3 | 0o2000000, 1) }
            add("N23", "raw ICMP, non-blocking" + suffix) { Socket.make(family, 3 | 0o4000, 1) }
            add("N23", "ICMP datagrams" + suffix) { Socket.make(family, datagram, 1) }
            add("N23", "SOCK_PACKET" + suffix) { Socket.make(family, 10, 0x300) }
            add("N17", "TCP" + suffix) { Socket.make(family, stream, 6) }
            add("N17", "UDP" + suffix) { Socket.make(family, datagram, 17) }
            add("N17", "TCP, close on exec and non-blocking" + suffix) {
                Socket.make(family, stream | 0o2004000)
            }
        }
        for (name, family) in [
            ("AF_PACKET", 17), ("AF_VSOCK", 40), ("AF_ALG", 38), ("AF_XDP", 44), ("AF_TIPC", 30), ("AF_SMC", 43),
            ("AF_BLUETOOTH", 31), ("AF_CAN", 29), ("AF_KEY", 15), ("AF_RDS", 21), ("AF_QIPCRTR", 42),
        ] as [(String, Int32)] {
            add("N22", name) { Socket.make(family, stream) }
            add("N22", name + " of type raw") { Socket.make(family, 3) }
        }
        add("N22", "socketpair of AF_INET") {
            SystemCall.attempt(SYS_socketpair, 2, 1, 0, .bytes(Array(repeating: 0, count: 8)))
        }
        add("N22", "socketpair of AF_UNIX") { Self.withPair { _ in .permitted() } }
    }

    private mutating func addNetlink() {
        for type in [2, 3] as [Int32] {
            add("N24", "NETLINK_ROUTE of type \(type)") { Socket.make(AF_NETLINK, type, 0) }
            for (name, kind) in [
                ("NETLINK_SOCK_DIAG", 4), ("NETLINK_XFRM", 6), ("NETLINK_AUDIT", 9), ("NETLINK_NETFILTER", 12),
                ("NETLINK_KOBJECT_UEVENT", 15), ("NETLINK_GENERIC", 16), ("NETLINK_CRYPTO", 21),
            ] as [(String, Int32)] {
                add("N24", "\(name) of type \(type)") { Socket.make(AF_NETLINK, type, kind) }
            }
        }
        // NETLINK_ADD_MEMBERSHIP is 1 of SOL_NETLINK, 270, and RTNLGRP_LINK group 1; NETLINK_EXT_ACK is 11 (netlink(7)).
        for (name, option) in [("join a group", 1), ("ask for longer errors", 11)] as [(String, Int32)] {
            add("R21", "\(name) with a netlink socket") {
                Socket.with(AF_NETLINK, 3) { Socket.set($0, 270, option) }
            }
        }
        add("N24", "list the interfaces") {
            var list: UnsafeMutablePointer<ifaddrs>?
            guard getifaddrs(&list) == 0 else { return .refused(errno) }
            defer { freeifaddrs(list) }
            var next = list
            while let interface = next {
                if String(cString: interface.pointee.ifa_name) == "lo" { return .permitted(value: "lo") }
                next = interface.pointee.ifa_next
            }
            return .permitted(value: "no lo")
        }
    }

    private mutating func addFastOpen() {
        let address = Socket.Address.loopback4.bytes(port: 8080)
        let fastOpen = 0x2000_0000
        add("N27", "sendto with MSG_FASTOPEN") {
            Socket.with(AF_INET, Socket.stream) {
                SystemCall.attempt(SYS_sendto, Argument($0), "x", 1, .number(fastOpen), .bytes(address), 16)
            }
        }
        for (name, number) in [("sendmsg", SYS_sendmsg), ("sendmmsg", SYS_sendmmsg)] {
            add("N27", "\(name) with MSG_FASTOPEN") {
                Socket.with(AF_INET, Socket.stream) { socket in
                    let flags = Argument.number(fastOpen)
                    let message = Argument.bytes(Array(repeating: 0, count: 64))
                    return number == SYS_sendmsg
                        ? SystemCall.attempt(number, Argument(socket), message, flags)
                        : SystemCall.attempt(number, Argument(socket), message, 1, flags)
                }
            }
        }
        add("N27", "set TCP_FASTOPEN_CONNECT and connect") {
            // TCP_FASTOPEN_CONNECT is 30 (tcp(7)): connect(2) itself is still seen by Landlock.
            Socket.with(AF_INET, Socket.stream) { socket in
                Socket.set(socket, 6, 30).then { Socket.connect(socket, address) }
            }
        }
        add("N27", "send without it") {
            Self.withPair { SystemCall.attempt(SYS_sendto, Argument($0), "x", 1, 0, 0, 0) }
        }
    }

    private mutating func addUnix() {
        let state = facts.state
        let hostSocket = facts.hostSocket
        func bind(_ path: String) -> Outcome {
            Socket.with(AF_UNIX, Socket.stream) { Socket.bind($0, Socket.unix(path)) }
        }
        for (name, directory) in [
            ("the state directory", state), ("/tmp", "/tmp"), ("/", ""), ("/usr", "/usr"), ("/etc", "/etc"),
        ] {
            add("N38", "bind a Unix socket in \(name)") {
                defer { File.remove(directory + "/probe-socket") }
                return bind(directory + "/probe-socket")
            }
        }
        add("N38", "bind a Unix socket through a link to /usr") {
            let link = state + "/probe-link"
            defer { File.remove(link) }
            return SystemCall.attempt(SYS_symlink, "/usr", .text(link)).then { bind(link + "/probe-socket") }
        }
        add("N38", "bind a relative Unix socket", apart: true) {
            defer { File.remove("probe-socket") }
            return SystemCall.attempt(SYS_chdir, .text(state)).then { bind("probe-socket") }
        }
        // All on this host share these names, and process IDs are the same in many a sandbox.
        let name = Socket.unix("@mazelclaw-probe-\(UInt64.random(in: 0...UInt64.max))")
        add("N38", "bind an abstract name") { Socket.with(AF_UNIX, Socket.stream) { Socket.bind($0, name) } }
        add("N38", "bind an abstract name to a datagram socket") {
            Socket.with(AF_UNIX, Socket.datagram) { Socket.bind($0, name) }
        }
        add("N38", "bind and reach an abstract socket whose name the kernel chooses") {
            Socket.with(AF_UNIX, Socket.stream) { listener in
                Socket.bind(listener, Socket.noName)
                    .then { SystemCall.attempt(SYS_listen, Argument(listener), 1) }
                    .then { Socket.with(AF_UNIX, Socket.stream) { Socket.connect($0, Socket.name(of: listener)) } }
            }
        }
        add("N39", "connect to an abstract socket of the host") {
            Socket.with(AF_UNIX, Socket.stream) { Socket.connect($0, Socket.unix("@" + hostSocket)) }
        }
        add("N39", "send to an abstract socket of the host") {
            Socket.with(AF_UNIX, 2) {
                let address = Socket.unix("@" + hostSocket + "-datagrams")
                return SystemCall.attempt(
                    SYS_sendto, Argument($0), "x", 1, 0, .bytes(address), .number(address.count))
            }
        }
        for path in ["/run/docker.sock", "/run/systemd/private", "/run/dbus/system_bus_socket", "/tmp/.X11-unix/X0"] {
            add("N40", "connect to \(path)") {
                Socket.with(AF_UNIX, Socket.stream) { Socket.connect($0, Socket.unix(path)) }
            }
        }
    }

    private static func withPair(_ body: (Int32) -> Outcome) -> Outcome {
        var pair: [Int32] = [-1, -1]
        guard socketpair(AF_UNIX, Socket.stream, 0, &pair) == 0 else { return .refused(errno) }
        defer { for end in pair { close(end) } }
        return body(pair[0])
    }
}
