import Files

/// The lines of a file, one after the other, however large it is.
struct LineReader {
    private let file: OpenFile
    /// What was read of it, from the first line on that was not given out.
    private var waiting: ArraySlice<UInt8> = []
    /// How many of its bytes were read.
    private var offset = 0
    private var isAtEnd = false

    /// Reads `file` from its beginning.
    init(_ file: OpenFile) {
        self.file = file
    }

    /// The next line, without its end; nil after the last. Throws `StorageError`.
    mutating func next() throws(StorageError) -> [UInt8]? {
        var searched = 0
        while true {
            if let end = waiting.dropFirst(searched).firstIndex(of: UInt8(ascii: "\n")) {
                defer { waiting = waiting[(end + 1)...] }
                return Self.line(waiting[..<end])
            }
            if isAtEnd {
                defer { waiting = [] }
                return waiting.isEmpty ? nil : Self.line(waiting)
            }
            searched = waiting.count
            let more = try file.read(from: offset, count: 64 << 10)
            offset += more.count
            isAtEnd = more.isEmpty
            waiting = (waiting + more)[...]
        }
    }

    private static func line(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
        var line = bytes
        while let last = line.last, last == UInt8(ascii: "\r") { line.removeLast() }
        return Array(line)
    }
}
