internal import CLinux
import Glibc
public import SystemPackage

/// Seccomp filters of this process (seccomp(2)).
public enum SeccompFilter {
    /// Installs a program for good. `program` holds sock_filter structures as the kernel lays them out.
    ///
    /// The calling thread must have no_new_privs set. Raw, because libseccomp 2.5.4 cannot ask for all flags.
    public static func install(_ program: [UInt8]) throws(Errno) {
        var bytes = program
        let result = bytes.withUnsafeMutableBytes { buffer in
            buffer.withMemoryRebound(to: sock_filter.self) { instructions in
                var program = sock_fprog(len: UInt16(instructions.count), filter: instructions.baseAddress)
                return clinux_seccomp(UInt32(SECCOMP_SET_MODE_FILTER), 0, &program)
            }
        }
        _ = try valueOrErrno(result)
    }

    /// Asks whether filters can be had that end a process (SECCOMP_GET_ACTION_AVAIL, kernel 4.14), without making
    /// one; throws what the kernel answers.
    public static func checkAvailability() throws(Errno) {
        var action = SECCOMP_RET_KILL_PROCESS
        _ = try valueOrErrno(clinux_seccomp(UInt32(SECCOMP_GET_ACTION_AVAIL), 0, &action))
    }

    /// Whether the kernel can hand calls to a supervisor (SECCOMP_GET_NOTIF_SIZES, kernel 5.0).
    public static var hasUserNotification: Bool {
        var sizes = seccomp_notif_sizes()
        return clinux_seccomp(UInt32(SECCOMP_GET_NOTIF_SIZES), 0, &sizes) == 0
    }
}
