import JSON

/// `read`: lines of a text, or a picture.
struct Reading {
    private let path: String
    private let first: Int
    private let limit: Int

    /// The most lines of one answer, and the most bytes.
    static let lineLimit = 2000
    static let byteLimit = 50 << 10
    /// The largest picture, in bytes.
    static let pictureLimit = 5 << 20

    init(_ arguments: FileOperation.Arguments) throws(OperationError) {
        path = try arguments.path()
        first = try arguments.number("offset", default: 1, in: 1...Int(Int32.max))
        limit = try arguments.number("limit", default: Self.lineLimit, in: 1...Int(Int32.max))
    }

    func perform() throws(OperationError) -> FileOperation.Answer {
        let bytes = try WorkFile(path: path).read()
        if let type = Self.pictureType(bytes) {
            guard bytes.count <= Self.pictureLimit else {
                throw OperationError(
                    "\(path): this picture has \(bytes.count) bytes, and at most \(Self.pictureLimit) are shown; make it smaller."
                )
            }
            return FileOperation.Answer(members: ["kind": "image", "mediaType": .string(type)], bytes: bytes)
        }
        guard !bytes.prefix(8192).contains(0) else {
            return FileOperation.Answer(members: ["kind": "binary", "size": .integer(Int64(bytes.count))])
        }
        return try text(bytes)
    }

    private func text(_ bytes: [UInt8]) throws(OperationError) -> FileOperation.Answer {
        let lines = Self.lines(of: bytes)
        guard first <= max(1, lines.count) else {
            throw OperationError("\(path): there are \(lines.count) lines, and none number \(first).")
        }
        var shown: [UInt8] = []
        var count = 0
        for line in lines.dropFirst(first - 1).prefix(min(limit, Self.lineLimit)) {
            guard shown.count + line.count + 1 <= Self.byteLimit else {
                // The first line alone may be longer than all that is shown.
                if count == 0 {
                    shown += line.prefix(Self.byteLimit)
                    count = 1
                }
                break
            }
            if count > 0 { shown.append(UInt8(ascii: "\n")) }
            shown += line
            count += 1
        }
        return FileOperation.Answer(
            members: [
                "kind": "text", "firstLine": .integer(Int64(first)), "lines": .integer(Int64(count)),
                "totalLines": .integer(Int64(lines.count)),
                "isCutLine": .bool(count == 1 && lines[first - 1].count > Self.byteLimit),
            ], bytes: shown)
    }

    /// The lines of a text without their ends. What follows the last end is one only if there is something.
    static func lines(of bytes: [UInt8]) -> [ArraySlice<UInt8>] {
        var lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        if lines.last?.isEmpty == true { lines.removeLast() }
        return lines
    }

    private static func pictureType(_ bytes: [UInt8]) -> String? {
        if bytes.starts(with: [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]) { return "image/png" }
        if bytes.starts(with: [0xFF, 0xD8, 0xFF]) { return "image/jpeg" }
        if bytes.starts(with: "GIF87a".utf8) || bytes.starts(with: "GIF89a".utf8) { return "image/gif" }
        if bytes.starts(with: "RIFF".utf8), bytes.dropFirst(8).starts(with: "WEBP".utf8) { return "image/webp" }
        return nil
    }
}
