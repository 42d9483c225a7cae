extension JSON {
    /// How much a text may hold.
    public struct Limits: Sendable {
        /// Nested arrays and objects. Default 64.
        public var depth: Int
        /// Bytes. Default 16 MiB.
        public var length: Int

        /// Values: the whole, and every member and element in it. Each costs some hundred nanoseconds to read, and up to
        /// 100 bytes of memory, however short it is written. Default 1,048,576.
        public var values: Int

        /// Limits on depth, bytes and values.
        public init(depth: Int = 64, length: Int = 16 << 20, values: Int = 1 << 20) {
            self.depth = depth
            self.length = length
            self.values = values
        }
    }

    /// One step from a value into its parts.
    public enum PathComponent: Sendable, Equatable {
        /// The value of a member.
        case name(String)
        /// An element of an array, from 0.
        case index(Int)
        /// The name of a member itself, for messages about the name.
        case nameOf(String)
    }

    /// The value written in `text`, which must be one JSON text and nothing else.
    ///
    /// Throws `JSONError` with the byte offset of the first fault.
    public init(parsing text: [UInt8], limits: Limits = Limits()) throws(JSONError) {
        self = try text.withUnsafeBufferPointer { (bytes) throws(JSONError) in
            try JSON(parsing: bytes, limits: limits)
        }
    }

    /// The value written in `bytes`, without copying them first.
    ///
    /// Throws `JSONError` with the byte offset of the first fault.
    public init(parsing bytes: UnsafeBufferPointer<UInt8>, limits: Limits = Limits()) throws(JSONError) {
        var reader = JSONReader(bytes, limits: limits)
        self = try reader.readText()
    }

    /// Where the value at `path` stands in `text`, or nil when there is none.
    ///
    /// Reads the text again: values carry no positions, so the common case pays nothing for them.
    public static func position(of path: [PathComponent], in text: [UInt8]) -> JSONPosition? {
        let offset: Int? = text.withUnsafeBufferPointer { bytes in
            var reader = JSONReader(bytes, limits: Limits(), seeking: path)
            _ = try? reader.readText()
            return reader.found
        }
        return offset.map { JSONPosition(offset: $0, in: text) }
    }

    static func hexDigit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}
