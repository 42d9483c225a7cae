public import Policy

/// The ports of a profile beside those of all the others.
///
/// Sets derived from bases less than 111 apart overlap. From 20 to 110 apart the lower profile's CDP range
/// ends just below the upper base; closer is refused.
public struct PortPlan: Sendable {
    private let bases: [(base: UInt16, name: ProfileName)]

    /// A plan beside `others`, which do not hold the profile itself.
    public init(others: [Profile]) {
        bases = others.map { ($0.basePort, $0.name) }.sorted { $0.base < $1.base }
    }

    /// The ports of `profile`, its CDP range ending below the next base above.
    ///
    /// Throws `ProfileError.overlap` when another profile's base is closer than 20.
    public func ports(of profile: Profile) throws(ProfileError) -> PortSet {
        guard var ports = PortSet(base: profile.basePort, pinned: profile.cdpPorts) else {
            throw .invalidBase(Int(profile.basePort))
        }
        for other in bases {
            let distance = Int(other.base) - Int(profile.basePort)
            guard distance.magnitude >= UInt(PortSet.minimumDistance) else {
                throw .overlap(
                    name: profile.name, base: profile.basePort, other: other.name, otherBase: other.base,
                    free: BasePortAllocator(taken: bases.map(\.base)).base(for: profile.name))
            }
            ports = ports.carved(below: other.base)
        }
        return ports
    }

    /// Refuses a profile that `ports(of:)` would refuse.
    public func check(_ profile: Profile) throws(ProfileError) {
        _ = try ports(of: profile)
    }
}
