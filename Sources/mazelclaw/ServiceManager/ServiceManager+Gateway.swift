import Gateway
import GatewayServer
import Glibc
import Linux
import NIOCore
import Policy
import Synchronization

extension ServiceManager {
    /// What a service manager told this process. Programs it starts later are told nothing.
    static func taken() throws(ServiceManagerError) -> ServiceManager {
        let manager = try ServiceManager(processID: OwnProcess.processID, OwnProcess.variable)
        for name in variables { unsetenv(name) }
        return manager
    }

    /// The sockets to accept on at `port`: those passed for it or for a port that is none of the instance's, such as 443, and
    /// the loopback addresses they leave.
    func sockets(port: UInt16) -> ServerSockets {
        var sockets = ServerSockets()
        let own = PortSet(base: port)
        for number in passed?.numbers ?? 0..<0 {
            _ = fcntl(number, F_SETFD, FD_CLOEXEC)
            guard let listener = PassedSocket.Listener(descriptor: number),
                listener.port == port || own?.contains(listener.port) != true
            else {
                Output.error(
                    "mazelclaw: descriptor \(number) of LISTEN_FDS is no TCP listener for the gateway, and is not used")
                close(number)
                continue
            }
            sockets.passed.append(number)
            guard listener.port == port else { continue }
            sockets.addresses.removeAll { IPAddress($0).map(listener.accepts) ?? false }
        }
        return sockets
    }
}

extension ServerObserver {
    /// Tells people where the gateway listens, and the service manager how it fares. `note` is said once, beside that.
    init(_ manager: ServiceManager, note: String?) throws(ServiceManagerError) {
        let notifier = try ServiceNotifier(manager)
        let notes = Mutex(note)
        self.init(
            listening: { addresses in
                let note = notes.withLock { note in
                    defer { note = nil }
                    return note
                }
                let status =
                    "listening on \(addresses.joined(separator: " and "))" + (note.map { ", \($0)" } ?? "")
                Output.line(status)
                notifier?.send(ServiceNotification(.ready, .status(status)))
                ProgramImage.release()
            },
            restarting: { notifier?.send(ServiceNotification(.status("restarting"))) },
            stopping: { notifier?.send(ServiceNotification(.stopping)) })
        guard let notifier, let limit = manager.watchdogMicroseconds else { return }
        // Half of it, as sd_watchdog_enabled(3) advises.
        pulse = Pulse(every: .microseconds(Int64(clamping: limit / 2))) {
            notifier.send(ServiceNotification(.watchdog), waiting: false)
        }
    }
}

extension PassedSocket.Listener {
    /// What the kernel says of `descriptor`; nil when that is no listening TCP socket (socket(7)).
    init?(descriptor: Int32) {
        func option(_ level: Int32, _ name: Int32) -> Int32? {
            var value: Int32 = 0
            var size = socklen_t(MemoryLayout<Int32>.size)
            return getsockopt(descriptor, level, name, &value, &size) == 0 ? value : nil
        }
        guard option(SOL_SOCKET, SO_ACCEPTCONN) == 1, option(SOL_SOCKET, SO_PROTOCOL) == Int32(IPPROTO_TCP) else {
            return nil
        }
        var bytes = [UInt8](repeating: 0, count: MemoryLayout<sockaddr_in6>.size)
        var size = socklen_t(bytes.count)
        let result = bytes.withUnsafeMutableBytes { buffer in
            buffer.withMemoryRebound(to: sockaddr.self) { getsockname(descriptor, $0.baseAddress, &size) }
        }
        guard result == 0 else { return nil }
        func number(_ range: Range<Int>) -> UInt64 { range.reduce(0) { $0 << 8 | UInt64(bytes[$1]) } }
        let address: IPAddress
        // Family, port and address as ip(7) and ipv6(7) lay them out.
        switch option(SOL_SOCKET, SO_DOMAIN) {
        case AF_INET: address = .v4(UInt32(number(4..<8)))
        case AF_INET6: address = .v6(high: number(8..<16), low: number(16..<24))
        default: return nil
        }
        self.init(
            address: address, port: UInt16(number(2..<4)),
            isIPv6Only: option(Int32(IPPROTO_IPV6), IPV6_V6ONLY) == 1,
            sharesPort: option(SOL_SOCKET, SO_REUSEPORT) == 1)
    }
}
