import Linux
public import Policy

/// The ports of a profile beside those of all the others.
///
/// Sets derived from bases less than 111 apart overlap. When the bases are 20 to 110 apart, the lower profile's CDP range
/// ends just below the upper base; when they are less than 20 apart, the profile is refused. A pinned CDP port must be
/// nobody else's: the profile that pins it is refused, so that no profile can keep another from starting.
public struct PortPlan: Sendable {
    private let others: [(name: ProfileName, ports: PortSet)]
    private let claimed: [PortSet]

    /// A plan beside `others`, which do not hold the profile itself. A base that is proposed keeps clear of `claimed` too,
    /// what other users say is theirs, as long as one is left that does.
    public init(others: [Profile], claimed: [PortSet] = []) {
        self.claimed = claimed
        self.others = others.compactMap { other in
            PortSet(base: other.basePort, pinned: other.cdpPorts).map { (other.name, $0) }
        }.sorted { $0.ports.base < $1.ports.base }
    }

    /// The ports of `profile`, its CDP range ending below the next base above.
    ///
    /// Throws `ProfileError.overlap` when another profile's base is closer than 20, `.pinned` when a pinned port is
    /// also another profile's.
    public func ports(of profile: Profile) throws(ProfileError) -> PortSet {
        guard var ports = PortSet(base: profile.basePort, pinned: profile.cdpPorts) else {
            throw .invalidBase(Int(profile.basePort))
        }
        for other in others {
            let distance = Int(other.ports.base) - Int(profile.basePort)
            guard distance.magnitude >= UInt(PortSet.minimumDistance) else {
                throw .overlap(
                    name: profile.name, base: profile.basePort, other: other.name, otherBase: other.ports.base,
                    free: freeBase(for: profile.name))
            }
            ports = ports.carved(below: other.ports.base)
        }
        for other in others where !ports.pinned.isEmpty {
            let theirs = carved(other.ports, beside: profile.basePort)
            guard let port = ports.pinned.first(where: theirs.contains) else { continue }
            throw .pinned(port: port, name: profile.name, other: other.name)
        }
        return ports
    }

    /// Refuses a profile that `ports(of:)` would refuse.
    public func check(_ profile: Profile) throws(ProfileError) {
        _ = try ports(of: profile)
    }

    /// The base a profile called `name` would be given beside the others; nil when none is left.
    public func freeBase(for name: ProfileName) -> UInt16? {
        // Where the kernel does not tell who listens the base is a guess all the same: a start looks again.
        let listeners = (try? TCPListener.all()) ?? []
        func base(beside taken: [PortSet]) -> UInt16? {
            BasePortAllocator(taken: taken, ephemeral: .ofHost, listenedOn: listeners.map(\.port)).base(for: name)
        }
        let taken = others.map(\.ports)
        // Nobody is kept from having a profile by what others write down.
        return base(beside: taken + claimed) ?? base(beside: taken)
    }

    /// What is left to `ports` beside all the other bases. Those too close are an error of that profile's own.
    private func carved(_ ports: PortSet, beside base: UInt16) -> PortSet {
        var ports = ports
        for neighbour in others.map(\.ports.base) + [base] where neighbour >= ports.base + PortSet.minimumDistance {
            ports = ports.carved(below: neighbour)
        }
        return ports
    }
}
