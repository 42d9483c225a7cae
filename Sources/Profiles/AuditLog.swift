import Glibc
public import JSON
import Linux
public import Policy
import SystemPackage

/// What an instance did and was refused: one JSON object a line, in a file of the host's that no sandbox sees.
public struct AuditLog {
    private let file: FileDescriptor
    private let profile: ProfileName

    /// The size at which a log is set aside as `NAME.jsonl.1`, replacing the one before, in bytes. Two files hold a
    /// bounded past.
    public static let limit: Int64 = 4 << 20

    /// Opens the log of `profile` to append to. Called before the launcher gives up its user, as the directory is that
    /// user's; whoever holds the instance's lock is the only writer.
    public init(of profile: ProfileName, in directories: HostDirectories) throws(ProfileError) {
        let path = Self.path(of: profile, in: directories)
        do {
            try FileSystem.makeDirectories(path.parent.text, mode: 0o700)
            if let status = try? FileStatus(of: path.text), status.size > Self.limit {
                try FileSystem.rename(path.text, to: path.text + ".1")
            }
            file = try FileDescriptor.workingDirectory.open(
                path.text, flags: O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW, mode: 0o600)
        } catch {
            throw .system(action: "open", path: path.text, errno: error)
        }
        self.profile = profile
    }

    /// Appends one event with its time. An event that cannot be written is lost: a full disk is no reason to end an
    /// instance.
    public func record(_ event: JSON, at time: Int64? = nil) {
        var object = JSONObject()
        object["time"] = .string(UTCTime.text(time ?? UTCTime.now))
        object["profile"] = .string(profile.text)
        for member in event.object?.members ?? [] { object[member.name] = member.value }
        try? file.writeEverything((JSON.object(object).text() + "\n").utf8)
    }

    /// Where the log of `profile` is.
    public static func path(of profile: ProfileName, in directories: HostDirectories) -> AbsolutePath {
        directories.state / "audit/\(profile).jsonl"
    }

    /// The record of the latest start of `profile` that was proved or refused for its proof; nil when the log holds none.
    public static func latestProof(
        of profile: ProfileName, in directories: HostDirectories
    ) throws(ProfileError) -> JSON? {
        let path = path(of: profile, in: directories)
        let mark = Array(#""event":"proof""#.utf8)
        for path in [path, AbsolutePath(path.text + ".1")].compactMap(\.self) {
            for line in try lines(of: path, from: 0).lines.reversed() {
                // Looked for before it is parsed: a log holds many denials for one start.
                guard line.split(separator: mark, maxSplits: 1).count == 2, let record = try? JSON(parsing: line),
                    record["event"]?.string == "proof"
                else { continue }
                return record
            }
        }
        return nil
    }

    /// The profiles that have a log, by name.
    public static func profiles(in directories: HostDirectories) throws(ProfileError) -> [ProfileName] {
        let directory = directories.state / "audit"
        do {
            return try FileSystem.entries(of: directory.text).filter { $0.hasSuffix(".jsonl") }
                .compactMap { ProfileName(String($0.dropLast(6))) }.sorted { $0.text < $1.text }
        } catch {
            guard error == .noSuchFileOrDirectory else {
                throw .system(action: "list", path: directory.text, errno: error)
            }
            return []
        }
    }

    /// The whole lines of the log at `path` from byte `offset` on, and where the next begin. Nothing for a log that does
    /// not exist; from the start for one that was set aside meanwhile.
    public static func lines(
        of path: AbsolutePath, from offset: Int
    ) throws(ProfileError) -> (lines: [[UInt8]], next: Int) {
        do {
            let text = try FileSystem.read(path.text, limit: Int(2 * limit))
            let rest = text[(offset > text.count ? 0 : offset)...]
            guard let end = rest.lastIndex(of: UInt8(ascii: "\n")) else { return ([], rest.startIndex) }
            return (rest[..<end].split(separator: UInt8(ascii: "\n")).map(Array.init), end + 1)
        } catch {
            guard error == .noSuchFileOrDirectory else {
                throw .system(action: "read", path: path.text, errno: error)
            }
            return ([], 0)
        }
    }
}
