import Glibc
public import SystemPackage

/// TCP ports of this network namespace, seen from outside the sandbox.
public enum TCPPort {
    /// Whether `port` can be bound on 127.0.0.1 and, where the host has IPv6, on ::1 (bind(2)); one of them may be
    /// left out.
    ///
    /// Throws when a trial ends otherwise than by success, a port in use, or a family or address the host does not have.
    public static func isFree(_ port: UInt16, ipv4: Bool = true, ipv6: Bool = true) throws(Errno) -> Bool {
        var address4 = sockaddr_in()
        address4.sin_family = sa_family_t(AF_INET)
        address4.sin_port = port.bigEndian
        address4.sin_addr.s_addr = INADDR_LOOPBACK.bigEndian
        var address6 = sockaddr_in6()
        address6.sin6_family = sa_family_t(AF_INET6)
        address6.sin6_port = port.bigEndian
        address6.sin6_addr = in6addr_loopback
        if ipv4, try !canBind(AF_INET, &address4) { return false }
        if ipv6, try !canBind(AF_INET6, &address6) { return false }
        return true
    }

    private static func canBind<Address>(_ family: Int32, _ address: inout Address) throws(Errno) -> Bool {
        let handle: Int32
        do throws(Errno) {
            handle = try valueOrErrno(
                socket(family, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0))
        } catch {
            // No socket of this family, no listener either.
            guard error == .addressFamilyNotSupported else { throw error }
            return true
        }
        defer { close(handle) }
        var on: Int32 = 1
        // Connections that linger in TIME_WAIT are no listener.
        _ = try valueOrErrno(setsockopt(handle, SOL_SOCKET, SO_REUSEADDR, &on, socklen_t(MemoryLayout<Int32>.size)))
        let size = socklen_t(MemoryLayout<Address>.size)
        do throws(Errno) {
            _ = try valueOrErrno(
                withUnsafePointer(to: &address) {
                    $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(handle, $0, size) }
                })
            return true
        } catch {
            switch error {
            case .addressInUse: return false
            // A host without IPv6 has no ::1 to listen on.
            case .addressNotAvailable: return true
            default: throw error
            }
        }
    }
}
