internal import CLinux
public import SystemPackage

/// What event loops take of the kernel: descriptors, memory, and watches of epoll(7), of which each user has so many
/// (/proc/sys/fs/epoll/max_user_watches).
public enum EventResources {
    /// Makes sure that `count` more descriptors can be had and watched at once: makes them, and lets them go again.
    ///
    /// Throws ENOSPC when the user's watches are used up, EMFILE or ENFILE for descriptors, ENOMEM for memory.
    public static func check(count: Int) throws(Errno) {
        let epoll = FileDescriptor(rawValue: try valueOrErrno(clinux_epoll_create()))
        defer { epoll.discard() }
        var watched: [FileDescriptor] = []
        defer { for descriptor in watched { descriptor.discard() } }
        for _ in 0..<count {
            let descriptor = FileDescriptor(rawValue: try valueOrErrno(clinux_eventfd()))
            watched.append(descriptor)
            _ = try valueOrErrno(clinux_epoll_add(epoll.rawValue, descriptor.rawValue))
        }
    }
}
