import Gateway
import Synchronization

/// A clock that stands still until a test moves it.
final class TestClock: Sendable {
    private let time: Mutex<Int64>

    init(at milliseconds: Int64) {
        time = Mutex(milliseconds)
    }

    var milliseconds: Int64 { time.withLock { $0 } }

    var clock: WallClock { WallClock { self.milliseconds } }

    func advance(by milliseconds: Int64) {
        time.withLock { $0 += milliseconds }
    }
}
