import Glibc
import Synchronization

/// TCP ports for tests.
enum Port {
    /// Below the ports the kernel gives to outgoing connections: one of those, made by another test, could
    /// take a port between the moment it is found free and the moment the server binds it. Below those of the
    /// isolation tests too: there a start is refused when a stranger listens on any of its ports.
    private static let candidates: ClosedRange<UInt16> = 10_100...17_900
    private static let next = Mutex(UInt16.random(in: candidates))

    /// A port that is free on both loopback addresses, as is the one of browser control two above it. Neither is given to
    /// another test of this process.
    static func free() throws -> UInt16 {
        for _ in candidates {
            let port = next.withLock { next in
                // With steps of three no port is another's, nor the one two above another.
                next = next > candidates.upperBound - 5 ? candidates.lowerBound : next + 3
                return next
            }
            if [port, port + 2].allSatisfy({ isFree($0, isIPv6: false) && isFree($0, isIPv6: true) }) { return port }
        }
        throw NoneFree()
    }

    private struct NoneFree: Error {}

    /// Whether `port` can be bound; lets go of it again.
    private static func isFree(_ port: UInt16, isIPv6: Bool) -> Bool {
        // A program that is started just now must not keep it bound.
        let kind = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
        let descriptor = socket(isIPv6 ? AF_INET6 : AF_INET, kind, 0)
        guard descriptor >= 0 else { return isIPv6 }
        defer { close(descriptor) }
        var storage = sockaddr_storage()
        let length = socklen_t(isIPv6 ? MemoryLayout<sockaddr_in6>.size : MemoryLayout<sockaddr_in>.size)
        return withUnsafeMutableBytes(of: &storage) { bytes in
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
            return bytes.withMemoryRebound(to: sockaddr.self) { bind(descriptor, $0.baseAddress, length) == 0 }
        }
    }

    /// Whether somebody listens at `port` on 127.0.0.1.
    static func isListening(_ port: UInt16) -> Bool {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        return withUnsafeBytes(of: address) { bytes in
            bytes.withMemoryRebound(to: sockaddr.self) {
                connect(descriptor, $0.baseAddress, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
    }
}
