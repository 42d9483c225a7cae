import Time

/// How long a gateway has been running.
struct Uptime: Sendable {
    private let clock: WallClock
    /// When it began.
    let start: Timestamp

    /// It begins now.
    init(_ clock: WallClock) {
        self.clock = clock
        start = clock.now
    }

    /// The time since then.
    var span: TimeSpan { clock.now.since(start) }
}
