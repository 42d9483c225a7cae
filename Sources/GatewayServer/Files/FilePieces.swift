/// The content of a file that is sent, with some bytes put in at one place.
struct FilePieces: Sendable {
    /// What is sent next.
    enum Piece: Sendable {
        case part(ServedFile, Range<Int>)
        case inserted([UInt8])

        /// Its bytes; nil when they cannot be read, or the file has shrunk. May wait for the disk.
        func bytes() -> [UInt8]? {
            switch self {
            case .part(let file, let range): file.read(at: range.lowerBound, count: range.count)
            case .inserted(let bytes): bytes
            }
        }
    }

    private let file: ServedFile
    private let inserted: [UInt8]
    private let place: Int
    private var offset = 0
    private var isInserted = false

    /// All of `file`, with `inserted` before the byte at `place`.
    init(_ file: ServedFile, inserting inserted: [UInt8] = [], at place: Int = 0) {
        self.file = file
        self.inserted = inserted
        self.place = place
    }

    /// How many bytes there are from the first to the last.
    var length: Int { file.size + inserted.count }

    /// The next piece, of the file at most `limit` bytes; nil after the last.
    mutating func next(upTo limit: Int) -> Piece? {
        if offset == place, !isInserted, !inserted.isEmpty {
            isInserted = true
            return .inserted(inserted)
        }
        let end = min(offset + limit, offset < place ? place : file.size)
        guard end > offset else { return nil }
        defer { offset = end }
        return .part(file, offset..<end)
    }
}
