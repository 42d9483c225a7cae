import Linux
public import Policy
public import Profiles
import SystemPackage

/// Finds and reads policy files. Only files that root, the user or the launcher's owner alone can write count.
public struct PolicyFiles: Sendable {
    private let searched: [AbsolutePath]
    private let owners: [UInt32]

    /// The policies of the user's and the host's configuration, then those installed with the launcher
    /// (`../share/mazelclaw/policies` from its directory).
    public init(directories: HostDirectories, executable: AbsolutePath) {
        searched = [
            directories.configuration / "policies", .root / "etc/mazelclaw/policies",
            executable.parent.parent / "share/mazelclaw/policies",
        ]
        // Whoever owns the launcher's file could replace the launcher: trusting its policies adds nothing.
        owners = (try? FileStatus(of: executable.text)).map { [$0.userID] } ?? []
    }

    /// A policy and where the seccomp policy it names lies.
    public struct Loaded: Sendable {
        /// What the policy's file says.
        public var policy: SandboxPolicy
        /// The seccomp policy's file.
        public var seccompFile: AbsolutePath
    }

    /// The policy `reference`: a path when it holds a slash, else a name to search for.
    ///
    /// Throws `ProfileError` when it is not found, not trusted or not valid.
    public func load(_ reference: String) throws(ProfileError) -> Loaded {
        let (file, text) = try find(reference)
        let policy: SandboxPolicy
        do {
            policy = try SandboxPolicy(file: file.text, text: text)
        } catch {
            throw .invalid(error)
        }
        return Loaded(policy: policy, seccompFile: file.parent / policy.seccomp)
    }

    /// The policies that came with the launcher, and for root those of the host.
    func shared(isRoot: Bool) throws(ProfileError) -> [AbsolutePath] {
        var files: [AbsolutePath] = []
        for directory in searched.dropFirst(isRoot ? 1 : 2) {
            do {
                files += try FileSystem.entries(of: directory.text)
                    .filter { $0.hasSuffix(".json") && !$0.hasSuffix(".seccomp.json") }.sorted().map { directory / $0 }
            } catch {
                guard error == .noSuchFileOrDirectory else {
                    throw .system(action: "list", path: directory.text, errno: error)
                }
            }
        }
        return files
    }

    /// The text of a seccomp policy. Throws `ProfileError` when it does not exist or is not trusted.
    public func seccompText(_ file: AbsolutePath) throws(ProfileError) -> [UInt8] {
        guard let text = try TrustedFile.read(file, owners: owners) else {
            throw .invalid(PolicyError(file: file.text, message: "no such seccomp policy"))
        }
        return text
    }

    private func find(_ reference: String) throws(ProfileError) -> (AbsolutePath, [UInt8]) {
        let candidates: [AbsolutePath]
        if reference.utf8.contains(UInt8(ascii: "/")) {
            guard let path = AbsolutePath(reference) else {
                throw .invalid(PolicyError(file: reference, message: "expected an absolute path without \"..\""))
            }
            candidates = [path]
        } else {
            candidates = searched.map { $0 / "\(reference).json" }
        }
        for file in candidates {
            if let text = try TrustedFile.read(file, owners: owners) { return (file, text) }
        }
        throw .invalid(
            PolicyError(
                file: reference,
                message: "no such policy; looked at \(candidates.map(\.text).joined(separator: ", "))"))
    }
}
