import Glibc
import JSON
import Linux
public import Policy
import SystemPackage

/// The user IDs that profiles have for themselves: a file of the host's that only grows.
///
/// An ID is never given to a second profile, so that whatever the first has left behind stays its own.
public struct IdentityRegistry: Sendable {
    private let directories: HostDirectories

    /// The registry of the user whose directories these are; its file need not exist yet.
    public init(directories: HostDirectories) {
        self.directories = directories
    }

    /// The ID of profile `name`; nil when it has none yet.
    ///
    /// Throws `ProfileError.identityTaken` when a user of the host has got it meanwhile, `ProfileError` when the registry
    /// cannot be read or is damaged.
    public func userID(of name: ProfileName) throws(ProfileError) -> UInt32? {
        guard let userID = try read().first(where: { $0.name == name.collisionKey })?.userID else { return nil }
        if let holder = try holder(of: userID) {
            throw .identityTaken(userID, of: name, by: holder.name, in: holder.file)
        }
        return userID
    }

    /// The ID of profile `name`; a new one is written down durably before it is returned.
    public func assign(to name: ProfileName) throws(ProfileError) -> UInt32 {
        if let userID = try userID(of: name) { return userID }
        let lock = try RegistryLock.acquire(in: directories)
        defer { lock.discard() }
        var entries = try read()
        // Another start may have written it while we waited for the lock.
        if let entry = entries.first(where: { $0.name == name.collisionKey }) { return entry.userID }
        let userID = try next(after: entries.map(\.userID).max())
        entries.append((name.collisionKey, userID))
        let members = entries.map { JSONObject.Member(name: $0.name, value: .integer(Int64($0.userID))) }
        let text = JSON.object(JSONObject(members)).serialized(pretty: true) + [UInt8(ascii: "\n")]
        do {
            try FileSystem.replace(file.text, with: text, mode: 0o600)
        } catch {
            throw .system(action: "write", path: file.text, errno: error)
        }
        return userID
    }

    /// The ID that `assign` would give to `name` now; nothing is written.
    public func propose(for name: ProfileName) throws(ProfileError) -> UInt32 {
        if let userID = try userID(of: name) { return userID }
        return try next(after: try read().map(\.userID).max())
    }

    // MARK: The file

    private var file: AbsolutePath { directories.state / "identities.json" }

    private func read() throws(ProfileError) -> [(name: String, userID: UInt32)] {
        guard let text = try TrustedFile.read(file) else { return [] }
        func damaged(_ reason: String) -> ProfileError {
            .invalid(
                PolicyError(
                    file: file.text,
                    message:
                        "\(reason); it says which profile has which user ID: restore it from a backup, or name the "
                        + "profile's user with --user"))
        }
        guard let object = (try? JSON(parsing: text))?.object else { throw damaged("it is no JSON object") }
        var entries: [(name: String, userID: UInt32)] = []
        for member in object.members {
            guard let userID = member.value.integer.flatMap(UInt32.init(exactly:)),
                ProfileIdentity.ownUserIDs.contains(userID)
            else { throw damaged("the ID of \"\(member.name)\" is none for a profile") }
            guard !entries.contains(where: { $0.userID == userID || $0.name == member.name }) else {
                throw damaged("\"\(member.name)\" or its ID stands there twice")
            }
            entries.append((member.name, userID))
        }
        return entries
    }

    /// The lowest ID above all that were ever given, that nobody on this host has.
    private func next(after last: UInt32?) throws(ProfileError) -> UInt32 {
        // A registry that was lost must not give one profile's files to another.
        let seen = try ([last] + ownersOfInstances().map(Optional.some)).compactMap(\.self).max()
        let first = seen.map { $0 + 1 } ?? ProfileIdentity.ownUserIDs.lowerBound
        guard first <= ProfileIdentity.ownUserIDs.upperBound else { throw .noFreeIdentity }
        var userID = first
        // A range of subordinate IDs is passed over as one: there may be tens of thousands in it.
        while let holder = try holder(of: userID) {
            guard holder.lastID < ProfileIdentity.ownUserIDs.upperBound else { throw .noFreeIdentity }
            userID = holder.lastID + 1
        }
        return userID
    }

    private func ownersOfInstances() throws(ProfileError) -> [UInt32] {
        do {
            return try FileSystem.entries(of: directories.instances.text)
                .map { (name) throws(Errno) in try FileStatus(of: (directories.instances / name).text).userID }
                .filter(ProfileIdentity.ownUserIDs.contains)
        } catch {
            guard error == .noSuchFileOrDirectory else {
                throw .system(action: "list", path: directories.instances.text, errno: error)
            }
            return []
        }
    }

    private func holder(of userID: UInt32) throws(ProfileError) -> UserDatabase.Holder? {
        do {
            return try UserDatabase.holder(ofID: userID)
        } catch {
            throw .system(action: "read", path: "/etc/passwd, /etc/group, /etc/subuid or /etc/subgid", errno: error)
        }
    }
}
