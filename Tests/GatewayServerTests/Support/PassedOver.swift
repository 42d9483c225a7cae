import JSON
import Synchronization

/// Events of runs that came while a client waited for an answer: a run may be told of, and even be over, before the
/// answer to who asked for it.
final class PassedOver: Sendable {
    private let frames = Mutex<[JSON]>([])

    func keep(_ frame: JSON) {
        guard ["agent", "chat"].contains(frame["event"]?.string) else { return }
        frames.withLock { $0.append(frame) }
    }

    /// The first that was passed over.
    func take() -> JSON? {
        frames.withLock { $0.isEmpty ? nil : $0.removeFirst() }
    }
}
