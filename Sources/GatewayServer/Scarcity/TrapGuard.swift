import Glibc

/// Ends the process with code 125 and a sentence where a library traps because the kernel gives no more of what event loops
/// are made of.
///
/// NIO and Dispatch take it for granted that epoll_create1(2), eventfd(2), timerfd_create(2) and epoll_ctl(2) answer when
/// a loop or a passed listener is set up. Guarded is only the time in which they do that: a trap at any other time is a
/// fault of a program and ends it as such.
public enum TrapGuard {
    /// Does `body`, guarded.
    public static func during<Value>(_ body: () throws -> Value) rethrows -> Value {
        begin()
        defer { end() }
        return try body()
    }

    /// Does `body`, guarded.
    public static func during<Value>(_ body: () async throws -> Value) async rethrows -> Value {
        begin()
        defer { end() }
        return try await body()
    }

    /// What a trap is on the processors there are (signal(7)).
    private static let signals = [SIGILL, SIGTRAP]

    /// Starts to guard.
    public static func begin() {
        for number in signals {
            signal(number) { _ in
                // Only what signal-safety(7) allows.
                let message: StaticString = """
                    mazelclaw: the kernel gave no more of what event loops need; the line before says what it refused. \
                    Free some of this user's epoll watches (fs.epoll.max_user_watches), open files or memory, and start \
                    again

                    """
                _ = write(STDERR_FILENO, message.utf8Start, message.utf8CodeUnitCount)
                // What a service manager tries again after, unlike 69.
                _exit(125)
            }
        }
    }

    /// Stops guarding.
    public static func end() {
        for number in signals { signal(number, SIG_DFL) }
    }
}
