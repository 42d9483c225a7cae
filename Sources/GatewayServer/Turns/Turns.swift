import HeapModule
package import NIOCore

/// Divides the time of an event loop among its connections: work that can wait is done for the one that will have used
/// the least time when it is done, a portion at a time, and between the portions the loop looks at its sockets.
///
/// This is fair queueing by finishing times (Demers, Keshav and Shenker, 1989): a short request of somebody who just came
/// does not wait until 200 others have had a long one each.
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
        /// What the account has used before, and will have used when this is done, in ns.
        let start: Int64
        let finish: Int64
        let number: Int64
        let account: Account
        let work: () -> Void

        static func < (one: Waiting, other: Waiting) -> Bool { (one.finish, one.number) < (other.finish, other.number) }
        static func == (one: Waiting, other: Waiting) -> Bool { one.number == other.number }
    }

    /// How much is done between two looks at the sockets, in ns.
    package static let portion: Int64 = 1_000_000

    /// How long work takes at least of which the thread may have spent a part waiting for a processor, in ns: less than any
    /// other thread is given at once.
    private static let doubtful: Int64 = 50_000

    /// What a new connection has used from the start, in ns.
    private static let entry: Int64 = 1_000_000

    /// What the work for a message of `bytes` bytes takes, about, in ns: the most that was seen is 6 ns for each byte.
    static func cost(ofBytes bytes: Int) -> Int64 { 6 * Int64(bytes) }

    private let loop: any EventLoop
    private let wake: () -> Void
    private let clocks: TurnClocks
    private var waiting = Heap<Waiting>()
    private var count: Int64 = 0
    /// What the one has used that has used the least of those with something to do, in ns.
    private var level: Int64 = 0
    private var isAwake = false
    private var isOver = false
    /// What was used since the loop looked at its sockets, in ns.
    private var usedNow: Int64 = 0
    /// What the thread had used of a processor when the first of that began, in ns.
    private var beginning: Int64 = 0

    /// Turns on `loop`. `wake` has `serve` called when the loop has looked at its sockets again.
    package init(on loop: any EventLoop, clocks: TurnClocks = .kernel, wake: @escaping () -> Void) {
        self.loop = loop
        self.wake = wake
        self.clocks = clocks
    }

    /// Turns on `loop` whose waker is the loop itself: good where nothing else is on it.
    package convenience init(on loop: any EventLoop, clocks: TurnClocks = .kernel) {
        var serve: () -> Void = {}
        self.init(on: loop, clocks: clocks) { loop.assumeIsolated().execute { serve() } }
        serve = { [unowned self] in self.serve() }
    }

    /// The account of a new connection. It starts a little behind those that are here: otherwise a client that connects
    /// anew for each message would always be first.
    package func account() -> Account { Account(used: level + Self.entry) }

    /// Whether there is time for work at once, before the loop looks at its sockets again.
    package var hasTime: Bool { usedNow < Self.portion }

    /// Does `work` at once, on `account`.
    package func spend<Result>(_ account: Account, _ work: () throws -> Result) rethrows -> Result {
        // The loop does its tasks when it is through with its sockets.
        if usedNow == 0 {
            beginning = clocks.thread()
            loop.assumeIsolated().execute { [self] in usedNow = 0 }
        }
        let begin = clocks.elapsed()
        defer {
            let used = used(in: clocks.elapsed() - begin)
            account.used += used
            // While nobody waits, whoever has its turn is the one that has used the least.
            if waiting.isEmpty { level = max(level, account.used) }
            usedNow += max(used, 1)
        }
        return try work()
    }

    /// What work has used that has taken `elapsed`, in ns.
    ///
    /// Of what took long, some may have passed while the kernel had the thread wait for a processor. Whoever was served then
    /// must not pay for that. What took less is as long as it says: the thread's clock is a system call.
    private func used(in elapsed: Int64) -> Int64 {
        guard elapsed > Self.doubtful else { return elapsed }
        return min(elapsed, max(clocks.thread() - beginning - usedNow, 0))
    }

    /// Does `work` when it is the account's turn. `cost` is how long it takes, about, in ns; what it really takes is
    /// counted.
    package func wait(_ account: Account, cost: Int64 = 0, _ work: @escaping () -> Void) {
        guard !isOver else { return }
        account.used = max(account.used, level)
        count += 1
        let start = account.used
        waiting.insert(Waiting(start: start, finish: start + cost, number: count, account: account, work: work))
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
        let end = usedNow + Self.portion
        repeat {
            guard let next = waiting.popMin() else { return }
            level = max(level, next.start)
            spend(next.account, next.work)
        } while usedNow < end
        stayAwake()
    }
}
