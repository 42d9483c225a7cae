internal import CLinux
import Glibc
public import SystemPackage

/// Seccomp filters of this process (seccomp(2)).
public enum SeccompFilter {
    /// Installs a program for good. `program` holds sock_filter structures as the kernel lays them out.
    ///
    /// The calling thread must have no_new_privs set. Raw, because libseccomp 2.5.4 cannot ask for all flags.
    public static func install(_ program: [UInt8]) throws(Errno) {
        _ = try load(program, flags: 0)
    }

    /// Installs a program that hands calls to a supervisor, and returns the listener's descriptor, which exec closes
    /// (SECCOMP_FILTER_FLAG_NEW_LISTENER). EBUSY when a filter with a listener is in force already.
    ///
    /// Once a call was received only a fatal signal interrupts it (SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV, kernel
    /// 5.19): repeated after a handler, it would be carried out twice.
    public static func installNotifying(_ program: [UInt8]) throws(Errno) -> FileDescriptor {
        FileDescriptor(
            rawValue: Int32(
                try load(
                    program, flags: clinux_filter_flag_new_listener | clinux_filter_flag_wait_killable_recv)))
    }

    private static func load(_ program: [UInt8], flags: UInt32) throws(Errno) -> Int {
        let result = program.withUnsafeBytes { buffer in
            buffer.withMemoryRebound(to: sock_filter.self) { instructions in
                var program = sock_fprog(
                    len: UInt16(instructions.count), filter: UnsafeMutablePointer(mutating: instructions.baseAddress))
                return clinux_seccomp(UInt32(SECCOMP_SET_MODE_FILTER), flags, &program)
            }
        }
        return try valueOrErrno(result)
    }

    /// Asks whether filters can be had that end a process (SECCOMP_GET_ACTION_AVAIL, kernel 4.14), without making
    /// one; throws what the kernel answers.
    public static func checkAvailability() throws(Errno) {
        var action = SECCOMP_RET_KILL_PROCESS
        _ = try valueOrErrno(clinux_seccomp(UInt32(SECCOMP_GET_ACTION_AVAIL), 0, &action))
    }
}
