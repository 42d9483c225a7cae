import Logging
import NIOCore
import Synchronization

/// The connections that are open: not too many, so that there are descriptors left for what the gateway itself opens,
/// and known, so that a shutdown can wait for them.
final class OpenConnections: Sendable {
    private struct State {
        var channels: [ObjectIdentifier: any Channel] = [:]
        /// Whether somebody was turned away since there was room.
        var isFull = false
    }

    private let limit: Int
    private let logger: Logger
    private let state = Mutex(State())

    /// At most `limit` connections.
    init(limit: Int, logger: Logger) {
        self.limit = limit
        self.logger = logger
    }

    /// Sent through every pipeline when the server is about to stop.
    struct Stopping: Sendable {}

    /// Takes a new connection in. Returns false when there are too many; then nothing may be heard of it.
    func add(_ channel: any Channel) -> Bool {
        let id = ObjectIdentifier(channel)
        let (isTaken, isFirstRefused) = state.withLock { state in
            guard state.channels.count < limit else {
                defer { state.isFull = true }
                return (false, !state.isFull)
            }
            state.channels[id] = channel
            return (true, false)
        }
        // Once, however many there are: the log is on a disk too.
        if isFirstRefused {
            logger.warning("too many connections; new ones are turned away", metadata: ["limit": "\(limit)"])
        }
        guard isTaken else { return false }
        channel.closeFuture.whenComplete { [self] _ in
            state.withLock { state in
                state.channels.removeValue(forKey: id)
                // Not at the first place that is free, or a full house would tell of itself at each one who leaves.
                if state.channels.count <= limit / 2 { state.isFull = false }
            }
        }
        return true
    }

    /// Asks every connection to end, waits, and after `limit` ends those that are left.
    func drain(within limit: TimeAmount, on loop: any EventLoop) async {
        let open = state.withLock { Array($0.channels.values) }
        for channel in open { channel.pipeline.fireUserInboundEventTriggered(Stopping()) }
        let force = loop.scheduleTask(in: limit) {
            for channel in open { channel.close(promise: nil) }
        }
        // Never fails: the futures' own failures are part of "complete".
        try? await EventLoopFuture.andAllComplete(open.map(\.closeFuture), on: loop).get()
        force.cancel()
    }
}
