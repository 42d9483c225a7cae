internal import CLinux
import Glibc
public import SystemPackage

/// A file system that is being configured and is mounted nowhere yet (fsopen(2)).
public struct FileSystemContext: ~Copyable {
    let descriptor: Int32

    /// One of `type`, such as `tmpfs`.
    public init(_ type: String) throws(Errno) {
        descriptor = Int32(try valueOrErrno(clinux_fsopen(type, 1)))
    }

    deinit { close(descriptor) }

    /// Gives a parameter a value (FSCONFIG_SET_STRING, fsconfig(2)).
    public func set(_ key: String, to value: String) throws(Errno) {
        _ = try valueOrErrno(clinux_fsconfig(descriptor, FSCONFIG_SET_STRING.rawValue, key, value))
    }

    /// Sets a parameter that has no value (FSCONFIG_SET_FLAG, fsconfig(2)).
    public func set(_ flag: String) throws(Errno) {
        _ = try valueOrErrno(clinux_fsconfig(descriptor, FSCONFIG_SET_FLAG.rawValue, flag, nil))
    }
}
