internal import CLinux
import Glibc
public import SystemPackage

/// Calls made only to see whether they are refused.
public enum KernelProbe {
    /// mount(2) of nothing: EPERM or EACCES where it is refused, another error where only the arguments are at fault.
    public static func mount() throws(Errno) {
        _ = try valueOrErrno(Glibc.mount(nil, "/", nil, 0, nil))
    }

    /// The system call `number` with every bit of its arguments set: no descriptor, address or flag that means anything.
    public static func call(_ number: UInt32) throws(Errno) {
        _ = try valueOrErrno(clinux_call_with_ones(Int(number)))
    }

    /// umount2(2).
    public static func unmount(_ path: String) throws(Errno) {
        _ = try valueOrErrno(umount2(path, 0))
    }

    /// Asks for the user namespace that owns the process's mounts (ioctl_nsfs(2), NS_GET_USERNS): EPERM unless the process
    /// is in it or above.
    public static func openOwnerOfMounts() throws(Errno) {
        let mounts = try FileDescriptor.workingDirectory.open("/proc/self/ns/mnt", flags: O_RDONLY)
        defer { mounts.discard() }
        FileDescriptor(rawValue: try valueOrErrno(clinux_owner_of_namespace(mounts.rawValue))).discard()
    }

    /// io_uring_setup(2) without parameters: EFAULT where it is permitted.
    public static func setUpIOUring() throws(Errno) {
        _ = try valueOrErrno(clinux_io_uring_setup())
    }

    /// An inotify instance (inotify_init1(2)): EMFILE where the user or a user namespace has as many as it may.
    public static func makeInotifyInstance() throws(Errno) -> FileDescriptor {
        FileDescriptor(rawValue: try valueOrErrno(inotify_init1(Int32(IN_CLOEXEC))))
    }

    /// process_vm_readv(2) of one byte at address 0: EFAULT where it is permitted.
    public static func readMemory(of processID: Int32) throws(Errno) {
        var byte: UInt8 = 0
        _ = try valueOrErrno(clinux_process_vm_readv(processID, &byte, 1, 0))
    }
}
