import Files

/// A regular file that is sent.
struct ServedFile: Sendable {
    let file: OpenFile
    /// Bytes, when it was opened.
    let size: Int

    /// `count` bytes from `offset` on; nil when they cannot be read or the file has shrunk.
    func read(at offset: Int, count: Int) -> [UInt8]? {
        guard let bytes = try? file.read(from: offset, count: count), bytes.count == count else { return nil }
        return bytes
    }
}
