internal import CLinux
import Glibc
public import SystemPackage

/// A thread of another process, of which descriptors and memory can be copied (ptrace(2), access mode checking).
public struct ForeignThread: Sendable {
    /// The thread's ID in this process's PID namespace.
    public let threadID: Int32
    private let pidfd: FileDescriptor

    /// Opens the thread. It may have ended, and its number be another's: whoever asks must make sure afterwards.
    public init(threadID: Int32) throws(Errno) {
        self.threadID = threadID
        pidfd = try Self.open(threadID)
    }

    /// Gives the thread up.
    public func discard() { pidfd.discard() }

    /// A copy of descriptor `number` in the thread's own table (pidfd_getfd(2)).
    public func takeDescriptor(_ number: Int32) throws(Errno) -> FileDescriptor {
        FileDescriptor(rawValue: Int32(try valueOrErrno(clinux_pidfd_getfd(pidfd.rawValue, number))))
    }

    /// Whether exec closes its descriptor `number` (proc_pid_fdinfo(5)).
    public func closesOnExec(_ number: Int32) throws(Errno) -> Bool {
        let text = try FileSystem.read("/proc/\(threadID)/fdinfo/\(number)", limit: 64 << 10)
        for line in String(decoding: text, as: UTF8.self).utf8.split(separator: UInt8(ascii: "\n"))
        where line.starts(with: "flags:\t".utf8) {
            guard let flags = Int32(Substring(line.dropFirst(7)), radix: 8) else { break }
            return flags & O_CLOEXEC != 0
        }
        throw .badMessage
    }

    /// A copy of `count` bytes of its memory (process_vm_readv(2)); EFAULT unless all of them can be read.
    public func readMemory(at address: UInt64, count: Int) throws(Errno) -> [UInt8] {
        var failure: Errno?
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
            do throws(Errno) {
                let read = try valueOrErrno(
                    clinux_process_vm_readv(threadID, buffer.baseAddress, count, address))
                guard read == count else { throw Errno.badAddress }
                initialized = count
            } catch {
                failure = error
            }
        }
        if let failure { throw failure }
        return bytes
    }

    private static func open(_ threadID: Int32) throws(Errno) -> FileDescriptor {
        do throws(Errno) {
            return FileDescriptor(
                rawValue: Int32(try valueOrErrno(clinux_pidfd_open(threadID, clinux_pidfd_thread))))
        } catch {
            // Before 6.9 there are no descriptors for threads.
            guard error == .invalidArgument else { throw error }
        }
        // The process's will do if the thread is the process, or shares its table; a thread may have left it
        // (CLONE_FILES, unshare(2)), and then the same number is another file.
        let leader = try ProcessStatus(of: threadID).threadGroupID
        if leader != threadID, clinux_kcmp_files(leader, threadID) != 0 { throw Errno.permissionDenied }
        return FileDescriptor(rawValue: Int32(try valueOrErrno(clinux_pidfd_open(leader, 0))))
    }
}
