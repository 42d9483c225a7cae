import Glibc

/// Ends a command that reads a database with code 1 and a sentence when a payload cuts a file short that SQLite has mapped:
/// the kernel says so by a signal alone (mmap(2), SIGBUS).
enum ReadGuard {
    /// Starts to guard, until the process ends.
    static func begin() {
        signal(SIGBUS) { _ in
            // Only what signal-safety(7) allows.
            let message: StaticString = """
                mazelclaw: a file beside the database was cut short while it was read; stop the gateway, and try again

                """
            _ = write(STDERR_FILENO, message.utf8Start, message.utf8CodeUnitCount)
            _exit(1)
        }
    }
}
