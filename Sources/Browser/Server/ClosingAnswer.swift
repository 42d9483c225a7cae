import JSON
import NIOCore
import NIOHTTP1

/// What a connection is told that asked for nothing yet, before it is closed.
enum ClosingAnswer {
    /// A whole answer, as it goes over the wire.
    static func bytes(_ status: HTTPResponseStatus, _ message: String, on allocator: ByteBufferAllocator) -> ByteBuffer
    {
        let body = JSON.object(["error": .string(message)]).serialized()
        var answer = allocator.buffer(capacity: body.count + 256)
        answer.writeString(
            """
            HTTP/1.1 \(status.code) \(status.reasonPhrase)\r
            content-type: application/json; charset=utf-8\r
            content-length: \(body.count)\r
            cache-control: no-store\r
            connection: close\r
            \r

            """)
        answer.writeBytes(body)
        return answer
    }
}
