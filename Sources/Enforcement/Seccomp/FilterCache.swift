import Glibc
import Linux
public import Policy
public import Profiles
import SystemPackage

/// Keeps compiled seccomp filters: compiling costs a millisecond, loading a kept program a tenth of one.
///
/// A kept program counts only when the policy's text, libseccomp's version and the launcher's version beside it
/// are the very same, byte for byte; there is no hash to collide. The directory belongs to the host.
public struct FilterCache: Sendable {
    private let directory: AbsolutePath
    private let version: String

    /// The cache in `directories`, for programs made by this version of the launcher.
    public init(directories: HostDirectories, version: String) {
        directory = directories.cache
        self.version = version
    }

    /// The program for a seccomp policy: kept, or compiled and kept for the next start.
    ///
    /// Throws `PolicyError` when the policy is invalid. A cache that cannot be written costs time, nothing else.
    public func program(file: AbsolutePath, text: [UInt8]) throws(PolicyError) -> SeccompProgram {
        let key = Self.header(version) + text + [0]
        let place = directory / "\(file.lastComponent).bpf"
        if let kept = try? TrustedFile.read(place), kept.starts(with: key) {
            return SeccompProgram(file: file.text, bytes: Array(kept[key.count...]))
        }
        let policy = try SeccompPolicy(file: file.text, text: text)
        let program = try FilterCompiler.compile(policy).bytes
        keep(key + program, at: place)
        return SeccompProgram(file: file.text, bytes: program)
    }

    private static func header(_ version: String) -> [UInt8] {
        // The text follows, which holds no NUL: it was read as JSON when the program was made.
        Array("mazelclaw-run \(version) libseccomp \(FilterCompiler.libraryVersion) x86_64\n".utf8)
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
