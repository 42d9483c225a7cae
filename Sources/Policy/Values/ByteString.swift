/// Bytes that are text for people, and exact for execve(2).
public struct ByteString: Hashable, Sendable {
    /// The bytes, without a terminating NUL.
    public var bytes: [UInt8]

    /// The bytes as given.
    public init(bytes: [UInt8]) { self.bytes = bytes }

    /// The UTF-8 of `text`.
    public init(_ text: String) { bytes = Array(text.utf8) }
}

extension ByteString: CustomStringConvertible {
    /// The text; bytes that are no UTF-8 appear as U+FFFD.
    public var description: String { String(decoding: bytes, as: UTF8.self) }
}
