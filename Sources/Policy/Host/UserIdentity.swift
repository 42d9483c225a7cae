/// The user a payload runs as.
public struct UserIdentity: Equatable, Sendable {
    /// The user ID, the same inside and outside.
    public var userID: UInt32
    /// The group ID, the same inside and outside.
    public var groupID: UInt32
    /// The login name.
    public var name: String
    /// The home directory.
    public var home: AbsolutePath
    /// Whose the profile's files are on the host. Where that is another user than the payload's, mounts map the one to
    /// the other (mount_setattr(2), MOUNT_ATTR_IDMAP).
    public var owner: Owner
    /// Whether the user ID is the profile's own.
    public var isOwn: Bool

    /// A user and group of the host.
    public struct Owner: Equatable, Sendable {
        /// The user ID, as stat(2) tells it outside of the sandbox.
        public var userID: UInt32
        /// The group ID, as stat(2) tells it outside of the sandbox.
        public var groupID: UInt32

        /// A user and a group.
        public init(userID: UInt32, groupID: UInt32) {
            self.userID = userID
            self.groupID = groupID
        }
    }

    /// A user, whose files are its own unless an owner is given.
    public init(
        userID: UInt32, groupID: UInt32, name: String, home: AbsolutePath, owner: Owner? = nil, isOwn: Bool = false
    ) {
        self.userID = userID
        self.groupID = groupID
        self.name = name
        self.home = home
        self.owner = owner ?? Owner(userID: userID, groupID: groupID)
        self.isOwn = isOwn
    }

    /// Whether mounts must map the owner of the files to the payload's user.
    public var isMapped: Bool { owner.userID != userID }
}
