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

    /// A user.
    public init(userID: UInt32, groupID: UInt32, name: String, home: AbsolutePath) {
        self.userID = userID
        self.groupID = groupID
        self.name = name
        self.home = home
    }
}
