import Files
import GatewayProtocol
import Policy
import Storage
import Text
import Time

/// The devices of one instance: those let in, with their tokens, and those that ask. On disk before anybody hears of it.
///
/// Looking something up never waits for the disk.
final class DeviceStore: Sendable {
    private let clock: WallClock
    private let pairing: PairingStore<PairedDevice, PairingRequest>

    /// The devices kept in `database`, with those an earlier version kept in files beside it. Throws `StorageError`,
    /// also when one of those is damaged: starting empty would let every device pair anew.
    init(database: InstanceDatabase, clock: WallClock = .system) throws(StorageError) {
        self.clock = clock
        try DeviceFiles(stateDirectory: database.path.parent).moveInto(database)
        pairing = try PairingStore(database: database, clock: clock)
    }

    /// Whether the device `id` was let in with this very key, as `role` with all of `scopes`.
    func isPaired(id: String, publicKey: String, role: Role, scopes: [String]) -> Bool {
        pairing.read { paired in
            paired.contains { $0.id == id && $0.publicKey == publicKey && $0.allows(role, scopes: scopes) }
        }
    }

    /// Whether `token` was given to the device `id` for `role`, and covers `scopes`.
    func accepts(_ token: Secret, device id: String, role: Role, scopes: [String]) -> Bool {
        guard let device = paired(id) else { return false }
        return device.tokens.contains { known in
            known.role == role && scopes.allSatisfy(known.scopes.contains) && known.secret.matches(token)
        }
    }

    /// Keeps a request to be let in. The same device asking again keeps its request, and its id.
    func request(_ request: PairingRequest) async throws(StorageError) -> (request: PairingRequest, isNew: Bool) {
        try await pairing.request(request)
    }

    /// Lets the device of `request` in, in its role and with its scopes.
    func approve(_ request: PairingRequest) async throws(StorageError) {
        try await pairing.commit { [clock] records in
            let known = records.paired.firstIndex { $0.id == request.deviceID && $0.publicKey == request.publicKey }
            var device = known.map { records.paired[$0] } ?? PairedDevice(request)
            device.displayName = request.displayName
            device.platform = request.platform
            device.clientID = request.clientID
            device.clientMode = request.clientMode
            device.approvedAt = clock.milliseconds
            device.grant(request.role, scopes: request.scopes)
            if let known { records.paired[known] = device } else { records.paired.append(device) }
            // What it asked beyond that still waits for a decision.
            records.pending.removeAll {
                $0.deviceID == request.deviceID && device.allows($0.role, scopes: $0.scopes)
            }
        }
    }

    /// The token of the paired device `id` for `role`: the one it has, or a new one when that does not cover
    /// `scopes`. Nil when the device is not paired.
    func token(device id: String, role: Role, scopes: [String]) async throws(StorageError) -> PairedDevice.Token? {
        try await pairing.commit { [clock] records in
            guard let index = records.paired.firstIndex(where: { $0.id == id }) else { return nil }
            return records.paired[index].token(for: role, covering: scopes)
                ?? records.paired[index].renewToken(for: role, scopes: scopes, at: clock.milliseconds)
        }
    }

    /// The token the device `id`, let in with this very key, has for `role`, when it covers `scopes`.
    func knownToken(device id: String, publicKey: String, role: Role, scopes: [String]) -> PairedDevice.Token? {
        pairing.read { paired in
            let device = paired.first {
                $0.id == id && $0.publicKey == publicKey && $0.allows(role, scopes: scopes)
            }
            return device?.token(for: role, covering: scopes)
        }
    }

    // MARK: The owner's decisions

    /// The requests that stand, oldest first.
    var pending: [PairingRequest] { pairing.pending }

    /// The devices let in, in the order they first were.
    var paired: [PairedDevice] { pairing.read { Array($0) } }

    /// The device `id`, if it was let in.
    func paired(_ id: String) -> PairedDevice? {
        pairing.read { paired in paired.first { $0.id == id } }
    }

    /// Turns the device of the request `id` away, for now: it may ask again. Nil when there is no such request.
    func reject(_ id: String) async throws(StorageError) -> PairingRequest? {
        try await pairing.reject(id)
    }

    /// A new token of the paired device `id` for `role`; the one it had opens nothing any more. Nil when the
    /// device is not paired, or not as `role`.
    func rotate(device id: String, role: Role, scopes: [String]) async throws(StorageError) -> PairedDevice.Token? {
        try await pairing.update(where: { $0.id == id && $0.roles.contains(role) }) { [clock] device in
            device.renewToken(for: role, scopes: scopes, at: clock.milliseconds)
        }
    }

    /// Gives the device `id`, let in as `role`, another name. Returns whether there is such a device.
    func rename(_ id: String, as role: Role, to name: String) async throws(StorageError) -> Bool {
        try await pairing.update(where: { $0.id == id && $0.roles.contains(role) }) { $0.displayName = name } != nil
    }

    /// Takes the token of the device `id` for `role` away. Returns whether it had one.
    func revoke(device id: String, role: Role) async throws(StorageError) -> Bool {
        try await pairing.update(where: { device in
            device.id == id && device.tokens.contains { $0.role == role }
        }) { device in device.tokens.removeAll { $0.role == role } } != nil
    }
}
