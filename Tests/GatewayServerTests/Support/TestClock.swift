import Gateway
import Synchronization

@testable import Time

/// A clock that stands still until a test moves it.
final class TestClock: Sendable {
    private let time: Mutex<Int64>

    init(at milliseconds: Int64) {
        time = Mutex(milliseconds)
    }

    var milliseconds: Int64 { time.withLock { $0 } }

    var clock: WallClock { WallClock { self.milliseconds } }

    /// Shows another time, as a clock does that somebody sets.
    func set(to milliseconds: Int64) {
        time.withLock { $0 = milliseconds }
    }

    func advance(by milliseconds: Int64) {
        time.withLock { $0 += milliseconds }
    }
}

/// Times and lengths of time as tests count them, in milliseconds.
extension Int64 {
    var time: Timestamp { Timestamp(clamping: self) }
    var span: TimeSpan { TimeSpan(clamping: self) }
}
