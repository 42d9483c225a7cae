public import Linux
public import Policy
import SystemPackage

/// The ports of all profiles beside each other, who runs on them and who listens: what `ports` shows.
public struct PortSurvey: Sendable {
    /// The place of a profile, or of an instance that runs without one.
    public struct Entry: Sendable {
        /// The profile's name, or that of an instance without a profile file.
        public let name: ProfileName
        /// Its ports: those it runs on, else those a start would get; the derived ones where a start is refused.
        public let ports: PortSet
        /// Which network they are ports of: the host's, or one of the profile's own.
        public let network: NetworkMode
        /// Why a start would be refused, as one sentence; nil when it would not, for its ports.
        public let fault: String?
        /// Who runs it now; nil when nobody does.
        public let holder: InstanceHolder?
        /// Whether it is a profile's; an instance that exists by variables alone may be called as one is.
        public internal(set) var isProfile = true
        /// What its base port is away from the next one above; nil for the uppermost.
        public internal(set) var distanceToNext: UInt16?
    }

    /// A socket that listens on one of the ports.
    public struct Listener: Sendable {
        /// The profile whose port it is.
        public let profile: ProfileName
        /// The port that it listens on.
        public let port: UInt16
        /// The address it listens on.
        public let address: IPAddress
        /// Who holds it; nil for another user's.
        public let owner: SocketOwner?
    }

    /// A range of ports with its owner: a link of the proof that no port has two.
    public struct Claim: Sendable {
        /// The ports, both ends included.
        public let range: ClosedRange<UInt16>
        /// Whether they are the gateway's, the browser control's or the DevTools protocol's.
        public let use: PortSet.Use
        /// The profile that they are given to.
        public let profile: ProfileName
    }

    /// Two profiles with common ports.
    public struct Overlap: Sendable {
        /// The two, in the order of their bases.
        public let profiles: (ProfileName, ProfileName)
        /// The lowest common port.
        public let port: UInt16
    }

    /// The profiles, by base port.
    public let entries: [Entry]
    /// Who listens on a port of some profile, in the order of the ports.
    public let listeners: [Listener]
    /// The ports the kernel may give away.
    public let ephemeral: EphemeralPorts

    /// Surveys this host, as far as this user may see it. Throws `ProfileError` for a profile file that is invalid, and
    /// when the kernel does not tell who listens.
    public init(directories: HostDirectories) throws(ProfileError) {
        let live = try InstanceRegistry(directories: directories).live()
        var entries: [Entry] = []
        for (profile, others) in try ProfileStore(directories: directories).allBesideOthers() {
            let holder = live.first { $0.isProfile && $0.name == profile.name }?.holder
            do throws(ProfileError) {
                let ports = try PortPlan(others: others).ports(of: profile)
                entries.append(
                    Entry(
                        name: profile.name, ports: holder?.ports ?? ports, network: profile.network, fault: nil,
                        holder: holder))
            } catch {
                guard let ports = holder?.ports ?? PortSet(base: profile.basePort, pinned: profile.cdpPorts) else {
                    throw error
                }
                entries.append(
                    Entry(
                        name: profile.name, ports: ports, network: profile.network, fault: error.description,
                        holder: holder))
            }
        }
        // A gateway can run without a profile file, and one that exists by variables has none.
        let profiles = entries.map(\.name)
        for instance in live where !instance.isProfile || !profiles.contains(instance.name) {
            guard let ports = instance.holder.ports else { continue }
            entries.append(
                Entry(
                    name: instance.name, ports: ports, network: .shared, fault: nil, holder: instance.holder,
                    isProfile: instance.isProfile))
        }
        let listeners: [TCPListener]
        do throws(Errno) {
            listeners = try TCPListener.all(on: entries.flatMap { $0.ports.uses.map(\.range) })
        } catch {
            throw .system(
                action: "list the listeners of this host by sock_diag(7) and in", path: "/proc/net/tcp", errno: error)
        }
        self.init(
            entries: entries, listeners: listeners, holders: SocketOwner.holders(of: Set(listeners.map(\.inode))),
            ephemeral: .ofHost)
    }

    init(
        entries: [Entry], listeners: [TCPListener], holders: [UInt64: SocketOwner] = [:], ephemeral: EphemeralPorts
    ) {
        var entries = entries.sorted { $0.ports.base < $1.ports.base }
        for index in entries.indices.dropLast() {
            entries[index].distanceToNext = entries[index + 1].ports.base - entries[index].ports.base
        }
        self.entries = entries
        self.listeners = listeners.sorted { $0.port < $1.port }.compactMap { listener in
            guard let entry = entries.first(where: { $0.ports.contains(listener.port) }),
                let address = IPAddress(bytes: listener.address)
            else { return nil }
            return Listener(
                profile: entry.name, port: listener.port, address: address, owner: holders[listener.inode])
        }
        self.ephemeral = ephemeral
    }

    /// Every range of ports with its owner, ascending. When each ends below the next, no port has two owners.
    public var claims: [Claim] {
        entries.flatMap { entry in
            entry.ports.uses.map { Claim(range: $0.range, use: $0.use, profile: entry.name) }
        }.sorted { $0.range.lowerBound < $1.range.lowerBound }
    }

    /// Whether no port has two owners.
    public var isDisjoint: Bool {
        let claims = claims
        return zip(claims, claims.dropFirst()).allSatisfy { $0.range.upperBound < $1.range.lowerBound }
    }

    /// The pairs of profiles that share ports.
    public var overlaps: [Overlap] {
        entries.indices.flatMap { lower in
            entries[(lower + 1)...].compactMap { upper in
                entries[lower].ports.sharedPort(with: upper.ports).map {
                    Overlap(profiles: (entries[lower].name, upper.name), port: $0)
                }
            }
        }
    }
}
