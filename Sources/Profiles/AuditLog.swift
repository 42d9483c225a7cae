import Glibc
public import JSON
import Linux
public import Policy
import SystemPackage

/// What an instance did and was refused: one JSON object a line, in a file of the host's that no sandbox sees.
///
/// Two files hold a bounded past: what would make `NAME.jsonl` longer than `limit` is preceded by a move of all that it
/// holds to `NAME.jsonl.1`. `AuditReader` reads both.
public final class AuditLog {
    private let file: FileDescriptor
    private let older: FileDescriptor
    private let profile: ProfileName
    /// How long the file is.
    private var size: Int64
    /// Whether the file ends in the middle of a line.
    private var isTorn: Bool
    /// How many events could not be written since one could.
    private var lost = 0

    /// How long each of the two files may become, in bytes: 4 MiB.
    public static let limit: Int64 = 4 << 20

    /// What a log is about. Each has a writer of its own.
    public enum Part: String, Sendable, CaseIterable {
        /// The profile's sandbox. Whoever holds the instance's lock is the only writer.
        case sandbox = ""
        /// Grants for its repair. Whoever holds the grant's lock is the only writer.
        case repair = ".repair"
    }

    /// Opens the log of `profile` to append to. Called before the launcher gives up its user, as the directory is that
    /// user's, and nothing can be renamed or made there afterwards.
    public init(
        of profile: ProfileName, _ part: Part = .sandbox, in directories: HostDirectories
    ) throws(ProfileError) {
        let path = Self.path(of: profile, part, in: directories)
        do throws(Errno) {
            try FileSystem.makeDirectories(path.parent.text, mode: 0o700)
            let flags = O_RDWR | O_CREAT | O_NOFOLLOW
            let directory = FileDescriptor.workingDirectory
            file = try directory.open(path.text, flags: flags | O_APPEND, mode: 0o600)
            older = try directory.open(
                Self.olderPath(of: profile, part, in: directories).text, flags: flags, mode: 0o600)
            size = try FileStatus(of: file).size
            isTorn = size > 0
            if isTorn { isTorn = try file.readSome(limit: 1, at: size - 1) != [Self.lineFeed] }
        } catch {
            throw .system(action: "open", path: path.text, errno: error)
        }
        self.profile = profile
    }

    private static let lineFeed = UInt8(ascii: "\n")

    /// Appends one event with its time. One that cannot be written is lost, as a full disk is no reason to end an
    /// instance, and counted: the next that can be is preceded by an event `lost` with the count.
    public func record(_ event: JSON, at time: Int64? = nil) {
        do throws(Errno) {
            if lost > 0 {
                try append(line(["event": "lost", "count": .integer(Int64(lost))], at: UTCTime.now))
                lost = 0
            }
            try append(line(event, at: time ?? UTCTime.now))
        } catch {
            lost += 1
        }
    }

    private func line(_ event: JSON, at time: Int64) -> [UInt8] {
        var object = JSONObject()
        object["time"] = .string(UTCTime.text(time))
        object["profile"] = .string(profile.text)
        for member in event.object?.members ?? [] { object[member.name] = member.value }
        return Array((JSON.object(object).text() + "\n").utf8)
    }

    private func append(_ line: [UInt8]) throws(Errno) {
        if size + Int64(line.count) >= Self.limit { try setAside() }
        var rest = (isTorn ? [Self.lineFeed] + line : line)[...]
        while !rest.isEmpty {
            let count = try file.writeSome(rest)
            size += Int64(count)
            rest = rest.dropFirst(count)
            isTorn = !rest.isEmpty
        }
    }

    /// Moves what the file holds to the older one, of more than `limit` the last whole lines.
    private func setAside() throws(Errno) {
        var position = max(0, size - Self.limit)
        var isWhole = position == 0
        var end: Int64 = 0
        try older.truncate(to: 0)
        while position < size {
            let piece = try file.readSome(limit: 64 << 10, at: position)
            guard !piece.isEmpty else { break }
            position += Int64(piece.count)
            var rest = piece[...]
            if !isWhole {
                guard let feed = rest.firstIndex(of: Self.lineFeed) else { continue }
                rest = rest[(feed + 1)...]
                isWhole = true
            }
            while !rest.isEmpty {
                let count = try older.writeSome(rest, at: end)
                end += Int64(count)
                rest = rest.dropFirst(count)
            }
        }
        try file.truncate(to: 0)
        size = 0
        isTorn = false
    }

    /// Where the log of `profile` is.
    public static func path(
        of profile: ProfileName, _ part: Part = .sandbox, in directories: HostDirectories
    ) -> AbsolutePath {
        directories.state / "audit/\(profile)\(part.rawValue).jsonl"
    }

    /// Where what was set aside of it is.
    static func olderPath(
        of profile: ProfileName, _ part: Part = .sandbox, in directories: HostDirectories
    ) -> AbsolutePath {
        directories.state / "audit/\(profile)\(part.rawValue).jsonl.1"
    }

    /// The record of the latest start of `profile` that was proved or refused for its proof; nil when the log holds none.
    public static func latestProof(
        of profile: ProfileName, in directories: HostDirectories
    ) throws(ProfileError) -> JSON? {
        try latest(["proof"], of: profile, in: directories)
    }

    /// The record of how the latest run of `profile` ended; nil when the log holds none. Its event is `exit`, `error` or
    /// `out-of-memory`.
    public static func latestEnd(
        of profile: ProfileName, in directories: HostDirectories
    ) throws(ProfileError) -> JSON? {
        try latest(["exit", "error", "out-of-memory"], of: profile, in: directories)
    }

    private static func latest(
        _ events: [String], of profile: ProfileName, in directories: HostDirectories
    ) throws(ProfileError) -> JSON? {
        let marks = events.map { Array("\"event\":\"\($0)\"".utf8) }
        var reader = AuditReader(of: profile, in: directories)
        for line in try reader.next().reversed() {
            // Looked for before it is parsed: a log holds many denials for one start.
            guard marks.contains(where: { Self.holds(line, $0) }),
                let record = try? JSON(parsing: line), let event = record["event"]?.string, events.contains(event),
                // What is told of a sibling is not the payload's.
                record["sibling"] == nil
            else { continue }
            return record
        }
        return nil
    }

    /// Whether `mark` stands somewhere in `line`. The standard library's own search for a collection in another comes with
    /// its regular expressions, which would be a tenth of the launcher.
    private static func holds(_ line: [UInt8], _ mark: [UInt8]) -> Bool {
        guard line.count >= mark.count else { return false }
        return line.withUnsafeBytes { line in
            mark.withUnsafeBytes { mark in
                (0...line.count - mark.count).contains { start in
                    line[start] == mark[0] && line[start..<start + mark.count].elementsEqual(mark)
                }
            }
        }
    }

    /// The profiles that have a log, by name.
    public static func profiles(in directories: HostDirectories) throws(ProfileError) -> [ProfileName] {
        let directory = directories.state / "audit"
        do {
            // No name of a profile has a dot.
            let names = try FileSystem.entries(of: directory.text).filter { $0.hasSuffix(".jsonl") }
                .compactMap { ProfileName(String($0.prefix { $0 != "." })) }
            return Set(names).sorted { $0.text < $1.text }
        } catch {
            guard error == .noSuchFileOrDirectory else {
                throw .system(action: "list", path: directory.text, errno: error)
            }
            return []
        }
    }
}
