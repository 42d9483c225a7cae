/// A place in a text, counted as editors do.
public struct JSONPosition: Equatable, Sendable, CustomStringConvertible {
    /// Line, from 1.
    public var line: Int
    /// Column in bytes, from 1.
    public var column: Int

    /// The place `offset` bytes into `text`.
    public init(offset: Int, in text: some Collection<UInt8>) {
        line = 1
        column = 1
        for byte in text.prefix(offset) {
            if byte == UInt8(ascii: "\n") {
                line += 1
                column = 1
            } else {
                column += 1
            }
        }
    }

    /// `line:column`, as compilers print it.
    public var description: String { "\(line):\(column)" }
}
