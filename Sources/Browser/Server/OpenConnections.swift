import NIOCore
import Synchronization

/// How many connections are open, and what becomes of one more.
final class OpenConnections: Sendable {
    /// What becomes of a new connection.
    enum Reception: Sendable {
        case served
        /// It is told that there is no room.
        case turnedAway
        /// It is closed without a word.
        case refused
    }

    private let limit: Int
    private let counts = Mutex((served: 0, turnedAway: 0))

    /// Serves `limit` at once, and tells as many more that there is no room.
    init(limit: Int) {
        self.limit = limit
    }

    /// Counts `channel` until it is closed, and says what becomes of it.
    func receive(_ channel: any Channel) -> Reception {
        let reception: Reception = counts.withLock { counts in
            if counts.served < limit {
                counts.served += 1
                return .served
            }
            guard counts.turnedAway < limit else { return .refused }
            counts.turnedAway += 1
            return .turnedAway
        }
        channel.closeFuture.whenComplete { [self] _ in
            counts.withLock { counts in
                switch reception {
                case .served: counts.served -= 1
                case .turnedAway: counts.turnedAway -= 1
                case .refused: break
                }
            }
        }
        return reception
    }
}
