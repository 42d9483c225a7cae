import Glibc

/// Which sockets a server accepts on.
public struct ServerSockets: Sendable {
    /// Listening sockets of its port that somebody else has made; the server owns them from then on.
    public var passed: [Int32]
    /// The addresses it binds its port on.
    public var addresses: [String]

    /// The same sockets, those passed under new descriptors: whoever serves on them may close those. Of one that cannot
    /// be had again the address is not served.
    public func duplicated() -> ServerSockets {
        ServerSockets(
            passed: passed.compactMap { number in
                let copy = fcntl(number, F_DUPFD_CLOEXEC, 3)
                return copy < 0 ? nil : copy
            }, addresses: addresses)
    }

    /// By default 127.0.0.1 and ::1, and nothing passed.
    public init(passed: [Int32] = [], addresses: [String] = ["127.0.0.1", "::1"]) {
        self.passed = passed
        self.addresses = addresses
    }
}
