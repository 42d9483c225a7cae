internal import CLinux
import Glibc
public import SystemPackage

extension FileDescriptor {
    /// A new file without a name in any directory (memfd_create(2)), closed by exec. `name` shows in /proc.
    public static func memoryFile(named name: String) throws(Errno) -> FileDescriptor {
        FileDescriptor(rawValue: Int32(try valueOrErrno(clinux_memfd_create(name, UInt32(MFD_CLOEXEC)))))
    }

    /// Everything in the file, from its first byte, whatever the offset (lseek(2), read(2)).
    public func readFromStart() throws(Errno) -> [UInt8] {
        _ = try valueOrErrno(Glibc.lseek(rawValue, 0, SEEK_SET))
        return try readEverything()
    }
}
