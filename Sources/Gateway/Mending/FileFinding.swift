public import Configuration
public import Files
public import JSON
public import Policy
import Time

/// Something about the files of a state directory that is not as it must be, and can be put right without a loss.
public struct FileFinding: Equatable, Sendable {
    /// What is wrong with a file.
    public enum Kind: String, Sendable {
        /// Others than its owner can read or write it.
        case exposed
        /// A writer was killed and left it behind.
        case leftover
    }

    /// What is wrong with it, by which it is known how it is put right.
    public var kind: Kind
    /// The file, or directory.
    public var path: AbsolutePath
    /// Its permission bits.
    public var mode: UInt32

    /// What is wrong, in one sentence.
    public var description: String {
        switch kind {
        case .exposed: "\(path) has mode \(Self.octal(mode)): others than its owner can get at it"
        case .leftover: "\(path) is what a writer left behind that was killed"
        }
    }

    /// What putting it right changes, as lines of a difference.
    public var difference: [String] {
        switch kind {
        case .exposed: ["-\(path): mode \(Self.octal(mode))", "+\(path): mode \(Self.octal(mode & 0o700))"]
        case .leftover: ["-\(path)"]
        }
    }

    /// The same for a program.
    public var json: JSON {
        ["kind": .string(kind.rawValue), "path": .string(path.text), "mode": .integer(Int64(mode))]
    }

    private static func octal(_ mode: UInt32) -> String { "0" + String(mode, radix: 8) }

    /// How long ago a leftover was written at least, in seconds: a gateway that runs may be about to use a newer one.
    static let leftoverAge: Int64 = 3600

    /// What there is of `instance`. Nothing is changed. Throws `StorageError`.
    public static func all(of instance: Instance) throws(StorageError) -> [FileFinding] {
        let state = instance.state
        guard let names = try state.names(in: state.path) else { return [] }
        var findings: [FileFinding] = []
        if let own = FileAttributes(at: state.path), own.isOpenToOthers {
            findings.append(FileFinding(kind: .exposed, path: state.path, mode: own.permissions))
        }
        let identity = try state.names(in: state.path / "identity") ?? []
        let files = names.filter(isOurs).map { state.path / $0 } + identity.map { state.path / "identity/\($0)" }
        let now = WallClock.system.milliseconds / 1000
        for path in files {
            let found: FileAttributes?
            do throws(StorageError) {
                found = try state.place(of: path, "read").attributes("read")
            } catch {
                // A link or a pipe is told of by who needs the file.
                continue
            }
            guard let file = found else { continue }
            if isTemporary(path.lastComponent) {
                guard file.modified.seconds < now - leftoverAge else { continue }
                findings.append(FileFinding(kind: .leftover, path: path, mode: file.permissions))
            } else if file.isOpenToOthers {
                findings.append(FileFinding(kind: .exposed, path: path, mode: file.permissions))
            }
        }
        return findings
    }

    /// Whether the gateway or a command writes a file of this name into a state directory.
    private static func isOurs(_ name: String) -> Bool {
        ["mazelclaw.json", "mazelclaw.sqlite"].contains {
            name == $0 || name.hasPrefix("\($0).") || name.hasPrefix("\($0)-")
        }
    }

    /// Whether `name` is what `DurableFile` and `DatabaseFile` call a file that is not whole: it ends in the process's ID, a
    /// number and `tmp` or `new`.
    private static func isTemporary(_ name: String) -> Bool {
        let parts = name.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count > 3, ["tmp", "new"].contains(String(parts[parts.count - 1])) else { return false }
        return parts[(parts.count - 3)..<(parts.count - 1)].allSatisfy { !$0.isEmpty && $0.allSatisfy(\.isNumber) }
    }

    /// Puts it right. A leftover is moved into `backup`, which is made. Throws `StorageError`.
    func mend(in state: HostileDirectory, backup: AbsolutePath) throws(StorageError) {
        switch kind {
        case .exposed: try state.makePrivate(path)
        case .leftover:
            try state.makeDirectory(backup)
            try state.move(path, into: backup)
        }
    }
}
