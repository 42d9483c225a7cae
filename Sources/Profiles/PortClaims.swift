import Glibc
import JSON
import Linux
import Policy
import SystemPackage

/// The ports that the users of this host have given to their profiles: each says it of their own in one file that everybody
/// can read, so that the others keep clear of them.
///
/// The files stand in the directory for temporary files that last (hier(7), /var/tmp), where everybody makes files and
/// nobody removes another's. Whose a file is the kernel says, and nothing in it is believed of anybody else. A claim only
/// steers which base port is proposed: whatever stands there, no start is refused for it, and of what one user claims no
/// more than `profileLimit` counts.
struct PortClaims {
    /// What one user claims.
    struct Claim: Equatable {
        let userID: UInt32
        let ports: [PortSet]
    }

    /// How many profiles of one user count.
    static let profileLimit = 16
    /// How many pinned ports of one profile count.
    static let pinnedLimit = 16
    /// How many bytes a file may have; a larger one is nobody's claim.
    static let sizeLimit = 8 << 10
    /// How many names a user may try whose first was taken by another.
    static let nameLimit = 8
    /// How old a claim becomes before it is said anew, in seconds; systemd-tmpfiles(8) takes it away after 30 days.
    static let lifetime: Int64 = 24 * 60 * 60
    /// How many files are looked at.
    static let fileLimit = 512
    private static let prefix = "mazelclaw-ports-"

    private let directory: AbsolutePath
    private let userID: UInt32

    init(directories: HostDirectories) {
        self.init(directory: directories.claims, userID: Credentials.effectiveUserID)
    }

    init(directory: AbsolutePath, userID: UInt32) {
        self.directory = directory
        self.userID = userID
    }

    // MARK: The user's own

    /// Says that this user's profiles have `ports`, unless that is said already. Throws what stands in the way.
    func publish(_ ports: [PortSet]) throws(Errno) {
        guard let file = try ownFile() else { throw .fileExists }
        let text = Self.text(of: ports.sorted { $0.base < $1.base }.prefix(Self.profileLimit))
        do throws(Errno) {
            if try isYoung(file), try FileSystem.read(file.text, limit: Self.sizeLimit) == text { return }
        } catch {
            guard error == .noSuchFileOrDirectory else { throw error }
            guard !ports.isEmpty else { return }
        }
        try FileSystem.replace(file.text, with: text, mode: 0o644)
    }

    /// Whether this user claims `ports` already, and not for so long that it has to be said anew. What cannot be read claims
    /// nothing: then it is said again.
    func hold(_ ports: PortSet) -> Bool {
        guard let file = try? ownFile(), (try? isYoung(file)) == true,
            let text = try? FileSystem.read(file.text, limit: Self.sizeLimit), let json = try? JSON(parsing: text)
        else { return false }
        return Self.ports(in: json).contains {
            $0.base == ports.base && $0.pinned == Array(ports.pinned.prefix(Self.pinnedLimit))
        }
    }

    private func isYoung(_ file: AbsolutePath) throws(Errno) -> Bool {
        Int64(try FileStatus(of: file.text).modifiedAt / 1_000_000_000) > UTCTime.now - Self.lifetime
    }

    /// The first name that is this user's, or free; nil when others have taken them all.
    private func ownFile() throws(Errno) -> AbsolutePath? {
        for number in 0..<Self.nameLimit {
            let file = directory / Self.name(userID, number)
            do throws(Errno) {
                let status = try FileStatus(of: file.text)
                if status.userID == userID, status.kind == .regular { return file }
            } catch {
                guard error == .noSuchFileOrDirectory else { throw error }
                return file
            }
        }
        return nil
    }

    private static func name(_ userID: UInt32, _ number: Int) -> String {
        "\(prefix)\(userID)" + (number == 0 ? "" : ".\(number)")
    }

    private static func text(of ports: some Sequence<PortSet>) -> [UInt8] {
        let claims = ports.map { ports -> JSON in
            [
                "base": .integer(Int64(ports.base)),
                "pinned": .array(ports.pinned.prefix(pinnedLimit).map { .integer(Int64($0)) }),
            ]
        }
        return JSON.object(["profiles": .array(claims)]).serialized() + [UInt8(ascii: "\n")]
    }

    // MARK: The others'

    /// What the other users claim. A file that is not what it should be claims nothing, and where none can be read nobody
    /// claims anything.
    var ofOthers: [Claim] {
        guard isTrusted, let names = try? FileSystem.entries(of: directory.text) else { return [] }
        var claims: [Claim] = []
        for name in names.filter({ $0.hasPrefix(Self.prefix) }).sorted().prefix(Self.fileLimit) {
            guard let claim = claim(in: name), claim.userID != userID,
                !claims.contains(where: { $0.userID == claim.userID })
            else { continue }
            claims.append(claim)
        }
        return claims
    }

    /// Whether nobody but root and this user can take another's file away there.
    private var isTrusted: Bool {
        guard let status = try? FileStatus(of: directory.text), status.kind == .directory,
            status.userID == 0 || status.userID == userID
        else { return false }
        return !status.isWritableByOthers || status.mode & UInt32(S_ISVTX) != 0
    }

    private func claim(in name: String) -> Claim? {
        let flags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK
        let path = (directory / name).text
        guard let file = try? FileDescriptor.workingDirectory.open(path, flags: flags) else { return nil }
        defer { file.discard() }
        guard let status = try? FileStatus(of: file), status.kind == .regular, !status.isWritableByOthers,
            status.size <= Self.sizeLimit,
            (0..<Self.nameLimit).contains(where: { Self.name(status.userID, $0) == name }),
            let text = try? file.readEverything(limit: Self.sizeLimit), let json = try? JSON(parsing: text)
        else { return nil }
        let ports = Self.ports(in: json)
        return ports.isEmpty ? nil : Claim(userID: status.userID, ports: ports)
    }

    private static func ports(in json: JSON) -> [PortSet] {
        (json["profiles"]?.array ?? []).prefix(profileLimit).compactMap { profile -> PortSet? in
            guard let base = profile["base"]?.integer.flatMap(UInt16.init(exactly:)) else { return nil }
            let pinned = (profile["pinned"]?.array ?? []).prefix(pinnedLimit)
            return PortSet(base: base, pinned: pinned.compactMap { $0.integer.flatMap(UInt16.init(exactly:)) })
        }
    }
}
