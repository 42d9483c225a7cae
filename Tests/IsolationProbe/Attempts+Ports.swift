import CProbe
import Glibc

/// N: TCP ports.
extension AttemptTable {
    mutating func addPorts() {
        addOwnPorts()
        addForeignPorts()
        addDescriptors()
        addListening()
        addDatagrams()
        addOddAddresses()
        addConnections()
    }

    private mutating func addOwnPorts() {
        let base = facts.basePort
        let addresses: [(String, Socket.Address)] = [
            ("127.0.0.1", .loopback4), ("0.0.0.0", .any4), ("::1", .loopback6), ("::", .any6),
            ("::ffff:127.0.0.1", .mapped),
        ]
        for (name, address) in addresses {
            add("N01", "bind \(name) on the base port") { Socket.bind(address, port: base) }
        }
        // On a port that no other attempt binds: it stays in TIME_WAIT for a while.
        add("N08", "listen, connect and accept on base + 109") { Self.conversation(port: base &+ 109) }
        for (id, name, address) in [
            ("N04", "0.0.0.0", .any4), ("N06", "::", .any6), ("N07", "::ffff:0.0.0.0", .mappedAny),
        ] as [(String, String, Socket.Address)] {
            add(id, "bind \(name) on the control port") { Socket.bind(address, port: base &+ 2) }
            add("N08", "bind \(name) on base + 11") { Socket.bind(address, port: base &+ 11) }
        }
        add("N03", "bind 127.0.0.1 on the control port") { Socket.bind(.loopback4, port: base &+ 2) }
        add("N05", "bind ::1 on the control port") { Socket.bind(.loopback6, port: base &+ 2) }
        add("N07", "bind ::ffff:127.0.0.1 on the control port") { Socket.bind(.mapped, port: base &+ 2) }
        for offset in [11, 60, 110] as [UInt16] {
            add("N08", "bind base + \(offset)") { Socket.bind(.loopback4, port: base &+ offset) }
        }
    }

    private mutating func addForeignPorts() {
        let base = facts.basePort
        let addresses: [(String, Socket.Address)] = [
            ("127.0.0.1", .loopback4), ("0.0.0.0", .any4), ("::1", .loopback6), ("::", .any6),
            ("::ffff:127.0.0.1", .mapped), ("::ffff:0.0.0.0", .mappedAny),
        ]
        for (name, address) in addresses {
            add("N02", "bind \(name) on base + 1") { Socket.bind(address, port: base &+ 1) }
            let isLoopback = name.hasSuffix("1")
            add(isLoopback ? "N10" : "N09", "bind \(name) on port 0") { Socket.bind(address, port: 0) }
        }
        for port in [22, 80, 443, 8080, 65535] as [UInt16] {
            add("N02", "bind port \(port)") { Socket.bind(.loopback4, port: port) }
        }
        for offset in [3, 10, 111] as [UInt16] {
            add("N08", "bind base + \(offset)") { Socket.bind(.loopback4, port: base &+ offset) }
        }
        // IP_FREEBIND is 15, IP_TRANSPARENT 19, IP_BIND_ADDRESS_NO_PORT 24 (ip(7)).
        for (name, option) in [("IP_FREEBIND", 15), ("IP_BIND_ADDRESS_NO_PORT", 24)] as [(String, Int32)] {
            add("N32", "bind base + 1 with \(name)") {
                Socket.bind(.any4, port: base &+ 1) { Socket.set($0, 0, option) }
            }
        }
        add("N32", "set IP_TRANSPARENT") { Socket.with(AF_INET, Socket.stream) { Socket.set($0, 0, 19) } }
        // IPV6_FREEBIND is 78 (ipv6(7)).
        add("N32", "bind :: on base + 1 with IPV6_FREEBIND") {
            Socket.bind(.any6, port: base &+ 1) { Socket.set($0, 41, 78) }
        }
        add("N32", "bind 192.0.2.1 on the base port with IP_FREEBIND") {
            Socket.bind(.v4(192, 0, 2, 1), port: base) { Socket.set($0, 0, 15) }
        }
        add("N32", "bind the base port with IP_FREEBIND") {
            Socket.bind(.loopback4, port: base) { Socket.set($0, 0, 15) }
        }
        addForeignThreads()
    }

