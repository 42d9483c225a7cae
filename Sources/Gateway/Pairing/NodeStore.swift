import Crypto
import Files
import JSON
import Storage
import Text
import Time

/// The nodes that were paired by `node.pair.*`, and those that ask. On disk before anybody hears of it.
///
/// This is the older kind of pairing: who holds a node's token can be told from who does not. What a node may do on a
/// connection of its own is decided by its device (`DeviceStore`).
final class NodeStore: Sendable {
    private let clock: WallClock
    private let pairing: PairingStore<PairedNode, NodePairingRequest>

    /// The nodes kept in `database`. Throws `StorageError`.
    init(database: InstanceDatabase, clock: WallClock) throws(StorageError) {
        self.clock = clock
        pairing = try PairingStore(database: database, clock: clock)
    }

    /// The requests that stand, the newest first.
    var pending: [NodePairingRequest] { pairing.pending.reversed() }

    /// The nodes that were paired, those approved last first.
    var paired: [PairedNode] {
        pairing.read { paired in paired.sorted { $0.approvedAt > $1.approvedAt } }
    }

    /// The node `id`, when `token` is its own.
    func verify(_ id: String, token: Secret) -> PairedNode? {
        guard let node = pairing.read({ paired in paired.first { $0.nodeID == id } }),
            let known = Secret(node.tokenDigest), let shown = Secret(Self.digest(token)), known.matches(shown)
        else { return nil }
        return node
    }

    /// Keeps the request of a node. The same node asking again keeps its request, and its id.
    func request(
        _ nodeID: String, _ description: JSONObject, isSilent: Bool?
    ) async throws(StorageError) -> (request: NodePairingRequest, isNew: Bool) {
        try await pairing.request(
            NodePairingRequest(
                id: UUIDText.random(), nodeID: nodeID, description: description, isSilent: isSilent, isRepair: false,
                createdAt: clock.milliseconds))
    }

    /// Pairs the node of the request `id`, and gives it a token; one it had counts no more. Nil when there is no such
    /// request.
    func approve(_ id: String) async throws(StorageError) -> (node: PairedNode, token: Secret)? {
        try await pairing.commit { [clock] records -> (node: PairedNode, token: Secret)? in
            let time = clock.milliseconds
            guard let request = records.takeRequest(id, at: time) else { return nil }
            let token = Secret.random(byteCount: 16)
            let known = records.paired.firstIndex { $0.nodeID == request.nodeID }
            let node = PairedNode(
                nodeID: request.nodeID, description: request.description, tokenDigest: Self.digest(token),
                createdAt: known.map { records.paired[$0].createdAt } ?? time, approvedAt: time)
            if let known { records.paired[known] = node } else { records.paired.append(node) }
            return (node, token)
        }
    }

    /// Turns the node of the request `id` away, for now: it may ask again. Nil when there is no such request.
    func reject(_ id: String) async throws(StorageError) -> NodePairingRequest? {
        try await pairing.reject(id)
    }

    /// Calls the node `id` `name`. Returns whether there is one.
    func rename(_ id: String, to name: String) async throws(StorageError) -> Bool {
        try await pairing.update(where: { $0.nodeID == id }) { $0.description["displayName"] = .string(name) } != nil
    }

    private static func digest(_ token: Secret) -> String {
        Hex.text(SHA256.hash(data: Array(token.revealed().utf8)))
    }
}
