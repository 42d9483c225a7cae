import Synchronization

/// Hands on what was put in, in that order, whoever puts in and whoever hands on.
///
/// Whoever decides what comes next puts it in while they hold the lock by which they decide, and empties the outbox when they
/// have let go of it: what takes long is done under no lock but the outbox's own, which one holds at a time.
final class Outbox<Element: Sendable>: Sendable {
    private let waiting = Mutex<[Element]>([])
    private let handingOn = Mutex(())

    /// Puts `element` in, behind those that wait. Returns at once.
    func put(_ element: Element) {
        waiting.withLock { $0.append(element) }
    }

    /// Calls `handOn` for each element that waits, one after the other, when whoever is doing so now has ended. When this
    /// returns, everything the caller had put in was handed on. `handOn` must not empty the outbox itself.
    func empty(_ handOn: (Element) -> Void) {
        handingOn.withLock { _ in
            let elements = waiting.withLock { waiting in
                defer { waiting = [] }
                return waiting
            }
            for element in elements { handOn(element) }
        }
    }
}
