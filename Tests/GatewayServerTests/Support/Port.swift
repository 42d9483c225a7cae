import Glibc
import Testing

/// TCP ports for tests.
enum Port {
    /// A port that is free on both loopback addresses now. The server itself never binds port 0.
    static func free() throws -> UInt16 {
        while true {
            let port = try bound(port: 0, isIPv6: false)
            // A PortSet must fit above it.
            if port <= 65425, (try? bound(port: port, isIPv6: true)) != nil { return port }
        }
    }

    /// Binds `port`, or any when it is 0, and lets go of it again. Returns the port.
    private static func bound(port: UInt16, isIPv6: Bool) throws -> UInt16 {
        let descriptor = socket(isIPv6 ? AF_INET6 : AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        try #require(descriptor >= 0)
        defer { close(descriptor) }
        var storage = sockaddr_storage()
        var length = socklen_t(isIPv6 ? MemoryLayout<sockaddr_in6>.size : MemoryLayout<sockaddr_in>.size)
        let result = withUnsafeMutableBytes(of: &storage) { bytes in
            if isIPv6 {
                var address = sockaddr_in6()
                address.sin6_family = sa_family_t(AF_INET6)
                address.sin6_port = port.bigEndian
                address.sin6_addr = in6addr_loopback
                bytes.storeBytes(of: address, as: sockaddr_in6.self)
            } else {
                var address = sockaddr_in()
                address.sin_family = sa_family_t(AF_INET)
                address.sin_port = port.bigEndian
                address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
                bytes.storeBytes(of: address, as: sockaddr_in.self)
            }
            return bytes.withMemoryRebound(to: sockaddr.self) { address in
                guard bind(descriptor, address.baseAddress, length) == 0 else { return false }
                return getsockname(descriptor, address.baseAddress, &length) == 0
            }
        }
        try #require(result)
        return withUnsafeBytes(of: storage) { $0.load(as: sockaddr_in.self).sin_port.bigEndian }
    }
}
