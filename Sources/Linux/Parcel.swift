import Glibc
public import SystemPackage

/// A message with descriptors, on a socket that carries whole messages (SCM_RIGHTS, unix(7)).
public struct Parcel: Sendable {
    /// The message; nothing when the other end is gone, or sent nothing.
    public var bytes: [UInt8]
    /// The descriptors that came with it, closed by exec. Whoever receives the message must close them.
    public var descriptors: [FileDescriptor]
    /// Whether the message, or what came with it, was more than there was room for. The kernel has closed the rest.
    public var isTruncated: Bool
    /// The sender in this process's PID namespace, as the kernel knows it; 0 where the socket does not ask for that
    /// (SO_PASSCRED).
    public var sender: Int32

    /// The kernel takes and gives these structures in words of this size.
    private static let word = MemoryLayout<Int>.size

    private static func aligned(_ size: Int) -> Int { (size + word - 1) / word * word }
}

extension Channel {
    /// The next message, of at most `limit` bytes and with at most `count` descriptors; nil when none waits (recvmsg(2)).
    public func receiveParcel(limit: Int, descriptors count: Int) throws(Errno) -> Parcel? {
        var bytes = [UInt8](repeating: 0, count: limit)
        var parcel: Parcel?
        var failure: Errno?
        // Room for the sender, which the kernel writes first, and for the descriptors.
        let room = 32 + MemoryLayout<cmsghdr>.size + (count + 1) / 2 * 8
        withUnsafeTemporaryAllocation(byteCount: room, alignment: 8) { control in
            var header = msghdr()
            let length = bytes.withUnsafeMutableBytes { buffer in
                var vector = iovec(iov_base: buffer.baseAddress, iov_len: buffer.count)
                return withUnsafeMutablePointer(to: &vector) { vector in
                    header.msg_iov = vector
                    header.msg_iovlen = 1
                    header.msg_control = control.baseAddress
                    header.msg_controllen = room
                    return Result { () throws(Errno) in
                        try retryingOnInterrupt {
                            recvmsg(descriptor.rawValue, &header, Int32(MSG_CMSG_CLOEXEC) | Int32(MSG_DONTWAIT))
                        }
                    }
                }
            }
            switch length {
            case .success(let length):
                let flags = header.msg_flags & (Int32(MSG_TRUNC) | Int32(MSG_CTRUNC))
                parcel = Parcel(
                    UnsafeRawBufferPointer(rebasing: control[..<min(header.msg_controllen, room)]),
                    bytes: Array(bytes.prefix(length)), isTruncated: flags != 0)
            case .failure(let error):
                if error != .resourceTemporarilyUnavailable { failure = error }
            }
        }
        if let failure { throw failure }
        return parcel
    }

    /// Sends one message and copies of `descriptors` with it, without waiting for room (sendmsg(2)).
    public func send(_ bytes: [UInt8], with descriptors: [FileDescriptor]) throws(Errno) {
        let size = MemoryLayout<cmsghdr>.size + descriptors.count * MemoryLayout<Int32>.size
        let room = (size + 7) / 8 * 8
        let sent = withUnsafeTemporaryAllocation(byteCount: room, alignment: 8) { control in
            var head = cmsghdr()
            head.cmsg_len = size
            head.cmsg_level = SOL_SOCKET
            // SCM_RIGHTS (linux/socket.h).
            head.cmsg_type = 1
            control.storeBytes(of: head, as: cmsghdr.self)
            for (index, descriptor) in descriptors.enumerated() {
                control.storeBytes(
                    of: descriptor.rawValue, toByteOffset: MemoryLayout<cmsghdr>.size + index * 4, as: Int32.self)
            }
            return bytes.withUnsafeBytes { buffer in
                // sendmsg(2) reads the vector and what it points to.
                var vector = iovec(
                    iov_base: UnsafeMutableRawPointer(mutating: buffer.baseAddress), iov_len: buffer.count)
                return withUnsafeMutablePointer(to: &vector) { vector in
                    var header = msghdr()
                    header.msg_iov = vector
                    header.msg_iovlen = 1
                    header.msg_control = control.baseAddress
                    header.msg_controllen = size
                    return Result { () throws(Errno) in
                        try retryingOnInterrupt {
                            sendmsg(self.descriptor.rawValue, &header, Int32(MSG_DONTWAIT) | Int32(MSG_NOSIGNAL))
                        }
                    }
                }
            }
        }
        _ = try sent.get()
    }
}

extension Parcel {
    /// Reads the ancillary data (cmsg(3)).
    fileprivate init(_ control: UnsafeRawBufferPointer, bytes: [UInt8], isTruncated: Bool) {
        self.init(bytes: bytes, descriptors: [], isTruncated: isTruncated, sender: 0)
        let headerSize = MemoryLayout<cmsghdr>.size
        var offset = 0
        while offset + headerSize <= control.count {
            let header = control.loadUnaligned(fromByteOffset: offset, as: cmsghdr.self)
            let end = offset + header.cmsg_len
            guard header.cmsg_len >= headerSize, end <= control.count else { break }
            let data = UnsafeRawBufferPointer(rebasing: control[(offset + headerSize)..<end])
            if header.cmsg_level == SOL_SOCKET, header.cmsg_type == 1 {
                for index in 0..<data.count / 4 {
                    descriptors.append(
                        FileDescriptor(rawValue: data.loadUnaligned(fromByteOffset: index * 4, as: Int32.self)))
                }
            } else if header.cmsg_level == SOL_SOCKET, header.cmsg_type == 2, data.count >= 4 {
                // SCM_CREDENTIALS begins with the process ID.
                sender = data.loadUnaligned(as: Int32.self)
            }
            offset += Self.aligned(header.cmsg_len)
        }
    }
}
