/// What a program can read after its start, as it comes.
final class ProgramInput: Sendable {
    let pieces: AsyncStream<[UInt8]>
    private let continuation: AsyncStream<[UInt8]>.Continuation

    init() {
        (pieces, continuation) = AsyncStream.makeStream(bufferingPolicy: .bufferingOldest(Self.limit))
    }

    /// The most pieces that wait to be read.
    static let limit = 1024

    /// It can read `bytes` from now on. Returns whether it can: not when it has ended, nor while too much waits to be read.
    func write(_ bytes: [UInt8]) -> Bool {
        if case .enqueued = continuation.yield(bytes) { true } else { false }
    }

    /// It can read nothing any more.
    func end() { continuation.finish() }
}
