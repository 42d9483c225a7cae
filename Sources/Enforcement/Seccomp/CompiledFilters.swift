import Glibc
import Linux
public import Policy
public import Profiles
import SystemPackage

/// Compiled seccomp filters, kept beside the policies they were compiled from: compiling and checking one costs
/// milliseconds, loading a kept one a tenth of one.
///
/// `mazelclaw-run compile` writes them, as a part of the installation. A start takes one only from root or from the owner of
/// the launcher's file, out of a directory that nobody else can write: whoever could put another filter there could
/// replace the policy itself, or the launcher. What a payload's user could have written counts for nothing, and such a
/// policy is compiled anew at each start.
public struct CompiledFilters: Sendable {
    /// Whose filters count.
    private let owners: [UInt32]
    /// Whether somebody can answer what a filter hands over.
    private let hasBroker: Bool

    /// The filters for the launcher whose file is `launcher`. Without a broker a policy that hands calls over is refused.
    public init(launcher: AbsolutePath, hasBroker: Bool = true) {
        self.hasBroker = hasBroker
        // Where the launcher cannot be looked at, root's alone count.
        owners = [0] + ((try? FileStatus(of: launcher.text)).map { [$0.userID] } ?? [])
    }

    /// The program for the seccomp policy in `file`: kept, or compiled now. Without a supervisor it is that of
    /// `withoutSupervisor`.
    ///
    /// Throws `ProfileError` when the file is missing, not trusted or not valid, or cannot be compiled now.
    public func program(
        file: AbsolutePath, policies: PolicyFiles, isSupervised: Bool
    ) throws(ProfileError) -> SeccompProgram {
        let text = try policies.seccompText(file)
        if let kept = try kept(at: Self.place(of: file, isSupervised), for: Self.key(text)) {
            return SeccompProgram(file: file.text, bytes: kept, isSupervised: isSupervised)
        }
        let bytes = try compile(text, file, isSupervised: isSupervised)
        return SeccompProgram(file: file.text, bytes: bytes, isSupervised: isSupervised)
    }

    /// Compiles the seccomp policy in `file`, and keeps what comes of it beside the file for all users to read.
    public func keep(_ file: AbsolutePath, policies: PolicyFiles) throws(ProfileError) {
        let text = try policies.seccompText(file)
        for isSupervised in hasBroker ? [true, false] : [false] {
            let place = Self.place(of: file, isSupervised)
            let bytes = try compile(text, file, isSupervised: isSupervised)
            do {
                try FileSystem.replace(place.text, with: Self.key(text) + bytes, mode: 0o644)
            } catch {
                throw .system(action: "write", path: place.text, errno: error)
            }
        }
    }

    private func compile(
        _ text: [UInt8], _ file: AbsolutePath, isSupervised: Bool
    ) throws(ProfileError) -> [UInt8] {
        let policy: SeccompPolicy
        do { policy = try SeccompPolicy(file: file.text, text: text) } catch { throw .invalid(error) }
        if !hasBroker, let index = policy.entries.firstIndex(where: { $0.action == .notify }) {
            throw .invalid(
                policy.error(entry: index, "SCMP_ACT_NOTIFY has nobody to answer it in a cage; write SCMP_ACT_ERRNO"))
        }
        do {
            return try FilterCompiler.compile(isSupervised ? policy : policy.withoutSupervisor).bytes
        } catch {
            switch error {
            case .policy(let error): throw .invalid(error)
            case .library(let call, let errno):
                throw .system(action: "compile (\(call))", path: file.text, errno: errno)
            }
        }
    }

    private static func place(of file: AbsolutePath, _ isSupervised: Bool) -> AbsolutePath {
        file.parent / "\(file.lastComponent)\(isSupervised ? "" : ".unsupervised").bpf"
    }

    /// What a kept filter begins with. It tells a filter of another text or library from this one; against forgery stands
    /// who owns the file.
    private static func key(_ text: [UInt8]) -> [UInt8] {
        Array("mazelclaw filter 2 x86_64 libseccomp \(FilterCompiler.libraryVersion) \(text.fingerprint)\n".utf8)
    }

    /// The program that is kept at `place`; nil for none, for one that does not count, and for one of another policy.
    private func kept(at place: AbsolutePath, for key: [UInt8]) throws(ProfileError) -> [UInt8]? {
        // What cannot be looked at does not count, and the policy is compiled.
        guard let directory = try? FileStatus(of: place.parent.text, follow: true), owners.contains(directory.userID),
            !directory.isWritableByOthers, let file = try? FileStatus(of: place.text), owners.contains(file.userID)
        else { return nil }
        guard let content = try TrustedFile.read(place, owners: owners), content.count > key.count,
            content[..<key.count].elementsEqual(key)
        else { return nil }
        return Array(content[key.count...])
    }
}

extension [UInt8] {
    /// A number that two texts hardly ever share: FNV-1a (RFC 9923) over eight bytes at a time.
    fileprivate var fingerprint: UInt64 {
        withUnsafeBytes { buffer in
            var hash: UInt64 = 0xcbf2_9ce4_8422_2325
            var index = 0
            while index + 8 <= buffer.count {
                hash = (hash ^ buffer.loadUnaligned(fromByteOffset: index, as: UInt64.self)) &* 0x100_0000_01b3
                // The product carries upwards alone: the high half goes back down.
                hash ^= hash >> 32
                index += 8
            }
            for byte in buffer[index...] { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
            return hash
        }
    }
}
