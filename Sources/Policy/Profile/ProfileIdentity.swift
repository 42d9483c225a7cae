/// Which user ID the payload of a profile runs under.
///
/// Namespaces separate names, not accounts: the kernel counts epoll watches, inotify watches, descriptors in flight,
/// pending signals, timers and pipe pages for each user ID, across all sandboxes of that user.
public enum ProfileIdentity: String, Sendable, CaseIterable {
    /// A user ID of the profile's own, which no user of the host and no other profile has. Only root can give one.
    case own
    /// The user who starts the profile, or the one whom it names.
    case user

    /// The user IDs that profiles are given for themselves; each is a group ID too.
    ///
    /// No allocator of a Linux host gives these away: users and system users lie below 60,001 (login.defs(5)), systemd's
    /// dynamic and home users below 65,536, subordinate IDs below 600,165,536 (SUB_UID_MAX), systemd's containers from
    /// 524,288 to 1,879,048,191, and its foreign IDs from 2,147,352,576 on (systemd's UIDS-GIDS document).
    public static let ownUserIDs: ClosedRange<UInt32> = 1_900_000_000...1_900_065_535
}
