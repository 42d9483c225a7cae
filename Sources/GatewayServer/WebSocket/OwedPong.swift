import NIOCore

/// The answers to one client's pings. While it takes nothing, only the newest is kept: a client that pings without
/// reading must cost no memory, and one pong answers all pings before it (RFC 6455 section 5.5.3).
struct OwedPong {
    private var data: ByteBuffer?

    /// The content of the pong that goes out now for a ping with `data`; nil when it has to wait.
    mutating func answer(to data: ByteBuffer, isWritable: Bool) -> ByteBuffer? {
        self.data = isWritable ? nil : data
        return isWritable ? data : nil
    }

    /// The content of the pong that waited, if one did; for when the client takes something again.
    mutating func take() -> ByteBuffer? {
        defer { data = nil }
        return data
    }
}
