import Linux
import Policy
import SystemPackage

extension TreeMount.Expectation {
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
