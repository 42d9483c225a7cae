import Glibc

/// Where the gateway reads the time of day, so that tests can set it.
public struct WallClock: Sendable {
    private let read: @Sendable () -> Int64

    /// A clock that answers what `milliseconds` returns.
    public init(milliseconds: @escaping @Sendable () -> Int64) {
        read = milliseconds
    }

    /// The time. A clock that is set to before 1970 or after 9999 shows the nearest time there is.
    public var now: Timestamp { Timestamp(clamping: read()) }

    /// The same in milliseconds since the beginning of 1970 UTC.
    public var milliseconds: Int64 { now.milliseconds }

    /// The host's clock (clock_gettime(2), CLOCK_REALTIME).
    public static let system = WallClock {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
    }
}
