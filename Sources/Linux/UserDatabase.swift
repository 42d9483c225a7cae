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
        user(whose: 0, is: Array(name.utf8), in: try FileSystem.read("/etc/passwd"))
    }

    /// The first user with the ID `userID`, or nil.
    public static func user(id userID: UInt32) throws(Errno) -> User? {
        user(whose: 2, is: Array(String(userID).utf8), in: try FileSystem.read("/etc/passwd"))
    }

    /// `user ada (1001)`, or `user 1001` for one whose name cannot be told.
    public static func text(ofUser userID: UInt32) -> String {
        let name = (try? user(id: userID))?.name
        return name.map { "user \($0) (\(userID))" } ?? "user \(userID)"
    }

    /// Somebody who holds an ID.
    public struct Holder: Equatable, Sendable {
        /// The name, as it stands in the file.
        public var name: String
        /// The file that says so.
        public var file: String
        /// The last of the IDs from the one in question on that the same entry gives to them.
        public var lastID: UInt32
    }

    /// Which file of the host gives `number` to somebody, as a user, as a group or as a subordinate ID of theirs, and to
    /// whom; nil when none does (passwd(5), group(5), subuid(5), subgid(5)).
    public static func holder(ofID number: UInt32) throws(Errno) -> Holder? {
        for (file, field) in [("/etc/passwd", 2), ("/etc/passwd", 3), ("/etc/group", 2)] {
            if let name = holder(ofID: number, inField: field, of: try FileSystem.read(file)) {
                return Holder(name: name, file: file, lastID: number)
            }
        }
        for file in ["/etc/subuid", "/etc/subgid"] {
            let lines: [UInt8]
            do throws(Errno) {
                lines = try FileSystem.read(file)
            } catch {
                // A host without subordinate IDs.
                guard error == .noSuchFileOrDirectory else { throw error }
                continue
            }
            if let (name, lastID) = holder(ofSubordinateID: number, in: lines) {
                return Holder(name: name, file: file, lastID: lastID)
            }
        }
        return nil
    }

    /// The first name of a table of passwd(5) or group(5) whose field `index` is `number`.
    static func holder(ofID number: UInt32, inField index: Int, of table: [UInt8]) -> String? {
        for line in table.split(separator: UInt8(ascii: "\n")) {
            let fields = line.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
            if fields.count > index, UInt32(text(fields[index])) == number { return text(fields[0]) }
        }
        return nil
    }

    /// The first name of a table of subuid(5) or subgid(5) whose range holds `number`, and the last ID of that range.
    static func holder(ofSubordinateID number: UInt32, in table: [UInt8]) -> (name: String, lastID: UInt32)? {
        for line in table.split(separator: UInt8(ascii: "\n")) {
            let fields = line.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
            guard fields.count == 3, let first = UInt64(text(fields[1])), let count = UInt64(text(fields[2])),
                number >= first, UInt64(number) - first < count
            else { continue }
            let (last, isMore) = first.addingReportingOverflow(count - 1)
            return (text(fields[0]), isMore ? .max : UInt32(clamping: last))
        }
        return nil
    }

    /// The first line of a table of passwd(5) whose field `index` is `wanted`; nil for none. Only that line becomes text.
    static func user(whose index: Int, is wanted: [UInt8], in table: [UInt8]) -> User? {
        for line in table.split(separator: UInt8(ascii: "\n")) {
            let fields = line.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
            guard fields.count >= 7, fields[index].elementsEqual(wanted),
                let userID = UInt32(text(fields[2])), let groupID = UInt32(text(fields[3]))
            else { continue }
            return User(name: text(fields[0]), userID: userID, groupID: groupID, home: text(fields[5]))
        }
        return nil
    }

    private static func text(_ field: ArraySlice<UInt8>) -> String {
        String(decoding: field, as: UTF8.self)
    }
}
