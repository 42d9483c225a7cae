import CProbe
import Glibc

/// Attempts on sockets, by system calls.
enum Socket {
    /// An address as the kernel takes it.
    enum Address {
        case v4(UInt8, UInt8, UInt8, UInt8)
        case v6([UInt8])
        case unspecified(UInt8, UInt8, UInt8, UInt8)

        static let any4 = Address.v4(0, 0, 0, 0)
        static let loopback4 = Address.v4(127, 0, 0, 1)
        static let any6 = Address.v6(Array(repeating: 0, count: 16))
        static let loopback6 = Address.v6(Array(repeating: 0, count: 15) + [1])
        static let mapped = Address.v6(Array(repeating: 0, count: 10) + [255, 255, 127, 0, 0, 1])
        static let mappedAny = Address.v6(Array(repeating: 0, count: 10) + [255, 255, 0, 0, 0, 0])

        /// What a socket for it is made with.
        var family: Int32 {
            switch self {
            case .v4, .unspecified: AF_INET
            case .v6: AF_INET6
            }
        }

        func bytes(port: UInt16) -> [UInt8] {
            let number = [UInt8(port >> 8), UInt8(port & 0xFF)]
            switch self {
            case .v4(let a, let b, let c, let d):
                return [2, 0] + number + [a, b, c, d] + Array(repeating: 0, count: 8)
            case .unspecified(let a, let b, let c, let d):
                return [0, 0] + number + [a, b, c, d] + Array(repeating: 0, count: 8)
            case .v6(let address): return [10, 0] + number + [0, 0, 0, 0] + address + [0, 0, 0, 0]
            }
        }
    }

    static let stream = Int32(SOCK_STREAM.rawValue)
    static let datagram = Int32(SOCK_DGRAM.rawValue)

    static func make(_ family: Int32, _ type: Int32, _ kind: Int32 = 0) -> Outcome {
        with(family, type, kind) { _ in .permitted() }
    }

    static func with(_ family: Int32, _ type: Int32, _ kind: Int32 = 0, _ body: (Int32) -> Outcome) -> Outcome {
        let socket = Int32(SystemCall.result(Int(SYS_socket), [Argument(family), Argument(type), Argument(kind)]))
        guard socket >= 0 else { return .refused(errno) }
        defer { close(socket) }
        return body(socket)
    }

    static func bind(_ socket: Int32, _ address: [UInt8], length: Int? = nil) -> Outcome {
        SystemCall.attempt(SYS_bind, Argument(socket), .bytes(address), .number(length ?? address.count))
    }

    /// Binds a socket, of TCP unless said otherwise, and closes it.
    static func bind(
        _ address: Address, port: UInt16, type: Int32 = stream, before: (Int32) -> Outcome = { _ in .permitted() }
    ) -> Outcome {
        with(address.family, type) { socket in
            // Connections of an earlier host that linger are nobody's claim to the port.
            set(socket, SOL_SOCKET, SO_REUSEADDR).then { before(socket) }
                .then { bind(socket, address.bytes(port: port)) }
        }
    }

    /// Connects a TCP socket, and closes it.
    static func connect(_ address: Address, port: UInt16) -> Outcome {
        with(address.family, stream) { connect($0, address.bytes(port: port)) }
    }

    static func connect(_ socket: Int32, _ address: [UInt8]) -> Outcome {
        SystemCall.attempt(SYS_connect, Argument(socket), .bytes(address), .number(address.count))
    }

    static func set(_ socket: Int32, _ level: Int32, _ option: Int32) -> Outcome {
        SystemCall.attempt(
            SYS_setsockopt, Argument(socket), Argument(level), Argument(option), .bytes([1, 0, 0, 0]), 4)
    }

    /// No name at all: to a socket bound to it the kernel gives an abstract one (unix(7)).
    static let noName: [UInt8] = [1, 0]

    /// The address that a socket is bound to (getsockname(2)).
    static func name(of socket: Int32) -> [UInt8] {
        var storage = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        let result = withUnsafeMutablePointer(to: &storage) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(socket, $0, &length) }
        }
        guard result == 0 else { return [] }
        return withUnsafeBytes(of: storage) { Array($0.prefix(Int(length))) }
    }

    /// A Unix address; a leading "@" stands for the zero byte of an abstract one (unix(7)).
    static func unix(_ path: String) -> [UInt8] {
        path.hasPrefix("@") ? [1, 0, 0] + Array(path.utf8.dropFirst()) : [1, 0] + Array(path.utf8) + [0]
    }
}
