import Linux
import Policy
import Profiles

/// What the host's files decide about a start: its policy, the compiled filter, its ports, and the other profiles beside it.
struct StartRules {
    /// The policy, and where the seccomp policy it names lies.
    let loaded: PolicyFiles.Loaded
    /// The seccomp policy's filter, kept or compiled now.
    let program: SeccompProgram
    /// The ports of the profile among all profiles.
    let ports: PortSet
    private let profile: Profile
    private let others: [ProfileStore.Other]

    /// Reads them for a start of `profile` by `caller`.
    ///
    /// Throws `LaunchError.profile` for a file that is missing, invalid or not to be trusted and for ports that are another
    /// profile's, and `LaunchError.noSeccomp` where the kernel takes no filter at all.
    init(for profile: Profile, _ caller: Caller, isSupervised: Bool) throws(LaunchError) {
        self.profile = profile
        do {
            (loaded, program) = try Self.load(profile.policy, caller, isSupervised: isSupervised)
            others = try caller.profiles.othersWithUsers(than: profile.name)
            ports = try PortPlan(others: others.map(\.profile)).ports(of: profile)
        } catch {
            // libseccomp asks the kernel too: what the host lacks is no fault of the policy's, nor of a call's.
            switch error {
            case .invalid, .system: try Self.checkSeccomp()
            // Any other says itself what is wrong, and is thrown below.
            case .untrusted, .collision, .overlap, .pinned, .invalidBase, .identityTaken, .noFreeIdentity, .noFreeBase,
                .registryBusy:
                break
            }
            throw .profile(error)
        }
    }

    /// The policy `reference`, and its filter.
    static func load(
        _ reference: String, _ caller: Caller, isSupervised: Bool
    ) throws(ProfileError) -> (PolicyFiles.Loaded, SeccompProgram) {
        let loaded = try caller.policies.load(reference)
        let program = try CompiledFilters(launcher: caller.executable)
            .program(file: loaded.seccompFile, policies: caller.policies, isSupervised: isSupervised)
        return (loaded, program)
    }

    /// The other profiles whose payloads run under the user ID of `user`; none where that is the profile's own.
    func sharers(of user: UserIdentity) -> [ProfileName] {
        user.isOwn ? [] : others.filter { $0.userID == user.userID }.map(\.profile.name)
    }

    /// The other instances of the host, as `user` can tell where they are.
    func neighbours(of user: UserIdentity) -> [Neighbour] {
        others.map(\.profile).compactMap { other in
            // Another user's home is not known here, and its files are shut to this one anyway.
            let state = other.user == profile.user ? ProfilePaths(profile: other, home: user.home).state : nil
            return PortSet(base: other.basePort).map {
                Neighbour(name: other.name, ports: $0, state: other.stateDirectory ?? state)
            }
        }
    }

    private static func checkSeccomp() throws(LaunchError) {
        do {
            try SeccompFilter.checkAvailability()
        } catch {
            throw .noSeccomp(error)
        }
    }
}
