public import Files
public import Policy

/// Reads a gateway's log as it grows, whether the gateway runs or not, and goes on where the gateway begins a new file.
public final class LogFollower {
    /// Where the log is.
    public let path: AbsolutePath
    private let directory: HostileDirectory
    private var log: OpenLog?
    /// How far it was read, in bytes.
    private var offset = 0
    /// The begin of a line whose end is not written yet.
    private var begun: [UInt8] = []

    /// How much is read at once, and what of a line without an end is kept, in bytes.
    private static let portion = 1 << 20

    /// Of the instance with this state directory.
    public init(stateDirectory: AbsolutePath) {
        directory = HostileDirectory(stateDirectory)
        path = LogFile.path(in: stateDirectory)
    }

    /// The last `limit` lines, those of the last MiB at most; nil when there is no log yet. `next` goes on behind them.
    /// Throws `StorageError`.
    public func last(_ limit: Int) throws(StorageError) -> [String]? {
        log = try OpenLog(directory, path)
        guard let slice = try log?.slice(after: nil, limit: limit, bytes: Self.portion) else { return nil }
        offset = slice.cursor
        return slice.lines
    }

    /// The lines that came since, if any: some of them, when there are many. Throws `StorageError`.
    public func next() throws(StorageError) -> [String] {
        if log == nil { log = try OpenLog(directory, path) }
        guard let status = try log?.status() else { return [] }
        // Somebody cut it short.
        if status.size < offset { offset = 0 }
        if let bytes = try log?.read(from: offset, to: min(status.size, offset + Self.portion)), !bytes.isEmpty {
            offset += bytes.count
            return lines(bytes)
        }
        guard let new = try OpenLog(directory, path), try new.status().identity != status.identity else { return [] }
        log = consume new
        offset = 0
        begun = []
        return try next()
    }

    private func lines(_ bytes: [UInt8]) -> [String] {
        var parts = (begun + bytes).split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        begun = parts.popLast().map { Array($0.suffix(Self.portion)) } ?? []
        return parts.map { String(decoding: $0, as: UTF8.self) }
    }
}
