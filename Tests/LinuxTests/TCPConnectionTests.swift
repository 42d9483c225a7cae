import Glibc
import Testing

@testable import Linux

/// A connection from one port of 127.0.0.1 to another, both ends in this process.
private final class LoopbackConnection {
    private var descriptors: [Int32] = []
    private(set) var port: UInt16 = 0
    private(set) var peer: UInt16 = 0

    init() throws {
        let listener = try endpoint()
        try #require(listen(listener, 1) == 0)
        port = try Self.port(of: listener)
        let client = try endpoint()
        var address = Self.address(port: port)
        let isConnected = Self.withPointer(&address) { connect(client, $0, $1) == 0 }
        try #require(isConnected)
        peer = try Self.port(of: client)
        descriptors.append(accept(listener, nil, nil))
    }

    deinit {
        for descriptor in descriptors { close(descriptor) }
    }

    /// The end that was accepted.
    var accepted: Int32 { descriptors[2] }

    private func endpoint() throws -> Int32 {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        try #require(descriptor >= 0)
        descriptors.append(descriptor)
        var address = Self.address(port: 0)
        let isBound = Self.withPointer(&address) { bind(descriptor, $0, $1) == 0 }
        try #require(isBound)
        return descriptor
    }

    private static func port(of descriptor: Int32) throws -> UInt16 {
        var address = sockaddr_in()
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isKnown = withUnsafeMutableBytes(of: &address) { bytes in
            bytes.withMemoryRebound(to: sockaddr.self) { getsockname(descriptor, $0.baseAddress, &size) == 0 }
        }
        try #require(isKnown)
        return UInt16(bigEndian: address.sin_port)
    }

    private static func address(port: UInt16) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        return address
    }

    private static func withPointer<Value>(
        _ address: inout sockaddr_in, _ body: (UnsafePointer<sockaddr>?, socklen_t) -> Value
    ) -> Value {
        withUnsafeBytes(of: &address) { bytes in
            bytes.withMemoryRebound(to: sockaddr.self) {
                body($0.baseAddress, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
    }
}

@Test func `the kernel says whose the end of a connection is, by netlink and by its tables`() throws {
    let connection = try LoopbackConnection()
    let (port, peer) = (connection.port, connection.peer)
    #expect(try TCPConnection.userOnLoopback(port: port, peer: peer) == getuid())
    #expect(try TCPConnection.listed(port: port, peer: peer) == getuid())
    // Only the owner of a socket may give it away.
    if geteuid() == 0 {
        try #require(fchown(connection.accepted, 71_234, 71_234) == 0)
        #expect(try TCPConnection.userOnLoopback(port: port, peer: peer) == 71_234)
        #expect(try TCPConnection.listed(port: port, peer: peer) == 71_234)
        // The other end is still ours.
        #expect(try TCPConnection.userOnLoopback(port: peer, peer: port) == 0)
    }
    #expect(try TCPConnection.userOnLoopback(port: port, peer: 1) == nil)
    #expect(try TCPConnection.listed(port: port, peer: 1) == nil)
}

@Test func `a listener is listed with its user, by netlink and by the kernel's tables`() throws {
    let connection = try LoopbackConnection()
    let own = try TCPListener.all().filter { $0.port == connection.port && $0.address == [127, 0, 0, 1] }
    #expect(own.map(\.userID) == [getuid()])
}
