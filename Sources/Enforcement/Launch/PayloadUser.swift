import Linux
import Policy
import Profiles
import SystemPackage

/// Whom the payload of a profile runs as, and where that profile's files are.
struct PayloadUser {
    private let profile: Profile
    private let caller: Caller
    /// Whether root may run the payload as root.
    private let allowsRoot: Bool

    /// The user of `profile`, into which the command line's choices are merged, when `caller` starts it.
    init(of profile: Profile, _ caller: Caller, allowsRoot: Bool) {
        self.profile = profile
        self.caller = caller
        self.allowsRoot = allowsRoot
    }

    /// Which user ID it is: with root's rights one of the profile's own, unless a user is named.
    var mode: ProfileIdentity {
        let isUnnamed = Credentials.userID == 0 && profile.user == nil && !allowsRoot
        return profile.identity ?? (isUnnamed ? .own : .user)
    }

    /// The user. With `assigning`, a profile that is to have a user ID of its own and has none yet is given one for good.
    ///
    /// Throws `LaunchError.usage` for a user whom the caller cannot or must not become, `.cannotBecome` where the kernel
    /// refuses it, `.profile` when no user ID can be given, and `.system` when /etc/passwd cannot be read.
    func identity(assigning: Bool) throws(LaunchError) -> UserIdentity {
        switch mode {
        case .own: try ownIdentity(assigning: assigning)
        case .user: try namedIdentity()
        }
    }

    /// Where the data of the profile lives. What belongs to a user ID of the profile's own has no home to be in.
    func paths(of user: UserIdentity) -> ProfilePaths {
        var profile = profile
        if profile.stateDirectory == nil, user.isOwn, !user.isMapped {
            profile.stateDirectory = caller.directories.instances / profile.name.text
        }
        return ProfilePaths(profile: profile, home: user.home)
    }

    // MARK: A user ID of the profile's own

    private func ownIdentity(assigning: Bool) throws(LaunchError) -> UserIdentity {
        guard Credentials.userID == 0 else {
            throw .usage(
                "only root can give profile \"\(profile.name)\" a user ID of its own: start it with sudo or as a system "
                    + "unit, or set \"identity\": \"user\" in the profile")
        }
        let userID = try ownUserID(assigning: assigning)
        guard let name = profile.user else {
            let home = profile.stateDirectory?.parent ?? caller.directories.instances
            return UserIdentity(userID: userID, groupID: userID, name: "mazelclaw", home: home, isOwn: true)
        }
        let owner = try Self.parse(name)
        guard owner.userID != 0 else {
            throw .usage("\"\(name)\" is root, whose files no payload may have; name an unprivileged user, or none")
        }
        return UserIdentity(
            userID: userID, groupID: userID, name: owner.entry?.name ?? "mazelclaw", home: try home(of: owner),
            owner: UserIdentity.Owner(userID: owner.userID, groupID: owner.groupID), isOwn: true)
    }

    private func ownUserID(assigning: Bool) throws(LaunchError) -> UInt32 {
        #if DEBUG
            if let mutation = try Mutation(launcher: caller.executable), mutation.layer == .ownUserID {
                return ProfileIdentity.ownUserIDs.upperBound
            }
        #endif
        do {
            let registry = IdentityRegistry(directories: caller.directories)
            return assigning ? try registry.assign(to: profile.name) : try registry.propose(for: profile.name)
        } catch {
            throw .profile(error)
        }
    }

    // MARK: A user of the host

    private func namedIdentity() throws(LaunchError) -> UserIdentity {
        let own = Credentials.userID
        guard let wanted = profile.user else {
            guard own != 0 || allowsRoot else {
                throw .usage(
                    "profile \"\(profile.name)\" is to run as its user and names none: give --user NAME, or set \"user\" in "
                        + "the profile, or leave \"identity\": \"user\" out, or accept a root payload with --allow-root"
                )
            }
            return try identity(
                of: HostUser(userID: own, groupID: Credentials.groupID, entry: try Caller.entry(ofUser: own)))
        }
        let user = try Self.parse(wanted)
        guard own == 0 || own == user.userID else {
            throw .usage(
                "only root can run a payload as another user: you are \(own), \"\(wanted)\" is \(user.userID); "
                    + "leave --user out, or use sudo")
        }
        guard user.userID != 0 || allowsRoot else {
            throw .usage("\"\(wanted)\" is root; choose an unprivileged user, or accept it with --allow-root")
        }
        do throws(Errno) {
            _ = try Credentials.acting(asUser: user.userID, group: user.groupID) { () throws(Never) in }
        } catch {
            throw .cannotBecome(user.userID, error)
        }
        return try identity(of: user)
    }

    private func identity(of user: HostUser) throws(LaunchError) -> UserIdentity {
        UserIdentity(
            userID: user.userID, groupID: user.groupID, name: user.entry?.name ?? "mazelclaw", home: try home(of: user))
    }

    private func home(of user: HostUser) throws(LaunchError) -> AbsolutePath {
        let own = user.userID == Credentials.userID ? caller.environment.first { $0.name == "HOME" }?.value : nil
        guard let home = (own ?? user.entry?.home).flatMap(AbsolutePath.init) ?? profile.stateDirectory?.parent else {
            throw .usage("user \(user.userID) has no home directory; give --state-dir")
        }
        return home
    }

    /// A user of the host as the command line or a profile names it.
    private struct HostUser {
        let userID: UInt32
        let groupID: UInt32
        /// What passwd(5) says of it; nil for a number that has no line there.
        let entry: UserDatabase.User?
    }

    private static func parse(_ text: String) throws(LaunchError) -> HostUser {
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        if let number = UInt32(parts[0]) {
            let entry = try Caller.entry(ofUser: number)
            guard let group = parts.count == 2 ? UInt32(parts[1]) : entry?.groupID ?? number else {
                throw .usage("\"\(text)\" is no user: expected NAME, UID or UID:GID")
            }
            return HostUser(userID: number, groupID: group, entry: entry)
        }
        let named: UserDatabase.User?
        do {
            named = try UserDatabase.user(named: String(parts[0]))
        } catch {
            throw .system(action: "read", path: "/etc/passwd", errno: error)
        }
        guard let named, parts.count == 1 else {
            throw .usage("there is no user \"\(text)\" in /etc/passwd: expected NAME, UID or UID:GID")
        }
        return HostUser(userID: named.userID, groupID: named.groupID, entry: named)
    }
}
