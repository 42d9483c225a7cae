public import Policy

/// Chooses base ports for new profiles: disjoint from all others and below the kernel's ephemeral range.
public struct BasePortAllocator: Sendable {
    private let taken: [UInt16]

    /// An allocator that keeps clear of the bases in `taken`.
    public init(taken: [UInt16]) {
        self.taken = taken
    }

    /// A base whose whole set is disjoint from all others: the name's customary one where free, else the
    /// lowest free slot of 128 from 20000 on, below 32768 where Linux's ephemeral ports begin by default
    /// (ip(7), ip_local_port_range). Nil when all are taken.
    public func base(for name: ProfileName) -> UInt16? {
        let customary: [UInt16] =
            switch name.text {
            case "main", "default": [18789]
            case "dev": [19001]
            case "rescue": [19789]
            default: []
            }
        return (customary + stride(from: 20000, through: 32640, by: 128)).first { isFree($0) }
    }

    private func isFree(_ base: UInt16) -> Bool {
        taken.allSatisfy { (Int($0) - Int(base)).magnitude >= UInt(PortSet.disjointDistance) }
    }
}
