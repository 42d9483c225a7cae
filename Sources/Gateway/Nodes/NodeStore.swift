import Crypto
import Files
import JSON
import Storage
import Text
import Time

/// The nodes that were paired by `node.pair.*`, and those that ask. Kept in the database, and on disk before anybody
/// hears of it.
///
/// This is the older kind of pairing: who holds a node's token can be told from who does not. What a node may do on a
/// connection of its own is decided by its device (`DeviceStore`).
final class NodeStore: Sendable {
    private struct State: Sendable {
        var paired: [PairedNode]
        var pending: [NodePairingRequest]
    }

    private let database: InstanceDatabase
    private let clock: WallClock
    private let state: CommittedState<State>

    /// The most requests that may wait.
    static let pendingLimit = 64

    /// The nodes kept in `database`. Throws `StorageError`.
    init(database: InstanceDatabase, clock: WallClock) throws(StorageError) {
        self.database = database
        self.clock = clock
        let (paired, pending) = try database.readNow { transaction in
            try (transaction.nodes.paired(), transaction.nodes.pending())
        }
        state = CommittedState(State(paired: paired, pending: pending), label: "nodes")
    }

    /// The requests that stand, the newest first.
    var pending: [NodePairingRequest] {
        state.read { state in state.pending.filter { !isTooOld($0) }.reversed() }
    }

    /// The nodes that were paired, those approved last first.
    var paired: [PairedNode] {
        state.read { state in state.paired.sorted { $0.approvedAt > $1.approvedAt } }
    }

    /// The node `id`, when `token` is its own.
    func verify(_ id: String, token: Secret) -> PairedNode? {
        guard let node = state.read({ state in state.paired.first { $0.nodeID == id } }),
            let known = Secret(node.tokenDigest), let shown = Secret(Self.digest(token)), known.matches(shown)
        else { return nil }
        return node
    }

    /// Keeps the request of a node. The same node asking again keeps its request, and its id.
    func request(
        _ nodeID: String, _ description: JSONObject, isSilent: Bool?
    ) async throws(StorageError) -> (request: NodePairingRequest, isNew: Bool) {
        try await state.commit { [self] (state) throws(StorageError) in
            state.pending.removeAll(where: isTooOld)
            if let known = state.pending.first(where: { $0.nodeID == nodeID }) { return (known, false) }
            if state.pending.count >= Self.pendingLimit { state.pending.removeFirst() }
            let request = NodePairingRequest(
                id: UUIDText.random(), nodeID: nodeID, description: description, isSilent: isSilent,
                isRepair: state.paired.contains { $0.nodeID == nodeID }, createdAt: clock.milliseconds)
            state.pending.append(request)
            try keep(state)
            return (request, true)
        }
    }

    /// Pairs the node of the request `id`, and gives it a token; one it had counts no more. Nil when there is no such
    /// request.
    func approve(_ id: String) async throws(StorageError) -> (node: PairedNode, token: Secret)? {
        try await state.commit { [self] (state) throws(StorageError) in
            guard let request = take(id, from: &state) else { return nil }
            let time = clock.milliseconds
            let token = Secret.random(byteCount: 16)
            let known = state.paired.firstIndex { $0.nodeID == request.nodeID }
            let node = PairedNode(
                nodeID: request.nodeID, description: request.description,
                tokenDigest: Self.digest(token), createdAt: known.map { state.paired[$0].createdAt } ?? time,
                approvedAt: time)
            if let known { state.paired[known] = node } else { state.paired.append(node) }
            try keep(state)
            return (node, token)
        }
    }

    /// Turns the node of the request `id` away, for now: it may ask again. Nil when there is no such request.
    func reject(_ id: String) async throws(StorageError) -> NodePairingRequest? {
        try await state.commit { [self] (state) throws(StorageError) in
            guard let request = take(id, from: &state) else { return nil }
            try keep(state)
            return request
        }
    }

    /// Calls the node `id` `name`. Returns whether there is one.
    func rename(_ id: String, to name: String) async throws(StorageError) -> Bool {
        try await state.commit { [self] (state) throws(StorageError) in
            guard let index = state.paired.firstIndex(where: { $0.nodeID == id }) else { return false }
            state.paired[index].description["displayName"] = .string(name)
            try keep(state)
            return true
        }
    }

    private func take(_ id: String, from state: inout State) -> NodePairingRequest? {
        guard let index = state.pending.firstIndex(where: { $0.id == id && !isTooOld($0) }) else { return nil }
        return state.pending.remove(at: index)
    }

    private func isTooOld(_ request: NodePairingRequest) -> Bool {
        request.createdAt < clock.milliseconds - NodePairingRequest.lifetime
    }

    private static func digest(_ token: Secret) -> String {
        Hex.text(SHA256.hash(data: Array(token.revealed().utf8)))
    }

    private func keep(_ state: State) throws(StorageError) {
        try database.writeNow { transaction in
            try transaction.nodes.keep(paired: state.paired, pending: state.pending)
        }
    }
}
