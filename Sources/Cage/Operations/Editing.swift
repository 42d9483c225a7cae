import JSON

/// `edit`: one text in a file is replaced by another.
struct Editing {
    private let path: String
    private let old: [UInt8]
    private let new: [UInt8]
    private let replacesAll: Bool

    init(_ arguments: FileOperation.Arguments) throws(OperationError) {
        path = try arguments.path()
        old = Array(try arguments.string("oldText").utf8)
        new = Array(try arguments.string("newText").utf8)
        replacesAll = arguments.flag("replaceAll")
    }

    func perform() throws(OperationError) -> FileOperation.Answer {
        let file = WorkFile(path: path)
        let bytes = try file.read()
        let (edited, line, count) = try replaced(in: bytes)
        try file.replace(with: edited)
        return FileOperation.Answer(members: ["line": .integer(Int64(line)), "count": .integer(Int64(count))])
    }

    /// The content after the edit, the line of the first place, and how many places there were.
    private func replaced(in bytes: [UInt8]) throws(OperationError) -> ([UInt8], Int, Int) {
        guard !old.isEmpty else { throw OperationError("oldText must not be empty; use write for a new file.") }
        guard old != new else { throw OperationError("oldText and newText are the same; nothing was changed.") }
        var (old, new) = (old, new)
        var places = Self.places(of: old, in: bytes)
        if places.isEmpty, !old.contains(13), bytes.contains(13) {
            // The model is shown lines, and not how they end.
            (old, new) = (Self.withReturns(old), Self.withReturns(new))
            places = Self.places(of: old, in: bytes)
        }
        guard let first = places.first else {
            throw OperationError(
                "\(path): oldText is not in this file. It must be exactly what stands there, with all blanks and line ends; read "
                    + "the file again.")
        }
        guard places.count == 1 || replacesAll else {
            throw OperationError(
                "\(path): oldText is in this file \(places.count) times. Give more of what stands around it, so that it is there "
                    + "once.")
        }
        var edited: [UInt8] = []
        edited.reserveCapacity(bytes.count + places.count * max(0, new.count - old.count))
        var position = 0
        for place in places {
            edited += bytes[position..<place]
            edited += new
            position = place + old.count
        }
        edited += bytes[position...]
        return (edited, 1 + bytes[..<first].count { $0 == UInt8(ascii: "\n") }, places.count)
    }

    private static func withReturns(_ text: [UInt8]) -> [UInt8] {
        text.flatMap { $0 == UInt8(ascii: "\n") ? [13, $0] : [$0] }
    }

    /// Where `text` stands in `bytes`, without overlaps.
    static func places(of text: [UInt8], in bytes: [UInt8]) -> [Int] {
        guard let first = text.first, text.count <= bytes.count else { return [] }
        var places: [Int] = []
        var index = 0
        while index + text.count <= bytes.count {
            if bytes[index] == first, bytes[index..<(index + text.count)].elementsEqual(text) {
                places.append(index)
                index += text.count
            } else {
                index += 1
            }
        }
        return places
    }
}
