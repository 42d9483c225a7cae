import Glibc
import Linux
import Policy
import SystemPackage

extension PassedSocket {
    /// Makes a listener that was shut down, or made a connection of, listen again where it was bound, and takes
    /// SO_REUSEPORT back that it did not have. One that listens is left alone.
    ///
    /// The service manager has the very same socket: it would find it dead, and start nothing by it any more. A socket that
    /// was bound to a port keeps it when it is disconnected (connect(2), AF_UNSPEC); one that has lost it is bound again.
    /// Throws what the kernel answers when it cannot be had back, EADDRNOTAVAIL for a socket that is elsewhere by now.
    func revive() throws(Errno) {
        guard let listener else { return }
        let socket = FileDescriptor(rawValue: descriptor)
        if !listener.sharesPort, try socket.socketOption(SOL_SOCKET, SO_REUSEPORT) != 0 {
            try socket.setSocketOption(SOL_SOCKET, SO_REUSEPORT, 0)
        }
        guard try socket.socketOption(SOL_SOCKET, SO_ACCEPTCONN) == 0 else { return }
        try socket.connect(to: Array(repeating: 0, count: MemoryLayout<sockaddr_in>.size))
        let family = try socket.socketOption(SOL_SOCKET, SO_DOMAIN)
        let place = InternetAddress(address: listener.address, port: listener.port)
        do throws(Errno) {
            try socket.bind(to: place.bytes)
        } catch {
            // It has kept its port: a socket is bound once. What its name shows is no sign of that (getsockname(2)).
            guard error == .invalidArgument else { throw error }
        }
        // As long a queue as the kernel lets it have (net.core.somaxconn).
        try socket.listen(backlog: .max)
        guard try InternetAddress(try socket.socketAddress(), family: family) == place else {
            socket.shutDown()
            throw .addressNotAvailable
        }
    }
}
