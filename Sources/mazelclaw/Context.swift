import Configuration
import Files
import Gateway
import Glibc
import JSON
import Linux
import Policy
import Profiles
import Text

/// What a command knows before it starts: the instance, and the host's files where they can be seen.
struct Context {
    /// The instance the command line and the environment choose.
    private(set) var instance: Instance
    /// The host's profiles; nil inside the sandbox, where they are out of sight, and for an instance that
    /// exists by variables alone.
    let store: ProfileStore?
    /// Where the lock of this instance lives; nil inside the sandbox, where the launcher holds it.
    let lockDirectories: HostDirectories?
    /// The registry of this user's instances; nil inside the sandbox, where the launcher has entered this one.
    let registry: InstanceRegistry?
    /// The process that holds this instance's lock; nil when nobody does.
    let holder: Result<InstanceHolder?, ProfileError>
    /// The other instances of this host that run, as far as this user sees them: profiles, and those that exist by
    /// variables alone.
    let neighbors: Result<[(name: ProfileName, holder: InstanceHolder)], ProfileError>
    /// What the latest start of this profile proved (the launcher's audit log), for the command that asks for it.
    private(set) var proof: JSON?
    /// How its latest run ended, for the same command.
    private(set) var lastEnd: JSON?
    /// The grants by which it may be repaired, or may repair another, for the same command.
    private(set) var repairs: [RepairGrants.Entry] = []
    /// The user IDs of the profile's own that its payload may have; nil for one that runs as its files' owner.
    private(set) var payloadIDs: ClosedRange<UInt32>?
    /// Whether the lock was taken already.
    var holdsLock = false

    /// Reads the environment and, where it can be seen, the profile file. `credentials` are variables that are none of the
    /// process; its own come first.
    init(profile: ProfileName?, credentials: [String: String] = [:]) throws {
        let environment = Self.environment().merging(credentials) { own, _ in own }
        let selection = try InstanceSelection(
            argument: profile, environment: environment, launcherMark: LauncherSandbox.mark)
        if !selection.dropped.isEmpty {
            Output.error(
                "mazelclaw: ignoring \(selection.dropped.joined(separator: ", ")): --profile \(selection.name.value) "
                    + "decides alone")
        }
        let home = try Self.home(environment)
        var directories = HostDirectories(userID: geteuid(), home: home) { environment[$0] }
        // Variables can describe an instance that is no profile of this host. It has no profile file, and its
        // lock lives with its state, so that it never stands in the way of the profile of the same name.
        let isUnregistered = !selection.isSandboxed && selection["MAZELCLAW_STATE_DIR"] != nil
        store = selection.isSandboxed || isUnregistered ? nil : ProfileStore(directories: directories)
        let profile = try store?.load(selection.name.value)
        instance = try Instance(
            selection: selection, profile: profile, home: home, workingDirectory: Self.workingDirectory())
        payloadIDs = try profile.flatMap { try Self.payloadIDs(of: $0, directories) }
        let registry = InstanceRegistry(directories: directories)
        if isUnregistered {
            directories.state = instance.stateDirectory.value
            try instance.state.requireLocks(of: instance.name)
        }
        lockDirectories = selection.isSandboxed ? nil : directories
        self.registry = selection.isSandboxed ? nil : registry
        guard !selection.isSandboxed else {
            (holder, neighbors) = (.success(nil), .success([]))
            return
        }
        let (name, state) = (instance.name, instance.stateDirectory.value)
        let own = directories
        holder = Result { () throws(ProfileError) in try InstanceLock.holder(of: name, in: own) }
        neighbors = Result { () throws(ProfileError) in
            try registry.live().filter {
                isUnregistered ? $0.holder.trees?.state != state : !$0.isProfile || $0.name != name
            }.map { ($0.name, $0.holder) }
        }
    }

    /// Root knows which ID the profile has. To others the registry is shut: they know those that payloads alone have, each of
    /// which can bind no port of another profile.
    private static func payloadIDs(
        of profile: Profile, _ directories: HostDirectories
    ) throws(ProfileError) -> ClosedRange<UInt32>? {
        let isRoot = Credentials.effectiveUserID == 0
        guard profile.identity == .own || isRoot && profile.identity == nil && profile.user == nil else { return nil }
        guard isRoot else { return ProfileIdentity.ownUserIDs }
        return try IdentityRegistry(directories: directories).userID(of: profile.name).map { $0...$0 }
    }

    /// The instance where it runs now: what a command that looks for it goes by. Throws `ProfileError` when the registry
    /// cannot be read.
    func located() throws(ProfileError) -> Instance { instance.running(on: try holder.get()?.ports) }

