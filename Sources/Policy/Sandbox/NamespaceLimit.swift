/// A ceiling that holds for a user namespace and all below it (/proc/sys/user, namespaces(7)).
///
/// The kernel counts these resources for each user and each namespace: what the ceiling of an outer namespace leaves, no
/// payload inside can exceed, whatever its own namespace says.
public struct NamespaceLimit: Equatable, Sendable {
    /// What a policy may limit, by the names of the files in /proc/sys/user.
    public enum Resource: String, Sendable, CaseIterable {
        /// inotify(7): instances.
        case inotifyInstances = "max_inotify_instances"
        /// inotify(7): watches.
        case inotifyWatches = "max_inotify_watches"
        /// fanotify(7): groups, from kernel 5.13 on.
        case fanotifyGroups = "max_fanotify_groups"
        /// fanotify(7): marks, from kernel 5.13 on.
        case fanotifyMarks = "max_fanotify_marks"

        /// The name as sysctl(8) has it.
        public var sysctl: String { "user.\(rawValue)" }

        /// The file in /proc/sys/user that holds the ceiling of a user namespace.
        public var path: AbsolutePath { .root / "proc/sys/user" / rawValue }
    }

    /// The resource that the kernel counts.
    public var resource: Resource
    /// How many of it the payload's user may have at once inside.
    public var maximum: Int64

    /// A ceiling of `maximum` on `resource`.
    public init(resource: Resource, maximum: Int64) {
        self.resource = resource
        self.maximum = maximum
    }
}
