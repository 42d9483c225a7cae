internal import CLinux
import Glibc
public import SystemPackage

/// Signal masks, dispositions and waiting (signal(7)).
public enum Signals {
    /// One signal as it arrived (sigaction(2), siginfo_t).
    public struct Arrival: Sendable {
        /// The signal's number (signal(7)).
        public let number: Int32
        /// The sender in the receiver's PID namespace; 0 when the sender is outside of it.
        public let sender: Int32
    }

    /// Blocks every signal that can be blocked, in this process and the children it makes.
    public static func blockAll() throws(Errno) {
        var mask = sigset_t()
        sigfillset(&mask)
        _ = try valueOrErrno(sigprocmask(SIG_SETMASK, &mask, nil))
    }

    /// Blocks SIGPIPE in this process and the children it makes: who writes where nobody reads any more is told by EPIPE alone
    /// (pipe(7)).
    public static func blockBrokenPipe() throws(Errno) {
        var mask = sigset_t()
        sigemptyset(&mask)
        sigaddset(&mask, SIGPIPE)
        _ = try valueOrErrno(sigprocmask(SIG_BLOCK, &mask, nil))
    }

    /// Has `handler` called for what a process does to itself: a fault of memory or arithmetic, a trap, abort(3). It may do
    /// what signal-safety(7) lists.
    ///
    /// A fault while its signal is blocked ends the process all the same.
    public static func handleFaults(_ handler: @escaping @convention(c) (Int32) -> Void) throws(Errno) {
        for number in [SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP, SIGABRT] {
            guard unsafeBitCast(signal(number, handler), to: Int.self) != -1 else {
                throw Errno(rawValue: Glibc.errno)
            }
        }
    }

    /// Gives every signal its default disposition and unblocks it.
    ///
    /// An exec keeps ignored signals ignored: a payload started with SIGCHLD ignored could never wait.
    public static func reset() throws(Errno) {
        for number in 1..<65 where number != SIGKILL && number != SIGSTOP && number != 32 && number != 33 {
            guard unsafeBitCast(signal(Int32(number), SIG_DFL), to: Int.self) != -1 else {
                throw Errno(rawValue: Glibc.errno)
            }
        }
        var mask = sigset_t()
        sigemptyset(&mask)
        _ = try valueOrErrno(sigprocmask(SIG_SETMASK, &mask, nil))
    }

    /// Waits for the next blocked signal (sigtimedwait(2)); nil when the time ran out. Without a time it waits
    /// for ever.
    public static func wait(milliseconds: Int32?) throws(Errno) -> Arrival? {
        var mask = sigset_t()
        sigfillset(&mask)
        var info = siginfo_t()
        do throws(Errno) {
            let number = try retryingOnInterrupt {
                guard let milliseconds else { return sigwaitinfo(&mask, &info) }
                var time = timespec(
                    tv_sec: Int(milliseconds) / 1000, tv_nsec: Int(milliseconds) % 1000 * 1_000_000)
                return sigtimedwait(&mask, &info, &time)
            }
            return Arrival(number: number, sender: info._sifields._kill.si_pid)
        } catch {
            guard error == .resourceTemporarilyUnavailable else { throw error }
            return nil
        }
    }

    /// Throws where signals cannot be waited for; takes none.
    public static func checkWaiting() throws(Errno) {
        var none = sigset_t()
        sigemptyset(&none)
        var time = timespec()
        guard sigtimedwait(&none, nil, &time) == -1, Glibc.errno == EAGAIN else {
            throw Errno(rawValue: Glibc.errno)
        }
    }

    /// A descriptor that is readable while a blocked signal is pending (signalfd(2)).
    public static func descriptor() throws(Errno) -> FileDescriptor {
        var mask = sigset_t()
        sigfillset(&mask)
        return FileDescriptor(
            rawValue: try valueOrErrno(clinux_signalfd(&mask)))
    }

    /// Sends a signal to a process, or with a negative ID to its group (kill(2)).
    public static func send(_ number: Int32, to processID: Int32) throws(Errno) {
        _ = try valueOrErrno(kill(processID, number))
    }
}
