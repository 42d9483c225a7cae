internal import CLinux
import Glibc
public import SystemPackage

/// The process's user and group IDs (credentials(7)).
public enum Credentials {
    /// The real user ID.
    public static var userID: UInt32 { getuid() }
    /// The effective user ID.
    public static var effectiveUserID: UInt32 { geteuid() }
    /// The real group ID.
    public static var groupID: UInt32 { getgid() }
    /// The effective group ID.
    public static var effectiveGroupID: UInt32 { getegid() }

    /// Gives up root for good: groups first, then the group ID, then the user ID (setresuid(2)).
    public static func become(userID: UInt32, groupID: UInt32) throws(Errno) {
        _ = try valueOrErrno(setgroups(0, nil))
        _ = try valueOrErrno(clinux_setresgid(groupID))
        _ = try valueOrErrno(clinux_setresuid(userID))
    }
}
