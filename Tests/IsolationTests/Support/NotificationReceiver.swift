import CProbe
import Glibc

/// A service manager's notification socket, as the tests play it (sd_notify(3)).
final class NotificationReceiver {
    /// A datagram as it arrived.
    struct Message {
        let bytes: [UInt8]
        /// The sender, as the kernel knows it.
        let sender: pid_t
        /// Whether descriptors came with it.
        let hasDescriptors: Bool
        var text: String { String(decoding: bytes, as: UTF8.self) }
    }

    /// What NOTIFY_SOCKET is to hold.
    let address: String
    private let socket: Int32

    /// A socket at a path, or with `@` in the abstract namespace.
    init(_ address: String) throws {
        self.address = address
        socket = Glibc.socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | 0o2000000, 0)
        let name = address.first == "@" ? [0] + Array(address.utf8.dropFirst()) : Array(address.utf8) + [0]
        let bytes: [UInt8] = [1, 0] + name
        let result = bytes.withUnsafeBytes {
            probe_syscall(Int(SYS_bind), Int(socket), Int(bitPattern: $0.baseAddress), bytes.count, 0, 0, 0)
        }
        guard socket >= 0, result == 0 else { throw Files.Failure(path: address, errno: errno) }
        var on: Int32 = 1
        setsockopt(socket, SOL_SOCKET, SO_PASSCRED, &on, 4)
    }

    deinit { close(socket) }

    /// A socket of this host's, which only its launching user can reach.
    convenience init(_ host: Host) throws {
        let path = "\(host.root)/notify-\(UInt32.random(in: 0...UInt32.max))"
        try self.init(path)
        try Files.set(path, mode: 0o600, owner: host.starting == .root ? nil : Host.payloadUser)
    }

    /// The next message; nil when none comes within `seconds`.
    func next(seconds: Double = 10) -> Message? {
        var ready = pollfd(fd: socket, events: Int16(POLLIN), revents: 0)
        guard poll(&ready, 1, Int32(seconds * 1000)) == 1 else { return nil }
        var buffer = [UInt8](repeating: 0, count: 1 << 17)
        // Room for struct ucred and some descriptors (cmsg(3)).
        var control = [UInt32](repeating: 0, count: 64)
        return buffer.withUnsafeMutableBytes { buffer in
            control.withUnsafeMutableBytes { control in
                var vector = iovec(iov_base: buffer.baseAddress, iov_len: buffer.count)
                return withUnsafeMutablePointer(to: &vector) { vector in
                    var header = msghdr()
                    header.msg_iov = vector
                    header.msg_iovlen = 1
                    header.msg_control = control.baseAddress
                    header.msg_controllen = control.count
                    let count = recvmsg(socket, &header, 0)
                    guard count >= 0 else { return nil }
                    // A header of 16 bytes, whose type SCM_CREDENTIALS is 2, then the process ID.
                    let words = control.bindMemory(to: UInt32.self)
                    let sender = header.msg_controllen >= 28 && words[3] == 2 ? pid_t(words[4]) : 0
                    return Message(
                        bytes: Array(buffer.prefix(count)), sender: sender, hasDescriptors: header.msg_controllen > 32)
                }
            }
        }
    }

    /// All that comes until `running` has ended.
    func all(until running: Running, seconds: Int = 30) throws -> [String] {
        var messages: [String] = []
        let deadline = ContinuousClock().now + .seconds(seconds)
        while Processes.isAlive(running.processID), ContinuousClock().now < deadline {
            if let message = next(seconds: 0.02) { messages.append(message.text) }
        }
        while let message = next(seconds: 0) { messages.append(message.text) }
        return messages
    }
}

extension Host.Options {
    /// A start by a service manager that listens at `receiver`.
    init(notifying receiver: NotificationReceiver) {
        self.init()
        setup.environment["NOTIFY_SOCKET"] = receiver.address
    }
}
