import Glibc
public import NIOCore

/// How long the server waits, and how much it takes in.
public struct ServerLimits: Sendable {
    /// From a connection's start, or a request's head, to the end of the request. Default 10 s.
    public var request: TimeAmount = .seconds(10)
    /// Between two requests on one connection, and for each 64 KiB of an answer. Default 60 s.
    public var idle: TimeAmount = .seconds(60)
    /// The WebSocket handshake: from the upgrade to a valid `connect`. Default 10 s.
    public var handshake: TimeAmount = .seconds(10)
    /// For the other end to answer our close frame. Default 2 s.
    public var closing: TimeAmount = .seconds(2)
    /// For all connections to end once the server was asked to stop. Default 5 s.
    public var shutdown: TimeAmount = .seconds(5)
    /// Between two ticks. Default 30 s.
    public var tick: TimeAmount = .seconds(30)
    /// Between two looks whether there is memory to give back to the kernel. Default 5 s.
    public var sweep: TimeAmount = .seconds(5)
    /// Between two pings; a client that leaves three unanswered is gone. Default 30 s.
    public var ping: TimeAmount = .seconds(30)
    /// One header field, in bytes. Default 16 KiB.
    public var headerField = 16 << 10
    /// All header fields of a request together, in bytes. Default 32 KiB.
    public var headers = 32 << 10
    /// The body of a request, in bytes. Default 64 KiB.
    public var body = 64 << 10
    /// The bodies of all requests together that are being read or acted on, in bytes. Default 64 MiB.
    public var bodies = 64 << 20
    /// All that a client sends over a WebSocket before it is through the handshake, in bytes. Default 128 KiB.
    public var beforeHandshake = 128 << 10

    /// How many connections there may be at once, three quarters of them of one peer. Default: what the process' limit of open files (getrlimit(2),
    /// RLIMIT_NOFILE) leaves when 128 of them are kept for databases, logs and the programs that answer; a quarter of it
    /// where that is more. Where nothing is left to accept with, the event loop would try again and again.
    public var connections = ServerLimits.roomForConnections

    /// The defaults.
    public init() {}

    private static var roomForConnections: Int {
        var limit = rlimit()
        // Cannot fail: the resource exists, and the pointer is good (getrlimit(2), ERRORS).
        getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        let files = Int(clamping: limit.rlim_cur)
        return max(files - 128, files / 4)
    }
}
