import Glibc
public import SystemPackage

/// What a socket is, and the calls on it (socket(7)).
extension FileDescriptor {
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

    /// Lets the socket accept connections (listen(2)).
    public func listen(backlog: Int32) throws(Errno) {
        _ = try valueOrErrno(Glibc.listen(rawValue, backlog))
    }

    /// Ends both directions; a listening socket stops to listen (shutdown(2)).
    public func shutDown() {
        _ = Glibc.shutdown(rawValue, Int32(SHUT_RDWR))
    }
}
