/// What a program can read after its start, as it comes.
final class ProgramInput: Sendable {
    let pieces: AsyncStream<[UInt8]>
    private let continuation: AsyncStream<[UInt8]>.Continuation

    init() {
        // Who writes more than anybody reads loses the oldest of it.
        (pieces, continuation) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1024))
    }

    /// It can read `bytes`, if it has not ended.
    func write(_ bytes: [UInt8]) { continuation.yield(bytes) }

    /// It can read nothing any more.
    func end() { continuation.finish() }
}
