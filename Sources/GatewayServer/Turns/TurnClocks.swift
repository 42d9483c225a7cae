import Glibc

/// The clocks by which the turns of an event loop are counted.
package struct TurnClocks {
    /// What this thread has used of a processor, in ns.
    let thread: () -> Int64
    /// The time, in ns from any beginning.
    let elapsed: () -> Int64

    /// The kernel's (clock_gettime(2)): CLOCK_THREAD_CPUTIME_ID, and CLOCK_MONOTONIC, which takes no system call.
    package static var kernel: TurnClocks {
        TurnClocks(thread: { time(CLOCK_THREAD_CPUTIME_ID) }, elapsed: { time(CLOCK_MONOTONIC) })
    }

    private static func time(_ clock: clockid_t) -> Int64 {
        var time = timespec()
        clock_gettime(clock, &time)
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }
}
