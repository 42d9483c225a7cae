/// Frames of RFC 6455, as a client sends and receives them.
enum WebSocketFrame {
    /// A masked text frame of less than 64 KiB.
    static func text(_ text: String) -> [UInt8] {
        masked(opcode: 1, Array(text.utf8))
    }

    static func masked(opcode: UInt8, _ payload: [UInt8]) -> [UInt8] {
        let key: [UInt8] = [0x37, 0xFA, 0x21, 0x3D]
        let length: [UInt8] =
            payload.count < 126
            ? [0x80 | UInt8(payload.count)] : [0xFE, UInt8(payload.count >> 8), UInt8(payload.count & 0xFF)]
        return [0x80 | opcode] + length + key + payload.enumerated().map { $1 ^ key[$0 & 3] }
    }

    /// The first frame of `bytes`, and where it ends; nil until all of it is there.
    static func first(of bytes: ArraySlice<UInt8>) -> (opcode: UInt8, payload: ArraySlice<UInt8>)? {
        guard bytes.count >= 2 else { return nil }
        var start = bytes.startIndex + 2
        var length = Int(bytes[start - 1] & 0x7F)
        let more = length == 126 ? 2 : length == 127 ? 8 : 0
        if more > 0 {
            guard bytes.count >= 2 + more else { return nil }
            length = bytes[start..<start + more].reduce(0) { $0 << 8 | Int($1) }
            start += more
        }
        guard bytes.endIndex - start >= length else { return nil }
        return (bytes[bytes.startIndex] & 0x0F, bytes[start..<start + length])
    }
}
