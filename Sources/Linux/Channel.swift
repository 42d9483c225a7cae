import Glibc
public import SystemPackage

/// One end of a pair of connected sockets that carry whole messages (socketpair(2), SOCK_SEQPACKET). Closed by exec.
public struct Channel: Sendable {
    /// The end's descriptor.
    public let descriptor: FileDescriptor

    /// A message and who sent it.
    public struct Message: Sendable {
        /// The whole message, as it was sent; empty when the other end is gone.
        public let bytes: [UInt8]
        /// The sender in this process's PID namespace, as the kernel knows it (SCM_CREDENTIALS, unix(7)).
        public let sender: Int32
        /// A descriptor that came with it (SCM_RIGHTS). Whoever receives the message must close it.
        public let descriptor: FileDescriptor?
    }

    /// One end that is open already, such as one that was inherited or passed.
    public init(descriptor: FileDescriptor) {
        self.descriptor = descriptor
    }

    /// Whether `descriptor` is an end of such a pair: a Unix socket for whole messages (socket(7), SO_DOMAIN, SO_TYPE).
    public static func isEnd(_ descriptor: FileDescriptor) -> Bool {
        (try? descriptor.socketOption(SOL_SOCKET, SO_DOMAIN)) == AF_UNIX
            && (try? descriptor.socketOption(SOL_SOCKET, SO_TYPE)) == Int32(SOCK_SEQPACKET.rawValue)
    }

    // Headers and data as cmsg(3) aligns them.
    private typealias Sender = (header: cmsghdr, processID: Int32, userID: UInt32, groupID: UInt32, padding: UInt32)
    private typealias Rights = (header: cmsghdr, descriptor: Int32, padding: Int32)
    private typealias Control = (sender: Sender, rights: Rights)

    /// Makes the pair. Only the first end learns who sent a message.
    public static func pair() throws(Errno) -> (receiver: Channel, sender: Channel) {
        var ends: (Int32, Int32) = (-1, -1)
        let type = Int32(SOCK_SEQPACKET.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
        let result = withUnsafeMutablePointer(to: &ends) {
            $0.withMemoryRebound(to: Int32.self, capacity: 2) { socketpair(AF_UNIX, type, 0, $0) }
        }
        _ = try valueOrErrno(result)
        var on: Int32 = 1
        _ = try valueOrErrno(
            setsockopt(ends.0, SOL_SOCKET, SO_PASSCRED, &on, socklen_t(MemoryLayout<Int32>.size)))
        return (
            Channel(descriptor: FileDescriptor(rawValue: ends.0)), Channel(descriptor: FileDescriptor(rawValue: ends.1))
        )
    }

    /// Sends one message of at most some ten thousand bytes. write(2), so that a filter that permits programs to
    /// write permits this.
    public func send(_ bytes: [UInt8]) throws(Errno) {
        _ = try retryingOnInterrupt { bytes.withUnsafeBytes { write(descriptor.rawValue, $0.baseAddress, $0.count) } }
    }

    /// Sends one message and a copy of `descriptor` with it (SCM_RIGHTS, unix(7)).
    public func send(_ bytes: [UInt8], with descriptor: FileDescriptor) throws(Errno) {
        // SCM_RIGHTS is 1 (linux/socket.h); the length leaves out what only aligns.
        let length = MemoryLayout<cmsghdr>.size + MemoryLayout<Int32>.size
        var control: Rights = (cmsghdr(), descriptor.rawValue, 0)
        control.header.cmsg_len = length
        control.header.cmsg_level = SOL_SOCKET
        control.header.cmsg_type = 1
        let sent = bytes.withUnsafeBytes { buffer in
            // sendmsg(2) reads the vector and what it points to.
            var vector = iovec(iov_base: UnsafeMutableRawPointer(mutating: buffer.baseAddress), iov_len: buffer.count)
            return withUnsafeMutablePointer(to: &vector) { vector in
                withUnsafeMutablePointer(to: &control) { control in
                    var header = msghdr()
                    header.msg_iov = vector
                    header.msg_iovlen = 1
                    header.msg_control = UnsafeMutableRawPointer(control)
                    header.msg_controllen = MemoryLayout<Rights>.size
                    return Result { () throws(Errno) in
                        try retryingOnInterrupt { sendmsg(self.descriptor.rawValue, &header, 0) }
                    }
                }
            }
        }
        _ = try sent.get()
    }

    /// Waits for the other end's message; nil once that end is closed everywhere.
    public func waitForMessage() throws(Errno) -> [UInt8]? {
        let bytes = try receive().bytes
        return bytes.isEmpty ? nil : bytes
    }

    /// The next message and its sender; no bytes once the other end is closed everywhere.
    public func receive() throws(Errno) -> Message {
        let capacity = 4096
        var sender: Int32 = 0
        var descriptor: FileDescriptor?
        var failure: Errno?
        let bytes = [UInt8](unsafeUninitializedCapacity: capacity) { buffer, count in
            // Room for the sender and for one descriptor: the kernel closes what more is sent.
            var control: Control = ((cmsghdr(), 0, 0, 0, 0), (cmsghdr(), -1, 0))
            var vector = iovec(iov_base: buffer.baseAddress, iov_len: capacity)
            do throws(Errno) {
                count = try withUnsafeMutablePointer(to: &vector) { (vector) throws(Errno) in
                    try withUnsafeMutablePointer(to: &control) { (control) throws(Errno) in
                        var header = msghdr()
                        header.msg_iov = vector
                        header.msg_iovlen = 1
                        header.msg_control = UnsafeMutableRawPointer(control)
                        header.msg_controllen = MemoryLayout<Control>.size
                        return try retryingOnInterrupt {
                            recvmsg(self.descriptor.rawValue, &header, Int32(MSG_CMSG_CLOEXEC))
                        }
                    }
                }
                // The kernel writes the sender first. SCM_CREDENTIALS is 2, SCM_RIGHTS 1 (linux/socket.h).
                if Self.isHeader(control.sender.header, ofType: 2) { sender = control.sender.processID }
                if Self.isHeader(control.rights.header, ofType: 1) {
                    descriptor = FileDescriptor(rawValue: control.rights.descriptor)
                }
            } catch {
                failure = error
            }
        }
        if let failure { throw failure }
        return Message(bytes: bytes, sender: sender, descriptor: descriptor)
    }

    private static func isHeader(_ header: cmsghdr, ofType type: Int32) -> Bool {
        header.cmsg_level == SOL_SOCKET && header.cmsg_type == type
    }
}