    /// What the configuration file of `instance` says, and why it cannot be used; then there is what a gateway that runs
    /// goes by, the last one that worked, in its place.
    static func configurationFile(of instance: Instance) -> (file: ConfigurationFile?, fault: ConfigurationError?) {
        do throws(ConfigurationError) {
            return (try ConfigurationFile.load(for: instance), nil)
        } catch {
            guard instance.runningPorts != nil else { return (nil, error) }
            let fault = error
            do throws(ConfigurationError) {
                return (try LastGoodConfiguration.load(for: instance), fault)
            } catch {
                return (nil, fault)
            }
        }
    }

    // MARK: The host's own files

    /// The same instance, now that the host has this `profile` for it. Throws `ConfigurationError`.
    mutating func adopt(_ profile: Profile) throws(ConfigurationError) {
        instance = try instance.with(profile)
    }

    /// Looks up what the latest start proved, how the latest run ended, and which grants there are. The log is the launcher's, and so of a registered profile only.
    mutating func readProof() throws(ProfileError) {
        guard store != nil, let lockDirectories else { return }
        proof = try AuditLog.latestProof(of: instance.name, in: lockDirectories)
        lastEnd = try AuditLog.latestEnd(of: instance.name, in: lockDirectories)
        repairs = try RepairGrants(directories: lockDirectories).all().filter {
            $0.grant.target == instance.name || $0.grant.rescue == instance.name
        }
    }

    // MARK: The profile's user

    /// Whose the state directory is, or the directory above it in which it would be made; nil when that cannot be told.
    var owner: FileStatus? {
        var place = instance.stateDirectory.value
        while true {
            if let status = try? FileStatus(of: place.text, follow: true) { return status }
            guard place != .root else { return nil }
            place = place.parent
        }
    }

    /// Whether root gave the command for another user's profile. What is in its directories is that user's word: whoever
    /// acts on it must not be able to do more than that user.
    var mustBecomeOwner: Bool {
        !instance.isSandboxed && Credentials.effectiveUserID == 0 && owner?.userID ?? 0 != 0
    }

    /// Makes the whole process the user the profile's directories belong to, for good. Nothing changes unless
    /// `mustBecomeOwner`. Throws `ConfigurationError.blocked` for a directory of root's group whose user has none.
    func becomeOwner() throws {
        guard mustBecomeOwner, let owner else { return }
        try Credentials.becomeInEveryThread(userID: owner.userID, groupID: ownersGroup(owner))
    }

    /// The group that `owner`, whose the state directory is, acts with. Throws `ConfigurationError.blocked` where that is
    /// root's.
    func ownersGroup(_ owner: FileStatus) throws -> UInt32 {
        let group = try UserDatabase.user(id: owner.userID)?.groupID ?? owner.groupID
        guard group != 0 else {
            throw ConfigurationError.blocked(
                "\(instance.stateDirectory.value) belongs to user \(owner.userID) and to root's group; chgrp it to that "
                    + "user's group")
        }
        return group
    }

    /// Makes sure that the instance's gateway does not run, and is not started, as long as this process has the lock that is
    /// returned. Throws `ServiceError` where it runs, and inside the sandbox, where nobody can tell.
    @discardableResult
    func keepStopped() throws -> InstanceLock {
        guard let directories = lockDirectories else {
            throw ServiceError("the gateway of this sandbox may run: give this command outside of it")
        }
        let name = instance.name
        switch try InstanceLock.acquire(name, in: directories) {
        case .acquired(let lock): return lock
        case .held(let holder):
            throw ServiceError(
                "profile \"\(name)\" runs (\(holder)); stop it first: "
                    + "`\(CommandText.command("gateway stop", for: name))`, or Ctrl-C where it runs in a terminal")
        }
    }

    // MARK: Arguments

    /// `text`, given for the argument `name`, as a path.
    func path(_ text: String, argument name: String) throws(ConfigurationError) -> AbsolutePath {
        guard let path = instance.absolutePath(text) else {
            throw .argument(flag: name, value: text, expected: "a path without \"..\"")
        }
        return path
    }

    /// The agent that answers when none is named.
    func defaultAgent() throws(ConfigurationError) -> String {
        let file = try ConfigurationFile.load(for: instance)
        return IdentifierText.agent(try GatewayConfiguration(instance: instance, file: file).agents.defaultID)
    }

    private static func home(_ environment: [String: String]) throws(ConfigurationError) -> AbsolutePath {
        guard let text = environment["HOME"], let home = AbsolutePath(text) else {
            throw .variable(
                name: "HOME", value: environment["HOME"] ?? "", expected: "your home directory's absolute path")
        }
        return home
    }

    private static func workingDirectory() -> AbsolutePath {
        guard let buffer = getcwd(nil, 0) else { return .root }
        defer { free(buffer) }
        return AbsolutePath(String(cString: buffer)) ?? .root
    }

    /// The variables of this process.
    static func environment() -> [String: String] {
        var variables: [String: String] = [:]
        var next = environ
        while let entry = next.pointee {
            let pair = String(cString: entry).split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            if pair.count == 2 { variables[String(pair[0])] = String(pair[1]) }
            next += 1
        }
        return variables
    }
}
