import Glibc
import JSON
import Linux
public import Policy
import SystemPackage

/// The host's profile files: one `profiles/NAME.json` for each profile, read strictly.
///
/// Changes are made under a lock on the registry, so that two first starts never get one base port.
public struct ProfileStore: Sendable {
    let directories: HostDirectories
    /// Where an administrator puts profiles for every user; read after the user's own.
    private static let shared = AbsolutePath.root / "etc/mazelclaw/profiles"

    /// The store of the user whose directories these are; nothing of it need exist yet.
    public init(directories: HostDirectories) {
        self.directories = directories
    }

    /// The file a profile is written to.
    public func file(of name: ProfileName) -> AbsolutePath {
        directories.configuration / "profiles/\(name).json"
    }

    /// The profile `name`, or nil when no file describes it for this user.
    ///
    /// Throws `ProfileError` when the file is invalid, can be written by others, or when another profile's
    /// name differs only in case.
    public func load(_ name: ProfileName) throws(ProfileError) -> Profile? {
        for directory in searched {
            guard let profile = try read(name, in: directory), isUsable((profile, directory)) else { continue }
            return profile
        }
        if let existing = try names().first(where: { $0.collisionKey == name.collisionKey && $0 != name }) {
            throw ProfileError.collision(name: name, existing: existing)
        }
        return nil
    }

    /// The profile `name`; a new one is written, with a free base port, when no file describes it.
    ///
    /// `adjust` may change a new profile before it is written. Its base port, when changed, is kept if it is
    /// far enough from the others.
    public func loadOrCreate(
        _ name: ProfileName, adjust: (inout Profile) -> Void = { _ in }
    ) throws(ProfileError) -> (profile: Profile, isNew: Bool) {
        if let profile = try load(name) { return (profile, false) }
        return try create(name, adjust: adjust)
    }

    /// Makes the profile `name`, for which no file was found, as `loadOrCreate` does. Another start may have written it
    /// meanwhile: then its profile is returned, and nothing is made.
    public func create(
        _ name: ProfileName, adjust: (inout Profile) -> Void = { _ in }
    ) throws(ProfileError) -> (profile: Profile, isNew: Bool) {
        let lock = try RegistryLock.acquire(in: directories)
        defer { lock.discard() }
        if let profile = try load(name) { return (profile, false) }
        let others = try others(than: name)
        var profile = try proposal(for: name, beside: others)
        adjust(&profile)
        try PortPlan(others: others).check(profile)
        try write(profile)
        publishPorts()
        return (profile, true)
    }

    /// The profile `name`, or what it would be if it were made now; nothing is written.
    public func loadOrPropose(_ name: ProfileName) throws(ProfileError) -> (profile: Profile, isNew: Bool) {
        if let profile = try load(name) { return (profile, false) }
        return (try propose(name), true)
    }

    /// What the profile `name`, for which no file was found, would be if it were made now; nothing is written.
    ///
    /// Throws `ProfileError.noFreeBase` when no base port is left.
    public func propose(_ name: ProfileName) throws(ProfileError) -> Profile {
        try proposal(for: name, beside: try others(than: name))
    }

    private func proposal(for name: ProfileName, beside others: [Profile]) throws(ProfileError) -> Profile {
        let claimed = PortClaims(directories: directories).ofOthers.flatMap(\.ports)
        guard let base = PortPlan(others: others, claimed: claimed).freeBase(for: name) else {
            throw ProfileError.noFreeBase
        }
        return Profile(name: name, basePort: base)
    }

    /// Gives the profile `name` another base port, which counts from its next start.
    ///
    /// Throws `ProfileError.overlap` when another profile's is too close, and `.system` when the file is not this user's to
    /// write.
    public func assign(basePort: UInt16, to name: ProfileName) throws(ProfileError) -> Profile {
        let lock = try RegistryLock.acquire(in: directories)
        defer { lock.discard() }
        guard var profile = try load(name) else {
            throw .system(action: "read", path: file(of: name).text, errno: .noSuchFileOrDirectory)
        }
        profile.basePort = basePort
        try PortPlan(others: others(than: name)).check(profile)
        try write(profile)
        publishPorts()
        return profile
    }

