import Glibc
import Policy

/// Tells the service manager how the gateway fares (sd_notify(3)). In the sandbox the launcher passes it on.
struct ServiceNotifier: Sendable {
    private let descriptor: Int32

    /// A connection to the service manager; nil when there is none.
    init?(_ manager: ServiceManager) throws(ServiceManagerError) {
        guard let address = manager.notificationAddress else { return nil }
        descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        let bytes = address.socketAddress
        let result = bytes.withUnsafeBytes { buffer in
            buffer.withMemoryRebound(to: sockaddr.self) {
                connect(descriptor, $0.baseAddress, socklen_t(bytes.count))
            }
        }
        guard result == 0 else { throw .unreachable(address, String(cString: strerror(errno))) }
    }

    /// Sends `notification`. Without `waiting`, one for which there is no room just now is left out.
    func send(_ notification: ServiceNotification, waiting: Bool = true) {
        let bytes = notification.bytes
        let flags = Int32(MSG_NOSIGNAL) | (waiting ? 0 : Int32(MSG_DONTWAIT))
        // A manager that has gone away is no reason to end.
        while Glibc.send(descriptor, bytes, bytes.count, flags) == -1, errno == EINTR {}
    }
}
