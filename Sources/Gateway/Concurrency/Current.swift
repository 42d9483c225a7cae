import Synchronization

/// A value that is replaced while the gateway runs. Whoever holds this reads the newest.
final class Current<Value: Sendable>: Sendable {
    private let held: Mutex<Value>

    init(_ value: Value) {
        held = Mutex(value)
    }

    /// The value as it is now.
    var value: Value { held.withLock { $0 } }

    /// From now on it is `value`.
    func replace(by value: Value) {
        held.withLock { $0 = value }
    }
}
