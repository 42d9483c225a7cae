/// A slice of a gateway's log, as `logs.tail` answers it.
struct LogSlice: Sendable, Equatable {
    /// Where the next slice begins, in bytes.
    var cursor: Int
    /// The file's size, in bytes.
    var size: Int
    var lines: [String]
    /// Whether earlier lines were left out.
    var isTruncated: Bool
    /// Whether the slice does not go on where the cursor said: the file was begun anew, or there was too much.
    var isReset: Bool
}
