/// Where a service manager takes notifications: a datagram socket of AF_UNIX (sd_notify(3)).
public struct NotificationAddress: Equatable, Sendable {
    /// As $NOTIFY_SOCKET spells it: an absolute path, or `@` and a name in the abstract namespace.
    public let text: String

    /// The address `text` spells; nil for any other kind, and for what a socket's name has no room for.
    public init?(_ text: String) {
        let bytes = text.utf8
        // sun_path has 108 bytes (unix(7)): a path ends with NUL, an abstract name begins with one.
        let isPath = bytes.first == UInt8(ascii: "/") && bytes.count <= 107
        let isAbstract = bytes.first == UInt8(ascii: "@") && bytes.count <= 108
        guard isPath || isAbstract, bytes.count > 1, !bytes.contains(0) else { return nil }
        self.text = text
    }

    /// The address as struct sockaddr_un (unix(7)).
    public var socketAddress: [UInt8] {
        // AF_UNIX is 1 (linux/socket.h); the numbers are little-endian here, as on x86-64.
        text.utf8.first == UInt8(ascii: "@")
            ? [1, 0, 0] + Array(text.utf8.dropFirst()) : [1, 0] + Array(text.utf8) + [0]
    }
}
