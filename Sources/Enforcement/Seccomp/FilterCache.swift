import Glibc
import Linux
public import Policy
public import Profiles
import SystemPackage

/// Keeps compiled seccomp filters: compiling and checking one costs milliseconds, loading a kept one a tenth of one.
///
/// A kept program counts only for the very policy file and the very launcher it was made by: device, inode, size
/// and the times of the last change of both, and libseccomp's version, stand beside it. The directory belongs to
/// the host.
public struct FilterCache: Sendable {
    private let directory: AbsolutePath
    private let launcher: AbsolutePath

    /// The cache in `directories`, for programs made by the launcher whose file is `launcher`.
    public init(directories: HostDirectories, launcher: AbsolutePath) {
        directory = directories.cache
        self.launcher = launcher
    }

    /// The program for the seccomp policy in `file`: kept, or compiled and kept for the next start. Without a
    /// supervisor it is that of `withoutSupervisor`.
    ///
    /// Throws `ProfileError` when the file is missing, not trusted or not valid, or cannot be compiled now. A cache that
    /// cannot be written costs time, nothing else.
    public func program(file: AbsolutePath, policies: PolicyFiles, isSupervised: Bool) throws(ProfileError)
        -> SeccompProgram
    {
        let place = directory / "\(file.lastComponent)\(isSupervised ? "" : ".unsupervised").bpf"
        let key = key(for: file)
        if let key, let kept = try? TrustedFile.read(place), let program = Self.program(in: kept, for: key) {
            return SeccompProgram(file: file.text, bytes: program, isSupervised: isSupervised)
        }
        let text = try policies.seccompText(file)
        let policy: SeccompPolicy
        do { policy = try SeccompPolicy(file: file.text, text: text) } catch { throw .invalid(error) }
        let program: [UInt8]
        do {
            program = try FilterCompiler.compile(isSupervised ? policy : policy.withoutSupervisor).bytes
        } catch {
            switch error {
            case .policy(let error): throw .invalid(error)
            case .library(let call, let errno):
                throw .system(action: "compile (\(call))", path: file.text, errno: errno)
            }
        }
        if let key, isSettled(file) { keep(key + program, at: place) }
        return SeccompProgram(file: file.text, bytes: program, isSupervised: isSupervised)
    }

    private func key(for file: AbsolutePath) -> [UInt8]? {
        guard let policy = try? FileStatus(of: file.text, follow: true),
            let program = try? FileStatus(of: launcher.text)
        else { return nil }
        func identity(_ status: FileStatus) -> String {
            "\(status.device) \(status.inode) \(status.size) \(status.changedAt) \(status.modifiedAt)"
        }
        return Array(
            "libseccomp \(FilterCompiler.libraryVersion) x86_64 \(identity(policy)) \(identity(program))\n".utf8)
    }

    /// Whether the file's last change lies far enough back for its time to tell it from a later one: two changes
    /// within one tick of the file system's clock look the same.
    private func isSettled(_ file: AbsolutePath) -> Bool {
        guard let status = try? FileStatus(of: file.text, follow: true) else { return false }
        return status.changedAt / 1_000_000_000 + 2 < UInt64(time(nil))
    }

    private static func program(in kept: [UInt8], for key: [UInt8]) -> [UInt8]? {
        guard kept.count > key.count else { return nil }
        for index in key.indices where kept[index] != key[index] { return nil }
        return Array(kept[key.count...])
    }

    private func keep(_ content: [UInt8], at place: AbsolutePath) {
        do {
            try FileSystem.makeDirectories(directory.text, mode: 0o700)
            try FileSystem.replace(place.text, with: content, mode: 0o600)
        } catch {
            // A full disk or a read-only cache: the next start compiles again.
        }
    }
}
