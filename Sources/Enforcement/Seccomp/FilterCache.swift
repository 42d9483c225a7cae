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
        let header = Array(
            "mazelclaw-run \(version) libseccomp \(FilterCompiler.libraryVersion) x86_64 \(text.count)\n".utf8)
        let place = directory / "\(file.lastComponent).bpf"
        if let kept = try? TrustedFile.read(place), Self.has(kept, header, at: 0),
            Self.has(kept, text, at: header.count)
        {
            return SeccompProgram(file: file.text, bytes: Array(kept[(header.count + text.count)...]))
        }
        let policy = try SeccompPolicy(file: file.text, text: text)
        let program = try FilterCompiler.compile(policy).bytes
        keep(header + text + program, at: place)
        return SeccompProgram(file: file.text, bytes: program)
    }

    private static func has(_ bytes: [UInt8], _ part: [UInt8], at offset: Int) -> Bool {
        guard bytes.count >= offset + part.count else { return false }
        return bytes.withUnsafeBytes { bytes in
            part.withUnsafeBytes { part in
                guard let left = bytes.baseAddress, let right = part.baseAddress else { return part.isEmpty }
                return memcmp(left + offset, right, part.count) == 0
            }
        }
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
