import Synchronization

/// Bytes that come in pieces.
final class Gathered: Sendable {
    private let state = Mutex<[UInt8]>([])

    /// All so far.
    var bytes: [UInt8] { state.withLock { $0 } }

    func append(_ more: [UInt8]) { state.withLock { $0 += more } }
}