    /// Threads: what calls is not always the process, and its descriptors are not always the process's.
    private mutating func addForeignThreads() {
        for (name, offset) in [("base + 1", 1), ("the base port", 0)] as [(String, UInt16)] {
            let port = facts.basePort &+ offset
            // CLONE_FILES is 0x400 (unshare(2)).
            let ownTable = { SystemCall.attempt(SYS_unshare, 0x400).then { Socket.bind(.loopback4, port: port) } }
            add("N30", "bind \(name) with a descriptor table of its own", apart: true, ownTable)
            add("N30", "bind \(name) from a thread", apart: true) {
                Child.outcomeInThread { Socket.bind(.loopback4, port: port) }
            }
            add("N30", "bind \(name) from a thread with a descriptor table of its own", apart: true) {
                Child.outcomeInThread(ownTable)
            }
        }
    }

    private mutating func addDescriptors() {
        let base = facts.basePort
        for (name, port) in [("base + 1", base &+ 1), ("the base port", base)] {
            add("N30", "bind \(name) under a number that is another socket to the other threads", apart: true) {
                var shown: UInt16 = 0
                let error = probe_bind_in_thread(port, &shown)
                guard error == 0 else { return .refused(error) }
                return .permitted(value: shown == port ? "bound" : "bound elsewhere")
            }
        }
        for (name, option) in [("SO_REUSEPORT", SO_REUSEPORT), ("SO_REUSEADDR", SO_REUSEADDR)] {
            add("N31", "bind the base port with \(name)") {
                Socket.bind(.loopback4, port: base) { Socket.set($0, SOL_SOCKET, option) }
            }
            add("N31", "bind UDP port 0 with \(name)") {
                Socket.bind(.any4, port: 0, type: Socket.datagram) { Socket.set($0, SOL_SOCKET, option) }
            }
        }
        addRaces()
    }

    private mutating func addListening() {
        let base = facts.basePort
        for (name, family) in [("", AF_INET), (" over IPv6", AF_INET6)] {
            add("N11", "listen on a socket that is not bound" + name) {
                Socket.with(family, Socket.stream) { SystemCall.attempt(SYS_listen, Argument($0), 1) }
            }
        }
        add("N11", "listen on a bound socket") {
            Socket.with(AF_INET, Socket.stream) { socket in
                Socket.set(socket, SOL_SOCKET, SO_REUSEADDR)
                    .then { Socket.bind(socket, Socket.Address.loopback4.bytes(port: base &+ 108)) }
                    .then { SystemCall.attempt(SYS_listen, Argument(socket), 1) }
            }
        }
        add("N12", "connect, disconnect and listen") { Self.disconnected(from: base &+ 107, at: nil) }
        add("N12", "bind, connect, disconnect and listen") { Self.disconnected(from: base &+ 106, at: base &+ 105) }
    }

    /// Listens on a socket that was connected to `port` and disconnected again (AF_UNSPEC, connect(2)), bound before to
    /// `own` if it was at all.
    private static func disconnected(from port: UInt16, at own: UInt16?) -> Outcome {
        let address = Socket.Address.loopback4
        func reusable(_ body: (Int32) -> Outcome) -> Outcome {
            Socket.with(AF_INET, Socket.stream) { socket in
                Socket.set(socket, SOL_SOCKET, SO_REUSEADDR).then { body(socket) }
            }
        }
        return reusable { listener in
            Socket.bind(listener, address.bytes(port: port))
                .then { SystemCall.attempt(SYS_listen, Argument(listener), 1) }
                .then {
                    reusable { socket in
                        (own.map { Socket.bind(socket, address.bytes(port: $0)) } ?? .permitted())
                            .then { Socket.connect(socket, address.bytes(port: port)) }
                            .then { Socket.connect(socket, Array(repeating: 0, count: 16)) }
                            .then { SystemCall.attempt(SYS_listen, Argument(socket), 1) }
                    }
                }
        }
    }

