internal import CLinux
import Glibc

/// Time that no one sets (clock_gettime(2), CLOCK_MONOTONIC).
public enum MonotonicClock {
    /// Microseconds since some moment before this process.
    public static var microseconds: Int64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1000
    }
}
