import Files
import Policy

/// A gateway's log file, open for reading. It stays the same file when the gateway begins a new one.
struct OpenLog {
    private let file: OpenFile

    /// Opens the one at `path` in `directory`; nil when there is none. Throws `StorageError`.
    init?(_ directory: HostileDirectory, _ path: AbsolutePath) throws(StorageError) {
        do throws(StorageError) {
            guard let opened = try directory.place(of: path, "read").open("read", .reading) else { return nil }
            file = opened
        } catch {
            guard error.isMissing else { throw error }
            return nil
        }
    }

    /// Which file it is, and its size in bytes. Throws `StorageError`.
    func status() throws(StorageError) -> (identity: FileIdentity, size: Int) {
        let attributes = try file.attributes()
        return (attributes.identity, attributes.size)
    }

    /// What was added after `cursor`, or the end: at most `limit` lines of at most `bytes` bytes. Throws `StorageError`.
    func slice(after cursor: Int?, limit: Int, bytes: Int) throws(StorageError) -> LogSlice {
        let size = try status().size
        var start = max(0, size - bytes)
        var isReset = false
        if let cursor {
            isReset = cursor > size || cursor < start
            if !isReset { start = cursor }
        }
        var slice = LogSlice(
            cursor: size, size: size, lines: [], isTruncated: (cursor == nil || isReset) && start > 0, isReset: isReset)
        guard start < size else { return slice }
        // The byte before tells whether the first line is whole.
        let text = try read(from: max(0, start - 1), to: size)
        var lines = text.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        if start > 0 { lines.removeFirst() }
        if lines.last?.isEmpty == true { lines.removeLast() }
        if lines.count > limit {
            slice.isTruncated = true
            lines.removeFirst(lines.count - limit)
        }
        slice.lines = lines.map { String(decoding: $0, as: UTF8.self) }
        return slice
    }

    /// What stands from byte `start` to byte `end`, or to the end of the file. Throws `StorageError`.
    func read(from start: Int, to end: Int) throws(StorageError) -> [UInt8] {
        try file.read(from: start, count: end - start)
    }
}
