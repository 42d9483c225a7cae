import Gateway
import Logging
import NIOCore
import Synchronization

/// The connections that are open: not too many, so that there are descriptors left for what the gateway itself opens,
/// not too many of one peer, so that nobody keeps everybody else out, and known, so that a shutdown can wait for them.
///
/// When there is no room for a new one, the oldest of its peer that has shown no secret is closed for it; when there is
/// none in all, one of the peer that has the most. Whoever showed a secret is never closed for another.
final class OpenConnections: Sendable {
    private struct Entry {
        var channel: any Channel
        var peer: String
        var standing: ConnectionStanding
    }

    private struct Peer {
        var count = 0
        /// Its connections, those that came first in front. May hold some that are gone.
        var line = CircularBuffer<ObjectIdentifier>()
    }

    private struct State {
        var entries: [ObjectIdentifier: Entry] = [:]
        var peers: [String: Peer] = [:]
        /// Whether somebody was turned away since there was room.
        var isFull = false
    }

    /// What becomes of a new connection.
    private enum Admission {
        case taken
        /// In the place of this one, which is closed.
        case exchanged(any Channel)
        case refused
    }

    private let limit: Int
    private let gateway: Gateway
    private let logger: Logger
    private let state = Mutex(State())

    /// At most `limit` connections, of which one peer has at most three quarters.
    init(limit: Int, gateway: Gateway, logger: Logger) {
        self.limit = limit
        self.gateway = gateway
        self.logger = logger
        gateway.usage.add("connections", limit: limit) { [weak self] in self?.count ?? 0 }
        gateway.usage.add("connections of one peer", limit: share) { [weak self] in self?.largestCount ?? 0 }
    }

    /// The most connections of one peer.
    var share: Int { max(1, limit / 4 * 3 + limit % 4) }

    /// How many there are.
    var count: Int { state.withLock { $0.entries.count } }

    /// How many the peer has that has the most.
    var largestCount: Int { state.withLock { $0.peers.values.map(\.count).max() ?? 0 } }

    /// How many of a line are looked at to find one to close: to look at all, again and again, would be a way to keep us
    /// busy.
    private static let search = 32

    /// Sent through every pipeline when the server is about to stop.
    struct Stopping: Sendable {}

    /// Takes a new connection in. Returns false when there are too many; then nothing may be heard of it.
    func add(_ channel: any Channel, _ standing: ConnectionStanding) -> Bool {
        let id = ObjectIdentifier(channel)
        let peer = Self.peer(of: channel)
        let (admission, isFirst) = state.withLock { state -> (Admission, Bool) in
            var old: Entry?
            var isFirst = false
            if state.peers[peer]?.count ?? 0 >= share {
                old = Self.takeUnproven(of: peer, &state)
                if old == nil { return (.refused, Self.becomeFull(&state)) }
            } else if state.entries.count >= limit {
                old = Self.takeUnproven(of: peer, &state)
                if old == nil, let largest = state.peers.max(by: { $0.value.count < $1.value.count })?.key {
                    old = Self.takeUnproven(of: largest, &state)
                }
                if old == nil { return (.refused, Self.becomeFull(&state)) }
            }
            if old != nil { isFirst = Self.becomeFull(&state) }
            state.entries[id] = Entry(channel: channel, peer: peer, standing: standing)
            state.peers[peer, default: Peer()].count += 1
            state.peers[peer]?.line.append(id)
            return (old.map { .exchanged($0.channel) } ?? .taken, isFirst)
        }
        // Once, however many there are: the log is on a disk too.
        if isFirst {
            logger.warning(
                "too many connections; the oldest that showed no secret are closed, or new ones turned away",
                metadata: ["limit": "\(limit)"])
        }
        switch admission {
        case .refused:
            gateway.limitTally.add("connections", "refused")
            return false
        case .exchanged(let old):
            gateway.limitTally.add("connections", "closed for another")
            old.close(promise: nil)
        case .taken: break
        }
        channel.closeFuture.whenComplete { [self] _ in state.withLock { remove(id, &$0) } }
        return true
    }

    /// There is no room. Returns whether there was until now.
    private static func becomeFull(_ state: inout State) -> Bool {
        defer { state.isFull = true }
        return !state.isFull
    }

    /// Takes out a connection of `peer` that has shown no secret; one that came early, if not always the first.
    private static func takeUnproven(of peer: String, _ state: inout State) -> Entry? {
        var proven = 0
        while proven < search, let id = state.peers[peer]?.line.popFirst() {
            // One that is gone is gone for good.
            guard let entry = state.entries[id] else { continue }
            if !entry.standing.isProven {
                state.entries[id] = nil
                state.peers[peer]?.count -= 1
                if state.peers[peer]?.count == 0 { state.peers[peer] = nil }
                return entry
            }
            proven += 1
            state.peers[peer]?.line.append(id)
        }
        return nil
    }

    private func remove(_ id: ObjectIdentifier, _ state: inout State) {
        // Not at the first place that is free, or a full house would tell of itself at each one who leaves.
        defer { if state.entries.count <= limit / 2 { state.isFull = false } }
        guard let peer = state.entries.removeValue(forKey: id)?.peer, var known = state.peers[peer] else { return }
        known.count -= 1
        // So that the line is never much longer than those who stand in it.
        if known.line.count > 2 * known.count + 16 { known.line = known.line.filter { state.entries[$0] != nil } }
        state.peers[peer] = known.count > 0 ? known : nil
    }

    /// Who a connection is counted for: its address; of an IPv6 address only the network, because a host has as many in
    /// it as it likes. This host is one peer, by whatever address.
    private static func peer(of channel: any Channel) -> String {
        PeerName.of(channel.remoteAddress?.ipAddress ?? "")
    }

    /// Asks every connection to end, waits, and after `limit` ends those that are left.
    func drain(within limit: TimeAmount, on loop: any EventLoop) async {
        let open = state.withLock { $0.entries.values.map(\.channel) }
        for channel in open { channel.pipeline.fireUserInboundEventTriggered(Stopping()) }
        let force = loop.scheduleTask(in: limit) {
            for channel in open { channel.close(promise: nil) }
        }
        // Never fails: the futures' own failures are part of "complete".
        try? await EventLoopFuture.andAllComplete(open.map(\.closeFuture), on: loop).get()
        force.cancel()
    }
}
