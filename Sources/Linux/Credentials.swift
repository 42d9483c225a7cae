internal import CLinux
import Glibc
public import SystemPackage

/// The process's user and group IDs (credentials(7)).
public enum Credentials {
    /// The real user ID.
    public static var userID: UInt32 { getuid() }
    /// The effective user ID, by which the kernel decides about files and signals (geteuid(2)).
    public static var effectiveUserID: UInt32 { geteuid() }
    /// The real group ID.
    public static var groupID: UInt32 { getgid() }
    /// The effective group ID, by which the kernel decides about files (getegid(2)).
    public static var effectiveGroupID: UInt32 { getegid() }

    /// Gives up root for good: groups first, then the group ID, then the user ID (setresuid(2)).
    public static func become(userID: UInt32, groupID: UInt32) throws(Errno) {
        _ = try valueOrErrno(setgroups(0, nil))
        _ = try valueOrErrno(clinux_setresgid(groupID))
        _ = try valueOrErrno(clinux_setresuid(userID))
        // The change made /proc/self root's (PR_SET_DUMPABLE, prctl(2)); the ID maps are written there.
        _ = try valueOrErrno(clinux_prctl(PR_SET_DUMPABLE, 1, 0, 0, 0))
    }

    /// Gives up root for good in every thread of this process, as the C library has all of them do it (nptl(7)): the
    /// supplementary groups, the group ID, and the user ID, each real, effective and saved (setgid(2), setuid(2)).
    public static func becomeInEveryThread(userID: UInt32, groupID: UInt32) throws(Errno) {
        _ = try valueOrErrno(setgroups(0, nil))
        _ = try valueOrErrno(setgid(groupID))
        _ = try valueOrErrno(setuid(userID))
    }

    /// Does `body` as another user, as far as access to files goes, and becomes root again.
    ///
    /// What root does inside a user's directory it does as that user: the kernel then refuses what the user
    /// could not do either, whatever links lie in the way. Without root it just does `body`.
    ///
    /// Returns how `body` ended. Throws when this process cannot become that user; then `body` was not done.
    public static func acting<Value, Failure>(
        asUser userID: UInt32, group groupID: UInt32, _ body: () throws(Failure) -> Value
    ) throws(Errno) -> Result<Value, Failure> {
        guard Credentials.userID == 0, userID != 0 else { return Result(catching: body) }
        _ = try valueOrErrno(clinux_seteffective_gid(groupID))
        defer { becomeAgain(clinux_seteffective_gid(0)) }
        _ = try valueOrErrno(clinux_seteffective_uid(userID))
        defer { becomeAgain(clinux_seteffective_uid(0)) }
        return Result(catching: body)
    }

    /// Who cannot become root again must do nothing more as somebody in between, not even tidy up.
    private static func becomeAgain(_ result: Int) {
        guard result == 0 else { abort() }
    }
}
