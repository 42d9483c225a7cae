import Glibc
import SystemPackage
import Testing

@testable import Linux

/// What the kernel lists of TCP and UDP sockets, and which ports it is asked about.
@Suite struct SocketListingTests {
    /// A TCP socket that listens on a port of the kernel's choice, and its port.
    private static func listener(isIPv6: Bool) throws -> (socket: FileDescriptor, port: UInt16) {
        let socket = try FileDescriptor.internetSocket(isIPv6: isIPv6, isStream: true)
        let address = isIPv6 ? in6() : in4()
        try socket.bind(to: address)
        try socket.listen(backlog: 1)
        let bound = try socket.socketAddress()
        return (socket, UInt16(bound[2]) << 8 | UInt16(bound[3]))
    }

    private static func in4() -> [UInt8] { [UInt8(AF_INET), 0, 0, 0, 127, 0, 0, 1] + Array(repeating: 0, count: 8) }
    private static func in6() -> [UInt8] { [UInt8(AF_INET6), 0] + Array(repeating: 0, count: 21) + [1, 0, 0, 0, 0] }

    @Test func `a listener is listed when its port is asked for, alone or among others, and else it is not`() throws {
        for isIPv6 in [false, true] {
            let (socket, port) = try Self.listener(isIPv6: isIPv6)
            defer { socket.discard() }
            let inode = try FileStatus(of: socket).inode
            func isListed(_ ports: [ClosedRange<UInt16>]?) throws -> Bool {
                try TCPListener.all(on: ports).contains { $0.inode == inode && $0.port == port }
            }
            for ports in [
                nil, [port...port], [0...65535], [1...2, port...port], [port...port, 1...2],
                [1...1, port - 1...port + 1],
                [1...1, 2...2, 3...3, port...65535, 4...4],
            ] as [[ClosedRange<UInt16>]?] {
                #expect(try isListed(ports), "\(String(describing: ports))")
            }
            for ports in [[], [1...1], [1...port - 1, port + 1...65535], [port + 1...65535, 1...port - 1, 3...3]]
                as [[ClosedRange<UInt16>]]
            {
                #expect(try !isListed(ports), "\(ports)")
            }
        }
    }

    @Test func `the kernel itself leaves out other ports, and a request too long for that lists the same`() throws {
        let (socket, port) = try Self.listener(isIPv6: false)
        defer { socket.discard() }
        let (other, _) = try Self.listener(isIPv6: false)
        defer { other.discard() }
        let inode = try FileStatus(of: socket).inode
        let listed = try SocketDiagnostics.sockets(.listeners(on: [1...1, port...port, 2...2]))
        #expect(listed.allSatisfy { $0.port == port })
        #expect(listed.contains { $0.inode == inode })
        let many = (0..<1500).map { _ in port...port }
        #expect(try TCPListener.all(on: many).allSatisfy { $0.port == port })
        #expect(try TCPListener.all(on: many).contains { $0.inode == inode })
    }

    @Test func `the tables of proc list what netlink lists`() throws {
        let (socket, port) = try Self.listener(isIPv6: true)
        defer { socket.discard() }
        let inode = try FileStatus(of: socket).inode
        let listed = try SocketEntry.listed(in: "/proc/net/tcp6", state: "0A").first { $0.inode == inode }
        #expect(listed?.port == port)
        #expect(listed?.address == Array(repeating: 0, count: 15) + [1])
        #expect(try SocketEntry.listed(in: "/proc/net/none", state: nil).isEmpty)
        // What cannot be read lists nothing, and says so.
        #expect(throws: Errno.self) { try SocketEntry.listed(in: "/proc/net", state: nil) }
    }

    @Test func `a UDP socket is listed once it has a port, until it is closed`() throws {
        let socket = try FileDescriptor.internetSocket(isIPv6: false, isStream: false)
        let inode = try FileStatus(of: socket).inode
        #expect(try !UDPSocket.inodes().contains(inode))
        try socket.bind(to: Self.in4())
        #expect(try UDPSocket.inodes().contains(inode))
        #expect(try SocketEntry.listed(in: "/proc/net/udp", state: nil).contains { $0.inode == inode })
        socket.discard()
        #expect(try !UDPSocket.inodes().contains(inode))
    }

    @Test func `the holders of many sockets are found together`() throws {
        let sockets = try (0..<20).map { _ in try Self.listener(isIPv6: false).socket }
        defer { for socket in sockets { socket.discard() } }
        let inodes = Set(try sockets.map { try FileStatus(of: $0).inode })
        let holders = SocketOwner.holders(of: inodes)
        #expect(Set(holders.keys) == inodes)
        #expect(holders.values.allSatisfy { $0.processID == getpid() })
        #expect(SocketOwner.holders(of: [0]).isEmpty)
    }

    @Test func `a port somebody listens on is not free, and one that nobody has is`() throws {
        let (socket, port) = try Self.listener(isIPv6: false)
        #expect(try !TCPPort.isFree(port))
        #expect(try TCPPort.isFree(port, ipv4: false))
        socket.discard()
        #expect(try TCPPort.isFree(port))
    }
}
