import Linux
public import Policy
import SystemPackage

/// Which instances run on this host now, on which ports and in which directories: no two of them share one.
public struct InstanceRegistry: Sendable {
    private let directories: HostDirectories

    /// The registry of the user whose directories these are; nothing of it need exist yet.
    public init(directories: HostDirectories) {
        self.directories = directories
    }

    /// What came of a claim.
    public enum Outcome: Sendable {
        case claimed(InstanceLock)
        /// The instance runs already.
        case held(by: InstanceHolder)
        /// Another instance runs on one of the ports.
        case portTaken(UInt16, of: ProfileName, by: InstanceHolder)
        /// Another instance runs with a directory that one of the two keeps its state in.
        case directoryTaken(AbsolutePath, theirs: AbsolutePath, of: ProfileName, by: InstanceHolder)
    }

    /// An instance that runs.
    public struct Running: Sendable {
        /// The name it runs under, which need not be a profile's: see `isProfile`.
        public let name: ProfileName
        /// Whether it is the profile of that name; one that exists by variables alone may be called anything.
        public let isProfile: Bool
        /// Who runs it.
        public let holder: InstanceHolder
    }

    /// Makes this process the one of the profile `name`, and the only one on `ports` and with its state in `trees`, or says
    /// who is in the way.
    ///
    /// Others wait meanwhile, so two starts at once cannot both find them free. Throws `ProfileError.system`.
    public func claim(_ name: ProfileName, ports: PortSet, trees: InstanceTrees) throws(ProfileError) -> Outcome {
        try claim(.profile(name), name, ports, trees)
    }

    /// The same for an instance that exists by variables alone. It is known by its state directory, and so stands not in
    /// the way of the profile of the same name.
    public func claimUnregistered(
        _ name: ProfileName, ports: PortSet, trees: InstanceTrees
    ) throws(ProfileError) -> Outcome {
        try claim(InstanceKey(stateDirectory: trees.state), name, ports, trees)
    }

    private func claim(
        _ key: InstanceKey, _ name: ProfileName, _ ports: PortSet, _ trees: InstanceTrees
    ) throws(ProfileError) -> Outcome {
        let lock = try RegistryLock.acquire(in: directories)
        defer { lock.discard() }
        for other in try running() where other.key != key {
            // What runs counts, not what its profile says by now.
            if let port = other.instance.holder.ports?.sharedPort(with: ports) {
                return .portTaken(port, of: other.instance.name, by: other.instance.holder)
            }
            if let overlap = other.instance.holder.trees.flatMap(trees.overlap) {
                return .directoryTaken(
                    overlap.own, theirs: overlap.other, of: other.instance.name, by: other.instance.holder)
            }
        }
        switch try InstanceLock.acquire(key, name, ports: ports, trees: trees, in: directories) {
        case .acquired(let instance):
            // Most starts change nothing of what is claimed, and need not read every profile.
            if !PortClaims(directories: directories).hold(ports) {
                ProfileStore(directories: directories).publishPorts()
            }
            return .claimed(instance)
        case .held(let holder): return .held(by: holder)
        }
    }

    /// Makes sure that an instance could be claimed as far as files go, and changes nothing. Throws
    /// `ProfileError.system`.
    public func check() throws(ProfileError) { try RegistryLock.check(in: directories) }

    /// The instances that run now.
    public func live() throws(ProfileError) -> [Running] { try running().map(\.instance) }

    private func running() throws(ProfileError) -> [(key: InstanceKey, instance: Running)] {
        var running: [(key: InstanceKey, instance: Running)] = []
        for key in try InstanceLock.keys(in: directories) {
            guard let holder = try InstanceLock.holder(of: key, in: directories) else { continue }
            switch key {
            case .profile(let name): running.append((key, Running(name: name, isProfile: true, holder: holder)))
            case .directory:
                // One that has not written its record yet has claimed nothing either.
                guard let name = holder.name else { continue }
                running.append((key, Running(name: name, isProfile: false, holder: holder)))
            }
        }
        return running
    }
}
