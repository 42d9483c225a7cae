import Configuration
import Gateway
import Linux
import Policy
import Profiles

/// Which base port a profile may have beside everything else on this host.
struct BasePortChoice {
    private let context: Context
    private let store: ProfileStore

    /// The choice for the profile that `context` is about, whose file is in `store`.
    init(_ context: Context, _ store: ProfileStore) {
        self.context = context
        self.store = store
    }

    /// The profile as it would be with the base port `port`.
    func profile(on port: UInt16) -> Profile {
        var profile = context.instance.profile ?? Profile(name: context.instance.name, basePort: port)
        profile.basePort = port
        return profile
    }

    /// The port it has, when it can have that; else a free one.
    ///
    /// Throws `ProfileError.noFreeBase` when there is none.
    func proposal() throws -> UInt16 {
        let (profile, isNew) = try store.loadOrPropose(context.instance.name)
        guard !isNew else { return profile.basePort }
        do {
            try require(profile.basePort)
            return profile.basePort
        } catch {
            let plan = try PortPlan(others: store.others(than: profile.name))
            guard let free = plan.freeBase(for: profile.name) else { throw error }
            Output.error("mazelclaw: note: \(error)")
            return free
        }
    }

    /// Makes sure that the base may be `port`. Throws `ProfileError` when another profile is in the way, and `PortInUse`
    /// when somebody else listens there.
    func require(_ port: UInt16) throws {
        try PortPlan(others: store.others(than: context.instance.name)).check(profile(on: port))
        guard try context.holder.get()?.ports?.contains(port) != true,
            let listener = try TCPListener.all(on: [port...port]).first
        else { return }
        throw PortInUse(port: port, address: IPAddress(bytes: listener.address)?.description ?? "this host")
    }
}
