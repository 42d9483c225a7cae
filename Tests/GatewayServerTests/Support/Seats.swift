import Glibc
import Synchronization

/// Lets a few tests at a time run a gateway or a command; the others wait for a seat, in the order of coming.
///
/// A test gives what it has started some seconds to answer. Hundreds that began at once would share the processor's cores,
/// and not get their answers in that time.
enum Seats {
    private struct State {
        var free: Int
        var waiting: [CheckedContinuation<Void, Never>] = []
    }

    /// Twice as many as the processor has cores: most of the time a test waits.
    private static let state = Mutex(State(free: 2 * max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN)))))
    /// Whether the test has a seat already: it takes none for a command beside its gateway.
    @TaskLocal private static var isSeated = false

    /// Runs `body` in a seat.
    static func hold<Value>(_ body: () async throws -> Value) async rethrows -> Value {
        guard !isSeated else { return try await body() }
        await take()
        defer { give() }
        return try await $isSeated.withValue(true) { try await body() }
    }

    private static func take() async {
        await withCheckedContinuation { continuation in
            let isFree = state.withLock { state in
                guard state.free > 0 else {
                    state.waiting.append(continuation)
                    return false
                }
                state.free -= 1
                return true
            }
            if isFree { continuation.resume() }
        }
    }

    private static func give() {
        let next = state.withLock { state -> CheckedContinuation<Void, Never>? in
            guard !state.waiting.isEmpty else {
                state.free += 1
                return nil
            }
            return state.waiting.removeFirst()
        }
        next?.resume()
    }
}
