public import Policy

/// Chooses base ports for new profiles: disjoint from all others, outside the kernel's ephemeral range, without a port
/// that browsers refuse to open or that somebody listens on.
public struct BasePortAllocator: Sendable {
    private let taken: [PortSet]
    private let ephemeral: EphemeralPorts
    private let listenedOn: [UInt16]

    /// An allocator that keeps clear of the sets in `taken`, of `ephemeral` ports and of those in `listenedOn`.
    public init(taken: [PortSet], ephemeral: EphemeralPorts, listenedOn: [UInt16]) {
        self.taken = taken
        self.ephemeral = ephemeral
        self.listenedOn = listenedOn
    }

    /// A base whose whole set is free: the name's customary one where it is, else the lowest slot of 128 from 20000
    /// on. Nil when none is.
    public func base(for name: ProfileName) -> UInt16? {
        let customary: [UInt16] =
            switch name.text {
            case "main", "default": [18789]
            case "dev": [19001]
            case "rescue": [19789]
            // Every other name gets the lowest free slot.
            default: []
            }
        return (customary + stride(from: 20000, through: PortSet.validBases.upperBound, by: 128)).first(where: isFree)
    }

    private func isFree(_ base: UInt16) -> Bool {
        guard let ports = PortSet(base: base), ephemeral.first(in: ports) == nil, BlockedPorts.first(in: ports) == nil
        else { return false }
        return taken.allSatisfy { $0.sharedPort(with: ports) == nil } && !listenedOn.contains(where: ports.contains)
    }
}
