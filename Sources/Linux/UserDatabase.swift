public import SystemPackage

/// The entries of /etc/passwd and /etc/group.
///
/// Read directly: a static executable cannot load NSS modules (nsswitch.conf(5)), and a name service that
/// answers over the network is nothing a boundary should hang on.
public enum UserDatabase {
    /// One line of passwd(5).
    public struct User: Equatable, Sendable {
        /// The login name.
        public var name: String
        /// The numeric user ID.
        public var userID: UInt32
        /// The primary group's ID.
        public var groupID: UInt32
        /// The home directory.
        public var home: String
    }

    /// The user named `name`, or nil.
    public static func user(named name: String) throws(Errno) -> User? {
        try users { $0.name == name }
    }

    /// The first user with the ID `userID`, or nil.
    public static func user(id userID: UInt32) throws(Errno) -> User? {
        try users { $0.userID == userID }
    }

    private static func users(matching predicate: (User) -> Bool) throws(Errno) -> User? {
        for line in try FileSystem.read("/etc/passwd").split(separator: UInt8(ascii: "\n")) {
            let fields = line.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
                .map { String(decoding: $0, as: UTF8.self) }
            guard fields.count >= 7, let userID = UInt32(fields[2]), let groupID = UInt32(fields[3]) else { continue }
            let user = User(name: fields[0], userID: userID, groupID: groupID, home: fields[5])
            if predicate(user) { return user }
        }
        return nil
    }
}
