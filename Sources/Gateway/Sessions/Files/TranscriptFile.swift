import Files
import JSON
import Policy
import Time

/// A transcript's file, line by line.
struct TranscriptFile: ~Copyable {
    /// The first line, when that describes the transcript; otherwise nothing.
    let header: String
    /// When it was begun, as far as it tells.
    let createdAt: Timestamp
    /// The time of the last line read.
    private(set) var lastTime: Timestamp
    /// The numbers of the lines that are no UTF-8.
    private(set) var unreadable: [Int] = []
    private var reader: LineReader
    private var number = 0
    private var first: [UInt8]?

    /// Reads `file`. Throws `StorageError`.
    init(_ file: OpenFile) throws(StorageError) {
        var reader = LineReader(file)
        let line = try reader.next()
        self.reader = reader
        let json = line.flatMap { try? JSON(parsing: $0) }
        if let line, let json, json["type"] == "session", json["message"] == nil {
            header = String(decoding: line, as: UTF8.self)
            createdAt = json["timestamp"]?.string.flatMap(RFC3339.time) ?? .earliest
            number = 1
        } else {
            header = ""
            createdAt = .earliest
            first = line
        }
        lastTime = createdAt
    }

    /// The next line; nil after the last. Empty lines are passed over, and a line that is no JSON is kept as it is: it
    /// is no message, but it is somebody's. Throws `StorageError`.
    mutating func next() throws(StorageError) -> TranscriptLine? {
        while let bytes = try nextBytes() {
            number += 1
            guard !bytes.allSatisfy({ $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }) else { continue }
            guard let text = String(validating: bytes, as: UTF8.self), !bytes.contains(0) else {
                unreadable.append(number)
                continue
            }
            let json = (try? JSON(parsing: bytes)) ?? .null
            let line = TranscriptLine(json, text: text, earlier: lastTime)
            lastTime = line.timestamp
            return line
        }
        return nil
    }

    private mutating func nextBytes() throws(StorageError) -> [UInt8]? {
        if let line = first.take() { return line }
        return try reader.next()
    }
}