    /// Takes back a profile that `loadOrCreate` made for a start that was then refused.
    public func remove(_ name: ProfileName) throws(ProfileError) {
        let file = file(of: name)
        try Self.system("remove", file.text) { () throws(Errno) in try FileSystem.unlink(file.text) }
    }

    /// Removes the file of the profile `name`, which was asked for, unless it runs; returns who runs it then.
    ///
    /// What it kept, its audit log and its user ID stay. Throws `ProfileError.system` for a file that is not this user's.
    public func retire(_ name: ProfileName) throws(ProfileError) -> InstanceHolder? {
        let lock = try RegistryLock.acquire(in: directories)
        defer { lock.discard() }
        // No start can come in between: it takes the same lock.
        if let holder = try InstanceLock.holder(of: name, in: directories) { return holder }
        try remove(name)
        publishPorts()
        return nil
    }

    /// Every profile of this user, by name.
    public func all() throws(ProfileError) -> [Profile] {
        var profiles: [Profile] = []
        for name in try names() {
            if let profile = try load(name) { profiles.append(profile) }
        }
        return profiles
    }

    /// Every profile on this host that can be read, but for the one `name` means to this user: those whose ports
    /// must be kept clear of, an administrator's for somebody else among them.
    public func others(than name: ProfileName) throws(ProfileError) -> [Profile] {
        others(than: name, in: try entries())
    }

    /// One of the host's other profiles.
    public struct Other: Sendable {
        /// What its file says.
        public let profile: Profile
        /// The user ID its payload runs under when it is started by whoever it is made for; nil for one of its own, and
        /// where that is not known.
        public let userID: UInt32?
    }

    /// As `others(than:)`, with the users.
    public func othersWithUsers(than name: ProfileName) throws(ProfileError) -> [Other] {
        let entries = try entries()
        let own = ownIndex(of: name, in: entries)
        return entries.indices.filter { $0 != own }
            .map { Other(profile: entries[$0].profile, userID: userID(of: entries[$0])) }
    }

    /// The user IDs that payloads of more than one profile run under, ascending, with the profiles' names.
    public func sharedUserIDs() throws(ProfileError) -> [(userID: UInt32, names: [ProfileName])] {
        var users: [(userID: UInt32, names: [ProfileName])] = []
        for entry in try entries() {
            guard let userID = userID(of: entry) else { continue }
            if let index = users.firstIndex(where: { $0.userID == userID }) {
                users[index].names.append(entry.profile.name)
            } else {
                users.append((userID, [entry.profile.name]))
            }
        }
        return users.filter { $0.names.count > 1 }.sorted { $0.userID < $1.userID }
    }

    /// The profiles whose files are this user's own, and for root the host's.
    func ownProfiles() throws(ProfileError) -> [Profile] {
        try entries().filter { $0.directory == searched[0] }.map(\.profile)
    }

    /// Every profile of this user beside all the others on this host; each file is read once.
    func allBesideOthers() throws(ProfileError) -> [(profile: Profile, others: [Profile])] {
        let entries = try entries()
        var all: [(profile: Profile, others: [Profile])] = []
        for entry in entries where !all.contains(where: { $0.profile.name == entry.profile.name }) {
            guard isUsable(entry) else { continue }
            all.append((entry.profile, others(than: entry.profile.name, in: entries)))
        }
        return all
    }

    /// Writes `profile` durably.
    public func write(_ profile: Profile) throws(ProfileError) {
        let file = file(of: profile.name)
        try Self.system("create", file.parent.text) { () throws(Errno) in
            try FileSystem.makeDirectories(file.parent.text, mode: 0o755)
        }
        let text = profile.file.serialized(pretty: true) + [UInt8(ascii: "\n")]
        try Self.system("write", file.text) { () throws(Errno) in
            // The host's own profiles are for every user to see: their ports must be kept clear of.
            try FileSystem.replace(file.text, with: text, mode: Credentials.effectiveUserID == 0 ? 0o644 : 0o600)
        }
    }

