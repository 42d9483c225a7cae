import NIOCore
import Synchronization

/// The connections that are open, so that a shutdown can wait for them.
final class OpenConnections: Sendable {
    private let channels = Mutex<[ObjectIdentifier: any Channel]>([:])

    /// Sent through every pipeline when the server is about to stop.
    struct Stopping: Sendable {}

    func add(_ channel: any Channel) {
        let id = ObjectIdentifier(channel)
        channels.withLock { $0[id] = channel }
        channel.closeFuture.whenComplete { [self] _ in
            _ = channels.withLock { $0.removeValue(forKey: id) }
        }
    }

    /// Asks every connection to end, waits, and after `limit` ends those that are left.
    func drain(within limit: TimeAmount, on loop: any EventLoop) async {
        let open = channels.withLock { Array($0.values) }
        for channel in open { channel.pipeline.fireUserInboundEventTriggered(Stopping()) }
        let force = loop.scheduleTask(in: limit) {
            for channel in open { channel.close(promise: nil) }
        }
        // Never fails: the futures' own failures are part of "complete".
        try? await EventLoopFuture.andAllComplete(open.map(\.closeFuture), on: loop).get()
        force.cancel()
    }
}
