import Glibc
public import SystemPackage

/// Reading, writing and accepting without waiting, on stream sockets (socket(7)).
extension FileDescriptor {
    /// The next connection to a listener, itself one on which nothing waits; nil when there is none (accept(2)).
    public func acceptConnection() throws(Errno) -> FileDescriptor? {
        let connection: FileDescriptor
        do throws(Errno) {
            connection = FileDescriptor(rawValue: try retryingOnInterrupt { accept(rawValue, nil, nil) })
        } catch {
            // What a client gave up before it was accepted is none.
            guard error == .resourceTemporarilyUnavailable || error == .connectionAbort else { throw error }
            return nil
        }
        do throws(Errno) {
            try connection.setCloseOnExec(true)
            try connection.setNonBlocking(true)
        } catch {
            connection.discard()
            throw error
        }
        return connection
    }

    /// What has arrived, at most `limit` bytes, and nothing at the end; nil when nothing has yet (recv(2)).
    public func receiveSome(limit: Int) throws(Errno) -> [UInt8]? {
        var failure: Errno?
        let bytes = [UInt8](unsafeUninitializedCapacity: limit) { buffer, count in
            do throws(Errno) {
                count = try retryingOnInterrupt { recv(rawValue, buffer.baseAddress, limit, Int32(MSG_DONTWAIT)) }
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

    /// Sends as much of `bytes` as there is room for, and says how much that was (send(2)).
    public func sendSome(_ bytes: [UInt8]) throws(Errno) -> Int {
        let flags = Int32(MSG_DONTWAIT) | Int32(MSG_NOSIGNAL)
        do throws(Errno) {
            return try retryingOnInterrupt { bytes.withUnsafeBytes { send(rawValue, $0.baseAddress, $0.count, flags) } }
        } catch {
            guard error == .resourceTemporarilyUnavailable else { throw error }
            return 0
        }
    }

    /// Tells the other end that nothing more will come (shutdown(2)).
    public func endWriting() {
        _ = Glibc.shutdown(rawValue, Int32(SHUT_WR))
    }
}
