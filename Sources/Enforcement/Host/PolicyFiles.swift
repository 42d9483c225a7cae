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

    /// The policies of the host's configuration, and those installed with `executable`. The user's own do not count: what is
    /// taken for that user's home may be a directory that a tool can write.
    public init(ofHostFor executable: AbsolutePath) {
        searched = [
            .root / "etc/mazelclaw/policies", executable.parent.parent / "share/mazelclaw/policies",
        ]
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

    /// The policy of the cages of tools. Throws `ProfileError` when it is not found, not trusted or not valid.
    public func loadTools() throws(ProfileError) -> (policy: ToolPolicy, directory: AbsolutePath) {
        let (file, text) = try find(String(ToolPolicy.fileName.dropLast(5)))
        return (try Self.tools(file, text), file.parent)
    }

    private static func tools(_ file: AbsolutePath, _ text: [UInt8]) throws(ProfileError) -> ToolPolicy {
        do {
            return try ToolPolicy(file: file.text, text: text)
        } catch {
            throw .invalid(error)
        }
    }

    /// The seccomp policies that the policy in `file` names, of a sandbox or of the cages of tools.
    func seccompFiles(of file: AbsolutePath) throws(ProfileError) -> [AbsolutePath] {
        guard file.lastComponent == ToolPolicy.fileName else { return [try load(file.text).seccompFile] }
        let (_, text) = try find(file.text)
        return try Self.tools(file, text).kinds.map { file.parent / $0.seccomp }
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
