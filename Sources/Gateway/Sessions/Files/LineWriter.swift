import Files
import Policy

/// A new private file, written line by line.
struct LineWriter {
    private let file: OpenFile
    private var waiting: [UInt8] = []

    /// Makes the file at `path`, where nothing may stand. Throws `StorageError`.
    init(_ path: AbsolutePath) throws(StorageError) {
        guard let file = try FilePlace(path).open("write", .making) else { throw .missing("write", path) }
        self.file = file
    }

    /// Writes `line` and its end. Throws `StorageError`.
    mutating func write(_ line: String) throws(StorageError) {
        waiting += line.utf8
        waiting.append(UInt8(ascii: "\n"))
        if waiting.count >= 64 << 10 { try flush() }
    }

    /// Brings what was written onto the disk. Throws `StorageError`.
    mutating func finish() throws(StorageError) {
        try flush()
        try file.flush()
    }

    private mutating func flush() throws(StorageError) {
        try file.write(waiting)
        waiting.removeAll(keepingCapacity: true)
    }
}
