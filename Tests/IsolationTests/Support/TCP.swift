import Glibc

/// TCP connections from outside the sandbox.
enum TCP {
    /// Whether a connection to `port` of a loopback address is accepted.
    static func accepts(_ address: String, _ port: UInt16) throws -> Bool {
        let isIPv6 = address.contains(":")
        let socket = Glibc.socket(isIPv6 ? AF_INET6 : AF_INET, Int32(SOCK_STREAM.rawValue) | 0o2000000, 0)
        guard socket >= 0 else { throw Files.Failure(path: address, errno: errno) }
        defer { close(socket) }
        var bytes = [UInt8](repeating: 0, count: isIPv6 ? 28 : 16)
        bytes[0] = UInt8(isIPv6 ? AF_INET6 : AF_INET)
        (bytes[2], bytes[3]) = (UInt8(port >> 8), UInt8(port & 255))
        let isText = bytes.withUnsafeMutableBytes { bytes in
            inet_pton(isIPv6 ? AF_INET6 : AF_INET, address, bytes.baseAddress.map { $0 + (isIPv6 ? 8 : 4) })
        }
        guard isText == 1 else { throw Files.Failure(path: address, errno: EINVAL) }
        return bytes.withUnsafeBytes { bytes in
            bytes.withMemoryRebound(to: sockaddr.self) {
                connect(socket, $0.baseAddress, socklen_t(bytes.count)) == 0
            }
        }
    }
}
