internal import CLinux
import Glibc
public import SystemPackage

/// The supervisor's end of a filter that hands calls over (seccomp_unotify(2)).
public struct SeccompListener: Sendable {
    /// Readable while a call waits for an answer; hung up once no process is left under the filter.
    public let descriptor: FileDescriptor

    /// A system call that waits for an answer.
    public struct Call: Sendable {
        /// Names the call in the answer.
        public let id: UInt64
        /// The calling thread, in this process's PID namespace; 0 when it has none there.
        public let threadID: Int32
        /// The system call's number.
        public let number: UInt32
        /// Its six arguments.
        public let arguments: [UInt64]
    }

    /// The listener behind `descriptor`.
    ///
    /// Where the kernel can (6.6), caller and supervisor are woken on one CPU: they only ever wait for each other, and
    /// to wake another CPU costs more than all of an answer.
    public init(descriptor: FileDescriptor) {
        self.descriptor = descriptor
        // The argument is the flags themselves. A kernel that knows none answers ENOTTY or EINVAL, and is slower.
        _ = clinux_ioctl(
            descriptor.rawValue, clinux_notif_set_flags, UnsafeMutableRawPointer(bitPattern: clinux_notif_sync_wake_up))
    }

    /// The next call; waits for one. Nil when it is gone already: its thread was killed meanwhile.
    public func receive() throws(Errno) -> Call? {
        // The kernel refuses a buffer that is not zero (EINVAL).
        var notification = seccomp_notif()
        do throws(Errno) {
            _ = try retryingOnInterrupt { clinux_ioctl(descriptor.rawValue, clinux_notif_recv, &notification) }
        } catch {
            guard error == .noSuchFileOrDirectory else { throw error }
            return nil
        }
        let data = notification.data
        return Call(
            id: notification.id, threadID: Int32(bitPattern: notification.pid), number: UInt32(bitPattern: data.nr),
            arguments: [data.args.0, data.args.1, data.args.2, data.args.3, data.args.4, data.args.5])
    }

    /// Whether the call still waits. What was read under its thread's number before was read of that very thread.
    public func isWaiting(_ call: Call) -> Bool {
        var id = call.id
        return clinux_ioctl(descriptor.rawValue, clinux_notif_id_valid, &id) == 0
    }

    /// Puts a copy of `descriptor` in the place of the calling thread's descriptor `number`, as dup3(2) would
    /// (SECCOMP_IOCTL_NOTIF_ADDFD with SECCOMP_ADDFD_FLAG_SETFD, kernel 5.9). ENOENT for a call that is gone.
    public func replaceDescriptor(
        _ number: Int32, of call: Call, with descriptor: FileDescriptor, closingOnExec: Bool
    ) throws(Errno) {
        var request = seccomp_notif_addfd()
        request.id = call.id
        request.flags = clinux_addfd_flag_setfd
        request.srcfd = UInt32(bitPattern: descriptor.rawValue)
        request.newfd = UInt32(bitPattern: number)
        request.newfd_flags = closingOnExec ? UInt32(O_CLOEXEC) : 0
        _ = try retryingOnInterrupt { clinux_ioctl(self.descriptor.rawValue, clinux_notif_addfd, &request) }
    }

    /// Answers: the call returns 0, or fails with `error`. A call that has gone meanwhile needs none.
    public func answer(_ call: Call, error: Errno?) throws(Errno) {
        var response = seccomp_notif_resp()
        response.error = -(error?.rawValue ?? 0)
        try answer(call, &response)
    }

    /// Lets the kernel carry the call out as if no filter had asked (SECCOMP_USER_NOTIF_FLAG_CONTINUE).
    ///
    /// Never for a call with an argument in memory: the kernel reads that again, and another thread may have changed
    /// it. What was decided by must be in the registers, or the thread's own to change.
    public func letContinue(_ call: Call) throws(Errno) {
        var response = seccomp_notif_resp()
        response.flags = clinux_notif_continue
        try answer(call, &response)
    }

    private func answer(_ call: Call, _ response: inout seccomp_notif_resp) throws(Errno) {
        response.id = call.id
        do throws(Errno) {
            _ = try retryingOnInterrupt { clinux_ioctl(descriptor.rawValue, clinux_notif_send, &response) }
        } catch {
            guard error == .noSuchFileOrDirectory else { throw error }
        }
    }
}
