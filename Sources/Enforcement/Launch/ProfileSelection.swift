import Linux
import Policy
import Profiles

/// Finds the profile of a start, or makes it, and merges into it what the command line asks for.
struct ProfileSelection {
    let caller: Caller
    let options: LaunchOptions

    /// The profile as the start is to use it, and whether there was none before.
    ///
    /// With `creating` a missing profile is written down; without, it is what it would be. Throws `LaunchError.profile` for
    /// a file that is invalid or not to be trusted, and `LaunchError.plan` for one that leaves open where its files are.
    func profile(creating: Bool) throws(LaunchError) -> (profile: Profile, isNew: Bool) {
        let found = try find(creating: creating)
        let profile = options.overrides.applied(to: found.profile)
        if !found.isNew { try checkPlace(of: profile) }
        return (profile, found.isNew)
    }

    /// Takes back a profile that was made for a start which was then refused, so that a refusal leaves nothing behind.
    ///
    /// Another start may have taken it up meanwhile: it holds the instance's lock, and the profile stays.
    static func forget(_ name: ProfileName, caller: Caller) {
        guard case .acquired(let lock) = try? InstanceLock.acquire(name, in: caller.directories) else { return }
        defer { lock.descriptor.discard() }
        // What cannot be removed again is a valid profile all the same.
        try? caller.profiles.remove(name)
    }

    private func find(creating: Bool) throws(LaunchError) -> (profile: Profile, isNew: Bool) {
        let store = caller.profiles
        do {
            if let profile = try store.load(options.profile) { return (profile, false) }
            if !creating { return (try store.propose(options.profile), true) }
        } catch {
            throw .profile(error)
        }
        let state = try newStateDirectory()
        do {
            return try store.create(options.profile) { made in
                made = options.overrides.newProfile(
                    made.name, basePort: made.basePort, isRoot: Credentials.userID == 0)
                made.stateDirectory = state
            }
        } catch {
            throw .profile(error)
        }
    }

    /// The state directory that a new profile names; nil where it follows from its user's home.
    private func newStateDirectory() throws(LaunchError) -> AbsolutePath? {
        let isRoot = Credentials.userID == 0
        // Which base port it will have changes nothing about where its files are.
        let profile = options.overrides.newProfile(
            options.profile, basePort: PortSet.validBases.lowerBound, isRoot: isRoot)
        let user = PayloadUser(of: profile, caller, allowsRoot: options.start.allowsRoot)
        // Written out: root's own home says nothing about where this user's state is.
        guard isRoot, profile.user != nil || user.mode == .own else { return profile.stateDirectory }
        return user.paths(of: try user.identity(assigning: false)).state
    }

    private func checkPlace(of profile: Profile) throws(LaunchError) {
        guard profile.stateDirectory == nil, profile.user == nil,
            PayloadUser(of: profile, caller, allowsRoot: options.start.allowsRoot).mode == .own
        else { return }
        // As `mazelclaw setup` leaves it for root: nobody's home says where its files are.
        throw .plan(
            .invalid(
                "\(caller.profiles.file(of: profile.name)) names neither a \"stateDirectory\" nor a \"user\": set "
                    + "\"stateDirectory\": \"\(caller.directories.instances / profile.name.text)\", or \"user\" to whose "
                    + "the profile's files are"))
    }
}
