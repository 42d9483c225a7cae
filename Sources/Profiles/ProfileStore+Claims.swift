import Linux
public import Policy

extension ProfileStore {
    /// A port that another user of this host claims for a profile of theirs.
    public struct ForeignClaim: Sendable, CustomStringConvertible {
        /// The lowest port that both have.
        public let port: UInt16
        /// The user who claims it, and owns the file that says so.
        public let userID: UInt32

        /// `port 18789 is also claimed by user ada (1001) for a profile`.
        public var description: String {
            "port \(port) is also claimed for a profile of \(UserDatabase.text(ofUser: userID)): only one of the two can run"
        }
    }

    /// The lowest port of `ports` that another user of this host claims; nil when none does. Nothing is refused for it: a
    /// claim is a user's word.
    public func foreignClaim(on ports: PortSet) -> ForeignClaim? {
        PortClaims(directories: directories).ofOthers.compactMap { claim -> ForeignClaim? in
            claim.ports.compactMap { $0.sharedPort(with: ports) }.min().map {
                ForeignClaim(port: $0, userID: claim.userID)
            }
        }.min { $0.port < $1.port }
    }

    /// Tells the other users of this host which ports this user's profiles have, and those that run have. The registry's lock
    /// is held.
    func publishPorts() {
        // Nobody's start depends on it: the others look at who listens, too.
        guard let own = try? ownPorts() else { return }
        try? PortClaims(directories: directories).publish(own)
    }

    private func ownPorts() throws(ProfileError) -> [PortSet] {
        var ports = try ownProfiles().compactMap { PortSet(base: $0.basePort, pinned: $0.cdpPorts) }
        for instance in try InstanceRegistry(directories: directories).live() {
            guard let running = instance.holder.ports, !ports.contains(where: { $0.base == running.base }) else {
                continue
            }
            ports.append(running)
        }
        return ports
    }
}
