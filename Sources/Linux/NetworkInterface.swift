internal import CLinux
import Glibc
public import SystemPackage

/// The interfaces of the calling process's network namespace (netdevice(7)).
public enum NetworkInterface {
    /// Brings the loopback interface up, which is down in a new namespace. Its addresses come with it.
    public static func bringUpLoopback() throws(Errno) {
        let socket = try FileDescriptor.internetSocket(isIPv6: false, isStream: false)
        defer { socket.discard() }
        var request = clinux_interface_request()
        (request.name.0, request.name.1) = (CChar(UInt8(ascii: "l")), CChar(UInt8(ascii: "o")))
        _ = try valueOrErrno(clinux_ioctl(socket.rawValue, clinux_get_interface_flags, &request))
        request.flags |= clinux_interface_up
        _ = try valueOrErrno(clinux_ioctl(socket.rawValue, clinux_set_interface_flags, &request))
    }
}
