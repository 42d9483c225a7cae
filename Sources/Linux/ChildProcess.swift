internal import CLinux
import Glibc
public import SystemPackage

/// A child of this process, named by its PID and, where it was made with one, by a pidfd.
public struct ChildProcess: Sendable {
    /// The process ID in this process's PID namespace.
    public let processID: Int32
    /// The descriptor that stands for the process (pidfd_open(2)); readable when it has ended.
    public let pidfd: FileDescriptor

    /// How a process ended (wait(2)).
    public enum End: Equatable, Sendable {
        case exited(code: Int32)
        case killed(signal: Int32)

        init(status: Int32) {
            let signal = status & 0x7F
            self = signal == 0 ? .exited(code: (status >> 8) & 0xFF) : .killed(signal: signal)
        }
    }

    /// Makes a child in new namespaces (clone(2)): nil is returned in the child.
    ///
    /// The child owns a copy of everything. The caller must have one thread, or locks held by the others
    /// stay locked in the child for ever.
    public static func clone(_ namespaces: NamespaceSet) throws(Errno) -> ChildProcess? {
        var pidfd: Int32 = -1
        let pid = try valueOrErrno(clinux_clone(namespaces.rawValue | UInt64(CLONE_PIDFD), &pidfd))
        return pid == 0 ? nil : ChildProcess(processID: Int32(pid), pidfd: FileDescriptor(rawValue: pidfd))
    }

    /// Makes a child that runs `body` in this process's memory, and stands still until the child has executed a program
    /// or ended (vfork(2)); returns its process ID. Neither memory nor page tables are copied for it.
    ///
    /// Descriptors, signal handlers and credentials are the child's own. What it leaves in memory stays, as an object it
    /// held on to does; whether this process can be traced is a property of the memory too (PR_SET_DUMPABLE, prctl(2)).
    /// There is one stack for it, of 512 KiB: no two threads may do this at a time. `body` must not leave through an exec or
    /// an exit while it has access to a property of a class or to a variable that a closure has captured: Swift keeps a
    /// list of those with the thread.
    public static func startInOwnMemory(_ body: @escaping () -> Never) throws(Errno) -> Int32 {
        var body = body
        let child = withUnsafeMutablePointer(to: &body) { body in
            clinux_vfork(
                { context in
                    guard let context else { return -1 }
                    context.assumingMemoryBound(to: (() -> Never).self).pointee()
                }, body)
        }
        return try valueOrErrno(child)
    }

    /// Sends a signal, which can only reach this process, never a later one of its number
    /// (pidfd_send_signal(2)).
    public func send(signal: Int32) throws(Errno) {
        _ = try valueOrErrno(clinux_pidfd_send_signal(pidfd.rawValue, signal))
    }

    /// Waits for the end and reaps it (waitpid(2)).
    public func wait() throws(Errno) -> End {
        var status: Int32 = 0
        _ = try retryingOnInterrupt { waitpid(processID, &status, 0) }
        return End(status: status)
    }

    /// Reaps any one child that has ended; nil when none has (waitpid(2), WNOHANG).
    public static func reapAny() throws(Errno) -> (processID: Int32, end: End)? {
        var status: Int32 = 0
        let pid = try retryingOnInterrupt { waitpid(-1, &status, WNOHANG) }
        return pid == 0 ? nil : (pid, End(status: status))
    }

    /// Waits until this process has no children any more, and reaps all of them (waitpid(2), ECHILD).
    public static func reapEverything() throws(Errno) {
        do throws(Errno) {
            while true { _ = try retryingOnInterrupt { waitpid(-1, nil, 0) } }
        } catch {
            guard error == .noChildProcess else { throw error }
        }
    }
}
