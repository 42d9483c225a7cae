import Glibc

/// Where the gateway reads the time of day, so that tests can set it.
public struct WallClock: Sendable {
    private let read: @Sendable () -> Int64

    /// A clock that answers what `milliseconds` returns.
    public init(milliseconds: @escaping @Sendable () -> Int64) {
        read = milliseconds
    }

    /// Milliseconds since the beginning of 1970 UTC.
    public var milliseconds: Int64 { read() }

    /// The host's clock (clock_gettime(2), CLOCK_REALTIME).
    public static let system = WallClock {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
    }
}
