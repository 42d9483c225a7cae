import Glibc
import NIOCore

/// Cuts a stream into the messages in it, each of which ends with a NUL character.
struct NULTerminatedDecoder: ByteToMessageDecoder {
    typealias InboundOut = ByteBuffer

    /// The longest message, in bytes.
    let limit: Int
    /// How much of what waits was looked through and holds no end.
    private var looked = 0

    init(limit: Int) {
        self.limit = limit
    }

    mutating func decode(context: ChannelHandlerContext, buffer: inout ByteBuffer) throws -> DecodingState {
        let offset = buffer.withUnsafeReadableBytes { [looked] bytes -> Int? in
            guard let start = bytes.baseAddress, bytes.count > looked,
                let end = memchr(start + looked, 0, bytes.count - looked)
            else { return nil }
            return UnsafeRawPointer(end) - start
        }
        guard offset ?? buffer.readableBytes <= limit else { throw DevToolsError.tooLarge(limit: limit) }
        guard let offset, let message = buffer.readSlice(length: offset) else {
            looked = buffer.readableBytes
            return .needMoreData
        }
        looked = 0
        buffer.moveReaderIndex(forwardBy: 1)
        context.fireChannelRead(Self.wrapInboundOut(message))
        return .continue
    }

    mutating func decodeLast(
        context: ChannelHandlerContext, buffer: inout ByteBuffer, seenEOF: Bool
    ) throws -> DecodingState {
        while try decode(context: context, buffer: &buffer) == .continue {}
        // What was cut off in the middle says nothing.
        buffer.clear()
        looked = 0
        return .needMoreData
    }
}

/// Ends each message with a NUL character.
final class NULTerminatedEncoder: ChannelOutboundHandler {
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        var message = Self.unwrapOutboundIn(data)
        message.writeInteger(UInt8(0))
        context.write(Self.wrapOutboundOut(message), promise: promise)
    }
}
