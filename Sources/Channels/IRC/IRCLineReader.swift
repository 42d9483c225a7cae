/// Cuts what a server sends into lines. Never holds more than one line of the longest length.
struct IRCLineReader: Sendable {
    /// The longest line, with its tags: 8191 bytes of tags (IRCv3 message-tags) and 512 of the rest (RFC 1459 section 2.3).
    static let lineLimit = 8191 + 512

    private var line: [UInt8] = []
    /// Whether the line that is read is longer than there may be one, and left out.
    private var isTooLong = false
    /// How many lines were left out because they were too long.
    private(set) var droppedCount = 0

    /// Takes `bytes` in, and returns the lines that ended with them, without their ends and without NUL.
    mutating func take(_ bytes: some Sequence<UInt8>) -> [[UInt8]] {
        var lines: [[UInt8]] = []
        for byte in bytes {
            switch byte {
            case UInt8(ascii: "\n"), UInt8(ascii: "\r"):
                if !line.isEmpty, !isTooLong { lines.append(line) }
                line.removeAll(keepingCapacity: !isTooLong)
                isTooLong = false
            case 0: break
            default:
                if isTooLong { break }
                guard line.count < Self.lineLimit else {
                    isTooLong = true
                    droppedCount += 1
                    line = []
                    break
                }
                line.append(byte)
            }
        }
        return lines
    }
}