    // MARK: Files

    /// A profile, and where its file is.
    private typealias Entry = (profile: Profile, directory: AbsolutePath)

    /// What all files say, in the order in which they are searched.
    private func entries() throws(ProfileError) -> [Entry] {
        var entries: [Entry] = []
        for directory in searched {
            for name in try names(in: directory) {
                guard let profile = try read(name, in: directory) else { continue }
                entries.append((profile, directory))
            }
        }
        return entries
    }

    private func ownIndex(of name: ProfileName, in entries: [Entry]) -> Int? {
        entries.firstIndex { $0.profile.name == name && isUsable($0) }
    }

    private func others(than name: ProfileName, in entries: [Entry]) -> [Profile] {
        let own = ownIndex(of: name, in: entries)
        return entries.indices.filter { $0 != own }.map { entries[$0].profile }
    }

    private var searched: [AbsolutePath] {
        let own = directories.configuration / "profiles"
        return own == Self.shared ? [own] : [own, Self.shared]
    }

    private func names() throws(ProfileError) -> [ProfileName] {
        var names: [ProfileName] = []
        for directory in searched {
            for name in try self.names(in: directory) where !names.contains(name) { names.append(name) }
        }
        return names.sorted { $0.text < $1.text }
    }

    private func names(in directory: AbsolutePath) throws(ProfileError) -> [ProfileName] {
        do {
            return try FileSystem.entries(of: directory.text).filter { $0.hasSuffix(".json") }
                .compactMap { ProfileName(String($0.dropLast(5))) }
        } catch {
            guard error == .noSuchFileOrDirectory else {
                throw ProfileError.system(action: "list", path: directory.text, errno: error)
            }
            return []
        }
    }

    private func read(_ name: ProfileName, in directory: AbsolutePath) throws(ProfileError) -> Profile? {
        let file = directory / "\(name).json"
        do {
            return try TrustedFile.read(file).map { (text) throws(ProfileError) in try Self.parse(name, file, text) }
        } catch {
            // What an administrator lets only others read is not for this user.
            if case .system(_, _, .permissionDenied) = error, directory == Self.shared { return nil }
            throw error
        }
    }

    /// Whether this user can start the profile: a shared one may name somebody else to run as.
    private func isUsable(_ entry: Entry) -> Bool {
        let own = Credentials.userID
        guard entry.directory == Self.shared, own != 0, let user = entry.profile.user else { return true }
        return Self.userID(named: user) == own
    }

    private func userID(of entry: Entry) -> UInt32? {
        guard entry.profile.identity != .own else { return nil }
        if let user = entry.profile.user { return Self.userID(named: user) }
        return Credentials.userID != 0 && entry.directory != Self.shared ? Credentials.userID : nil
    }

    /// The user ID that `NAME`, `UID` or `UID:GID` means; nil for a user that cannot be looked up: a start as that user
    /// says so.
    private static func userID(named user: String) -> UInt32? {
        let name = String(user.prefix { $0 != ":" })
        return UInt32(name) ?? (try? UserDatabase.user(named: name))?.userID
    }

    private static func parse(
        _ name: ProfileName, _ file: AbsolutePath, _ text: [UInt8]
    ) throws(ProfileError) -> Profile {
        do {
            return try Profile(name: name, file: file.text, text: text)
        } catch {
            throw .invalid(error)
        }
    }

    private static func system<Result>(
        _ action: String, _ path: String, _ body: () throws(Errno) -> Result
    ) throws(ProfileError) -> Result {
        do {
            return try body()
        } catch {
            throw .system(action: action, path: path, errno: error)
        }
    }
}
