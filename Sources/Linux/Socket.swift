import Glibc
public import SystemPackage

/// What a socket is, and the calls on it (socket(7)).
extension FileDescriptor {
    /// A socket of AF_INET or AF_INET6, for TCP or UDP (ip(7)).
    public static func internetSocket(isIPv6: Bool, isStream: Bool) throws(Errno) -> FileDescriptor {
        try make(isIPv6 ? AF_INET6 : AF_INET, Int32((isStream ? SOCK_STREAM : SOCK_DGRAM).rawValue))
    }

    /// A datagram socket of AF_UNIX (unix(7)).
    public static func unixDatagramSocket() throws(Errno) -> FileDescriptor {
        try make(AF_UNIX, Int32(SOCK_DGRAM.rawValue))
    }

    /// A stream socket of AF_UNIX (unix(7)).
    public static func unixStreamSocket() throws(Errno) -> FileDescriptor {
        try make(AF_UNIX, Int32(SOCK_STREAM.rawValue))
    }

    /// A raw socket of any family.
    public static func rawSocket(family: Int32) throws(Errno) -> FileDescriptor {
        try make(family, Int32(SOCK_RAW.rawValue))
    }

    private static func make(_ family: Int32, _ type: Int32) throws(Errno) -> FileDescriptor {
        FileDescriptor(rawValue: try valueOrErrno(socket(family, type | Int32(SOCK_CLOEXEC.rawValue), 0)))
    }

    /// The address of `name` in the abstract namespace, as the kernel lays it out; with nil one by which bind(2) has the
    /// kernel choose a name (unix(7), autobind).
    public static func abstractAddress(_ name: String?) -> [UInt8] {
        [UInt8(AF_UNIX), 0] + (name.map { [0] + Array($0.utf8) } ?? [])
    }

    /// The address of the socket at `path`, as the kernel takes it (unix(7)). A path that is too long is refused by the
    /// call it is given to.
    public static func unixAddress(_ path: String) -> [UInt8] {
        [UInt8(AF_UNIX), 0] + Array(path.utf8) + [0]
    }

    /// Sets an option that is a number (setsockopt(2)).
    public func setSocketOption(_ level: Int32, _ name: Int32, _ value: Int32) throws(Errno) {
        var value = value
        _ = try valueOrErrno(setsockopt(rawValue, level, name, &value, socklen_t(MemoryLayout<Int32>.size)))
    }

    /// Connects the socket to an address laid out as the kernel takes it (connect(2)).
    public func connect(to address: [UInt8]) throws(Errno) {
        _ = try valueOrErrno(
            address.withUnsafeBytes { buffer in
                buffer.withMemoryRebound(to: sockaddr.self) {
                    Glibc.connect(rawValue, $0.baseAddress, socklen_t(address.count))
                }
            })
    }

    /// An option that is a number (getsockopt(2)). ENOTSOCK when this is no socket.
    public func socketOption(_ level: Int32, _ name: Int32) throws(Errno) -> Int32 {
        var value: Int32 = 0
        var size = socklen_t(MemoryLayout<Int32>.size)
        _ = try valueOrErrno(getsockopt(rawValue, level, name, &value, &size))
        return value
    }

    /// The address the socket is bound to, as the kernel lays it out (getsockname(2)).
    public func socketAddress() throws(Errno) -> [UInt8] {
        var size = socklen_t(MemoryLayout<sockaddr_storage>.size)
        var failure: Errno?
        let bytes = [UInt8](unsafeUninitializedCapacity: Int(size)) { buffer, count in
            do throws(Errno) {
                _ = try valueOrErrno(
                    buffer.withMemoryRebound(to: sockaddr.self) { getsockname(rawValue, $0.baseAddress, &size) })
                count = min(Int(size), buffer.count)
            } catch {
                failure = error
            }
        }
        if let failure { throw failure }
        return bytes
    }

    /// Binds the socket to an address laid out as the kernel takes it (bind(2)).
    public func bind(to address: [UInt8]) throws(Errno) {
        _ = try valueOrErrno(
            address.withUnsafeBytes { buffer in
                buffer.withMemoryRebound(to: sockaddr.self) {
                    Glibc.bind(rawValue, $0.baseAddress, socklen_t(address.count))
                }
            })
    }

    /// What tells the socket's network namespace from any other (SO_NETNS_COOKIE, kernel 5.14).
    public func networkCookie() throws(Errno) -> UInt64 {
        var value: UInt64 = 0
        var size = socklen_t(MemoryLayout<UInt64>.size)
        // SO_NETNS_COOKIE is 71 (asm-generic/socket.h); glibc's headers end before.
        _ = try valueOrErrno(getsockopt(rawValue, SOL_SOCKET, 71, &value, &size))
        return value
    }

    /// Has the socket see one interface alone (SO_BINDTODEVICE, socket(7)). To take that back needs CAP_NET_RAW over the
    /// socket's network.
    public func bindToDevice(_ name: String) throws(Errno) {
        _ = try valueOrErrno(setsockopt(rawValue, SOL_SOCKET, SO_BINDTODEVICE, name, socklen_t(name.utf8.count + 1)))
    }

    /// Whether calls on it return rather than wait (O_NONBLOCK, fcntl(2)).
    public func isNonBlocking() throws(Errno) -> Bool {
        try valueOrErrno(fcntl(rawValue, F_GETFL)) & O_NONBLOCK != 0
    }

    /// Chooses whether calls on it return rather than wait (O_NONBLOCK, fcntl(2)).
    public func setNonBlocking(_ isOn: Bool) throws(Errno) {
        let flags = try valueOrErrno(fcntl(rawValue, F_GETFL))
        _ = try valueOrErrno(fcntl(rawValue, F_SETFL, isOn ? flags | O_NONBLOCK : flags & ~O_NONBLOCK))
    }

    /// Lets the socket accept connections (listen(2)).
    public func listen(backlog: Int32) throws(Errno) {
        _ = try valueOrErrno(Glibc.listen(rawValue, backlog))
    }

    /// Sends one datagram to the connected end, without waiting (send(2), MSG_DONTWAIT): EAGAIN while there is no room.
    public func sendDatagram(_ bytes: [UInt8]) throws(Errno) {
        let flags = Int32(MSG_DONTWAIT) | Int32(MSG_NOSIGNAL)
        _ = try retryingOnInterrupt { bytes.withUnsafeBytes { send(rawValue, $0.baseAddress, $0.count, flags) } }
    }

    /// The next datagram, at most `limit` bytes of it and one more where it is longer; nil when none waits (recv(2),
    /// MSG_DONTWAIT). Descriptors that came with it are closed: no room is made for them (unix(7), SCM_RIGHTS).
    public func receiveDatagram(limit: Int) throws(Errno) -> [UInt8]? {
        var failure: Errno?
        let bytes = [UInt8](unsafeUninitializedCapacity: limit + 1) { buffer, count in
            do throws(Errno) {
                count = try retryingOnInterrupt {
                    recv(rawValue, buffer.baseAddress, limit + 1, Int32(MSG_DONTWAIT))
                }
            } catch {
                failure = error
            }
        }
        if let failure {
            guard failure == .resourceTemporarilyUnavailable else { throw failure }
            return nil
        }
        return bytes
    }

    /// Ends both directions; a listening socket stops to listen (shutdown(2)).
    public func shutDown() {
        _ = Glibc.shutdown(rawValue, Int32(SHUT_RDWR))
    }
}
