internal import CSeccomp
import Glibc
internal import Policy

/// The system calls of x86-64, as libseccomp names them. Version 2.5.4 knows those of Linux 5.17.
public enum SyscallTable {
    /// The number of `name`, or nil when x86-64 has no such call or libseccomp does not know it yet.
    public static func number(of name: String) -> UInt32? {
        // libseccomp takes AUDIT_ARCH_* values as SCMP_ARCH_*. Calls of other architectures have negative numbers here; __NR_SCMP_ERROR is -1.
        let number = seccomp_syscall_resolve_name_arch(SeccompCall.x86_64, name)
        return number < 0 ? nil : UInt32(number)
    }

    /// The name of `number`, or nil when there is none.
    public static func name(of number: UInt32) -> String? {
        guard let number = Int32(exactly: number),
            let name = seccomp_syscall_resolve_num_arch(SeccompCall.x86_64, number)
        else { return nil }
        defer { free(name) }
        return String(cString: name)
    }
}
