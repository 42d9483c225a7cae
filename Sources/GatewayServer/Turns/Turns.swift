import HeapModule
package import NIOCore

/// Divides the time of an event loop among its connections: work that can wait is done for the one that has used the
/// least time, a portion at a time, and between the portions the loop looks at its sockets.
///
/// What a task submits to NIO's loop is done before the loop looks at its sockets again, however much it is. So a
/// connection that puts its own work off by `execute` keeps all others waiting; here it does not.
///
/// For one event loop, and only on it.
package final class Turns {
    /// What one connection has used.
    package final class Account {
        /// In ns. Whoever used nothing for a while is counted as having used as much as the one that has used the least,
        /// or somebody could save up for hours.
        fileprivate var used: Int64

        fileprivate init(used: Int64) { self.used = used }
    }

    private struct Waiting: Comparable {
        let used: Int64
        let number: Int64
        let account: Account
        let work: () -> Void

        static func < (one: Waiting, other: Waiting) -> Bool { (one.used, one.number) < (other.used, other.number) }
        static func == (one: Waiting, other: Waiting) -> Bool { one.number == other.number }
    }

    /// How much is done between two looks at the sockets, in ns.
    package static let portion: Int64 = 1_000_000

    /// What a new connection has used from the start, in ns.
    private static let entry: Int64 = 1_000_000

    private let loop: any EventLoop
    private let wake: () -> Void
    private let now: () -> NIODeadline
    private var waiting = Heap<Waiting>()
    private var count: Int64 = 0
    /// What the one has used that has used the least of those with something to do, in ns.
    private var level: Int64 = 0
    private var isAwake = false
    private var isOver = false
    /// What was used since the loop looked at its sockets, in ns.
    private var usedNow: Int64 = 0

    /// Turns on `loop`. `wake` has `serve` called when the loop has looked at its sockets again; `now` is the clock by
    /// which time is counted.
    package init(
        on loop: any EventLoop, now: @escaping () -> NIODeadline = NIODeadline.now, wake: @escaping () -> Void
    ) {
        self.loop = loop
        self.wake = wake
        self.now = now
    }

    /// Turns on `loop` whose waker is the loop itself: good where nothing else is on it.
    package convenience init(on loop: any EventLoop, now: @escaping () -> NIODeadline = NIODeadline.now) {
        var serve: () -> Void = {}
        self.init(on: loop, now: now) { loop.assumeIsolated().execute { serve() } }
        serve = { [unowned self] in self.serve() }
    }

    /// The account of a new connection. It starts a little behind those that are here: otherwise a client that connects
    /// anew for each message would always be first.
    package func account() -> Account { Account(used: level + Self.entry) }

    /// Whether there is time for work at once, before the loop looks at its sockets again.
    package var hasTime: Bool { usedNow < Self.portion }

    /// Does `work` at once, on `account`.
    package func spend<Result>(_ account: Account, _ work: () throws -> Result) rethrows -> Result {
        let begin = now()
        defer {
            let used = (now() - begin).nanoseconds
            account.used += used
            // While nobody waits, whoever has its turn is the one that has used the least.
            if waiting.isEmpty { level = max(level, account.used) }
            // The loop does its tasks when it is through with its sockets.
            if usedNow == 0 { loop.assumeIsolated().execute { [self] in usedNow = 0 } }
            usedNow += max(used, 1)
        }
        return try work()
    }

    /// Does `work` when it is the account's turn.
    package func wait(_ account: Account, _ work: @escaping () -> Void) {
        guard !isOver else { return }
        account.used = max(account.used, level)
        count += 1
        waiting.insert(Waiting(used: account.used, number: count, account: account, work: work))
        stayAwake()
    }

    /// Nobody has a turn any more: what would wake the loop is gone.
    package func end() {
        isOver = true
        waiting = Heap()
    }

    private func stayAwake() {
        guard !isAwake, !isOver, !waiting.isEmpty else { return }
        isAwake = true
        wake()
    }

    /// Does some of what waits.
    package func serve() {
        isAwake = false
        let end = now() + .nanoseconds(Self.portion)
        repeat {
            guard let next = waiting.popMin() else { return }
            level = max(level, next.used)
            spend(next.account, next.work)
        } while now() < end
        stayAwake()
    }
}
