import Linux
import Policy
import SystemPackage

extension TreeMount.Expectation {
    /// Opens what stands at `path`, as O_PATH and following no link that another than root could have made.
    func open(_ path: AbsolutePath) throws(SafePath.Refusal) -> FileDescriptor {
        guard case .entry(let tree, let identity, _) = self else { return try SafePath.open(path) }
        let directory = try SafePath.open(tree)
        defer { directory.discard() }
        try Self.same(identity).check(directory, tree)
        do {
            // One component, itself and no link: nothing that the payload does to it meanwhile leads out of the tree.
            return try directory.open(
                path.lastComponent, flags: OpenFlag.path | OpenFlag.directory | OpenFlag.noFollow)
        } catch {
            throw SafePath.Refusal(errno: error, detail: path.text)
        }
    }

    /// Makes sure that an open file, which stands at `path`, is what was seen when planning.
    func check(_ source: FileDescriptor, _ path: AbsolutePath) throws(SafePath.Refusal) {
        let status: FileStatus
        do {
            status = try FileStatus(of: source)
        } catch {
            throw SafePath.Refusal(errno: error, detail: path.text)
        }
        func refusal(_ errno: Errno, _ reason: String) -> SafePath.Refusal {
            SafePath.Refusal(errno: errno, detail: "\(path) \(reason)")
        }
        let expected: FileIdentity
        switch self {
        case .anything: return
        case .same(let identity): expected = identity
        case .entry(_, _, let userID):
            guard status.kind == .directory else { throw refusal(.notDirectory, "is no directory") }
            guard status.userID == userID else {
                throw refusal(.notPermitted, "belongs to user \(status.userID), not \(userID)")
            }
            return
        case .directory(let userID, let identity):
            guard status.kind == .directory else { throw refusal(.notDirectory, "is no directory") }
            guard status.userID == userID else {
                throw refusal(.notPermitted, "belongs to user \(status.userID), not \(userID)")
            }
            expected = identity
        }
        guard status.identity == expected else {
            throw refusal(.staleNFSFileHandle, "was replaced while the sandbox was being built")
        }
    }
}
