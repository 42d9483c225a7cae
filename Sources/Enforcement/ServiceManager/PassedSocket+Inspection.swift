import Glibc
import Linux
import Policy
import SystemPackage

extension PassedSocket {
    /// What the kernel says of `descriptor` (getsockopt(2), getsockname(2)).
    init(inspecting descriptor: Int32, name: String?) throws(Errno) {
        self.init(
            descriptor: descriptor, name: name, kind: try Self.kind(of: FileDescriptor(rawValue: descriptor)))
    }

    private static func kind(of socket: FileDescriptor) throws(Errno) -> Kind {
        let family: Int32
        do throws(Errno) {
            family = try socket.socketOption(SOL_SOCKET, SO_DOMAIN)
        } catch {
            guard error == Errno(rawValue: ENOTSOCK) else { throw error }
            return .other("no socket")
        }
        let isUnix = family == AF_UNIX
        guard family == AF_INET || family == AF_INET6 else {
            return .other(isUnix ? "a Unix socket" : "a socket of family \(family)")
        }
        let place = try InternetAddress(try socket.socketAddress(), family: family)
        guard try socket.socketOption(SOL_SOCKET, SO_PROTOCOL) == Int32(IPPROTO_TCP) else {
            return .other("\(place) of another protocol than TCP")
        }
        let isListening = try socket.socketOption(SOL_SOCKET, SO_ACCEPTCONN) != 0
        // One that was never bound has no place to listen at.
        guard isListening || place.port != 0 else { return .other("\(place)/tcp that does not listen") }
        // Of an IPv4 socket ENOPROTOOPT would be the answer.
        let isIPv6Only = family == AF_INET6 ? try socket.socketOption(Int32(IPPROTO_IPV6), IPV6_V6ONLY) != 0 : false
        return .listener(
            Listener(
                address: place.address, port: place.port, isIPv6Only: isIPv6Only,
                sharesPort: try socket.socketOption(SOL_SOCKET, SO_REUSEPORT) != 0, isListening: isListening))
    }
}