    private mutating func addOddAddresses() {
        let base = facts.basePort
        add("N13", "bind AF_UNSPEC on the base port") { Socket.bind(.unspecified(0, 0, 0, 0), port: base) }
        add("N13", "bind AF_UNSPEC on base + 1") { Socket.bind(.unspecified(0, 0, 0, 0), port: base &+ 1) }
        add("N13", "bind AF_UNSPEC 127.0.0.1 on base + 1") {
            Socket.bind(.unspecified(127, 0, 0, 1), port: base &+ 1)
        }
        add("N13", "bind an IPv4 address to an IPv6 socket on base + 1") {
            Socket.with(AF_INET6, Socket.stream) {
                Socket.bind($0, Socket.Address.loopback4.bytes(port: base &+ 1) + Array(repeating: 0, count: 12))
            }
        }
        for length in [0, 4, 15, 129, 0x8000_0000] {
            add("N14", "bind base + 1 with an address of \(length) bytes") {
                let address = Socket.Address.loopback4.bytes(port: base &+ 1) + Array(repeating: 0, count: 128)
                return Socket.with(AF_INET, Socket.stream) { Socket.bind($0, address, length: length) }
            }
        }
        add("N15", "bind an address that is not mapped") {
            Socket.with(AF_INET, Socket.stream) { SystemCall.attempt(SYS_bind, Argument($0), 4096, 16) }
        }
        add("N15", "bind an address that may not be read") { Self.unreadable(offset: 0) }
        add("N15", "bind an address whose second half may not be read") { Self.unreadable(offset: -8) }
        add("N14", "bind the base port after all of these") { Socket.bind(.loopback4, port: base) }
        add("N15", "bind a null address") {
            Socket.with(AF_INET, Socket.stream) { SystemCall.attempt(SYS_bind, Argument($0), 0, 16) }
        }
    }

    /// Binds with an address at `offset` from a page that may not be read; the page before it may.
    private static func unreadable(offset: Int) -> Outcome {
        let page = 4096
        guard let memory = mmap(nil, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0),
            memory != MAP_FAILED, mprotect(memory + page, page, PROT_NONE) == 0
        else { return .refused(errno) }
        defer { munmap(memory, 2 * page) }
        // A whole address for the kernel to find, if it looked.
        memory.storeBytes(of: UInt16(AF_INET), toByteOffset: page - 8, as: UInt16.self)
        return Socket.with(AF_INET, Socket.stream) {
            SystemCall.attempt(SYS_bind, Argument($0), .number(Int(bitPattern: memory) + page + offset), 16)
        }
    }

    private mutating func addDatagrams() {
        let base = facts.basePort
        for (name, address) in [("0.0.0.0", .any4), ("127.0.0.1", .loopback4), ("::", .any6)]
            as [(String, Socket.Address)]
        {
            add("N17", "bind UDP \(name) on port 0") { Socket.bind(address, port: 0, type: Socket.datagram) }
            for (what, port) in [("port 5353", 5353), ("the base port", base)] {
                add("N16", "bind UDP \(name) on \(what)") { Socket.bind(address, port: port, type: Socket.datagram) }
            }
        }
    }

    private mutating func addConnections() {
        let base = facts.basePort
        add("X03", "connect to the base port, where nobody listens") { Socket.connect(.loopback4, port: base) }
        add("X03", "connect to a CDP port, where nobody listens") { Socket.connect(.loopback6, port: base &+ 11) }
        for port in [53, 80, 443] as [UInt16] {
            add("X03", "connect to port \(port), which the policy permits") { Socket.connect(.loopback4, port: port) }
        }
        for port in [22, 25, 8080, 65535] as [UInt16] {
            add("X03", "connect to port \(port)") { Socket.connect(.loopback4, port: port) }
        }
        add("X03", "connect to base + 1") { Socket.connect(.loopback4, port: base &+ 1) }
        add("X03", "connect to ::ffff:127.0.0.1 on base + 1") { Socket.connect(.mapped, port: base &+ 1) }
        add("X03", "disconnect") {
            Socket.with(AF_INET, Socket.stream) { Socket.connect($0, Array(repeating: 0, count: 16)) }
        }
    }

    /// Listens on `port`, connects to it and accepts.
    private static func conversation(port: UInt16) -> Outcome {
        let address = Socket.Address.loopback4.bytes(port: port)
        return Socket.with(AF_INET, Socket.stream) { listener in
            Socket.set(listener, SOL_SOCKET, SO_REUSEADDR)
                .then { Socket.bind(listener, address) }
                .then { SystemCall.attempt(SYS_listen, Argument(listener), 1) }
                .then {
                    Socket.with(AF_INET, Socket.stream) { client in
                        Socket.connect(client, address)
                            .then { SystemCall.attempt(SYS_accept4, Argument(listener), 0, 0, 0) }
                    }
                }
        }
    }
}
