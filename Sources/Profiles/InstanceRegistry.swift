import Linux
public import Policy
import SystemPackage

/// Which instances run on this host now, on which ports and in which directories: no two of them share one.
public struct InstanceRegistry: Sendable {
    private let directories: HostDirectories

    /// The registry in `directories`.
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

    /// Makes this process the one of instance `name`, and the only one on `ports` and with its state in `trees`, or says
    /// who is in the way.
    ///
    /// Others wait meanwhile, so two starts at once cannot both find them free. Throws `ProfileError.system`.
    public func claim(_ name: ProfileName, ports: PortSet, trees: InstanceTrees) throws(ProfileError) -> Outcome {
        let lock = try RegistryLock.acquire(in: directories)
        defer { lock.discard() }
        for other in try live() where other.name != name {
            // What runs counts, not what its profile says by now.
            if let port = other.holder.ports?.sharedPort(with: ports) {
                return .portTaken(port, of: other.name, by: other.holder)
            }
            if let overlap = other.holder.trees.flatMap(trees.overlap) {
                return .directoryTaken(overlap.own, theirs: overlap.other, of: other.name, by: other.holder)
            }
        }
        switch try InstanceLock.acquire(name, ports: ports, trees: trees, in: directories) {
        case .acquired(let instance): return .claimed(instance)
        case .held(let holder): return .held(by: holder)
        }
    }

    /// Makes sure that an instance could be claimed as far as files go, and changes nothing. Throws
    /// `ProfileError.system`.
    public func check() throws(ProfileError) { try RegistryLock.check(in: directories) }

    /// The instances that run now.
    public func live() throws(ProfileError) -> [(name: ProfileName, holder: InstanceHolder)] {
        var live: [(name: ProfileName, holder: InstanceHolder)] = []
        for name in try InstanceLock.names(in: directories) {
            if let holder = try InstanceLock.holder(of: name, in: directories) { live.append((name, holder)) }
        }
        return live
    }
}
