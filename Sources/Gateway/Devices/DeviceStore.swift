public import Files
import GatewayProtocol
import Policy
public import Storage
import Text
public import Time

/// The devices of one instance: those let in, and those that ask. Kept in the database, and on disk before anybody
/// hears of it.
///
/// Looking something up never waits for the disk.
public final class DeviceStore: Sendable {
    private struct State: Sendable {
        var paired: [PairedDevice]
        var pending: [PairingRequest]
    }

    private let database: InstanceDatabase
    private let clock: WallClock
    private let state: CommittedState<State>

    /// The most requests that may wait; strangers must not fill the disk.
    private static let pendingLimit = 64

    /// The devices kept in `database`, with those an earlier version kept in files beside it. Throws `StorageError`,
    /// also when one of those is damaged: starting empty would let every device pair anew.
    public init(database: InstanceDatabase, clock: WallClock = .system) throws(StorageError) {
        self.database = database
        self.clock = clock
        try DeviceFiles(stateDirectory: database.path.parent).moveInto(database)
        let (paired, pending) = try database.readNow { transaction in
            try (transaction.devices.paired(), transaction.devices.pending())
        }
        state = CommittedState(State(paired: paired, pending: pending), label: "devices")
    }

    /// Whether the device `id` was let in with this very key, as `role` with all of `scopes`.
    func isPaired(id: String, publicKey: String, role: Role, scopes: [String]) -> Bool {
        state.read { state in
            state.paired.contains { $0.id == id && $0.publicKey == publicKey && $0.allows(role, scopes: scopes) }
        }
    }

    /// Whether `token` was given to the device `id` for `role`, and covers `scopes`.
    func accepts(_ token: Secret, device id: String, role: Role, scopes: [String]) -> Bool {
        state.read { state in
            guard let device = state.paired.first(where: { $0.id == id }) else { return false }
            return device.tokens.contains { known in
                known.role == role && scopes.allSatisfy(known.scopes.contains) && known.secret.matches(token)
            }
        }
    }

    /// Keeps a request to be let in. The same device asking again keeps its request, and its id.
    func request(_ request: PairingRequest) async throws(StorageError) -> (request: PairingRequest, isNew: Bool) {
        try await state.commit { [self] (state) throws(StorageError) in
            state.pending.removeAll(where: isTooOld)
            if let known = state.pending.first(where: {
                $0.deviceID == request.deviceID && $0.role == request.role && $0.scopes == request.scopes
            }) {
                return (known, false)
            }
            if state.pending.count >= Self.pendingLimit { state.pending.removeFirst() }
            var request = request
            request.isRepair = state.paired.contains { $0.id == request.deviceID }
            state.pending.append(request)
            try keep(state)
            return (request, true)
        }
    }

    /// Lets the device of `request` in, in its role and with its scopes.
    func approve(_ request: PairingRequest) async throws(StorageError) {
        try await state.commit { [self] (state) throws(StorageError) in
            let known = state.paired.firstIndex { $0.id == request.deviceID && $0.publicKey == request.publicKey }
            var device = known.map { state.paired[$0] } ?? PairedDevice(request)
            device.displayName = request.displayName
            device.platform = request.platform
            device.clientID = request.clientID
            device.clientMode = request.clientMode
            device.approvedAt = clock.milliseconds
            device.grant(request.role, scopes: request.scopes)
            if let known { state.paired[known] = device } else { state.paired.append(device) }
            // What it asked beyond that still waits for a decision.
            state.pending.removeAll {
                $0.deviceID == request.deviceID && device.allows($0.role, scopes: $0.scopes)
            }
            try keep(state)
        }
    }

    /// The token of the paired device `id` for `role`: the one it has, or a new one when that does not cover
    /// `scopes`. Nil when the device is not paired.
    func token(device id: String, role: Role, scopes: [String]) async throws(StorageError) -> PairedDevice.Token? {
        try await state.commit { [self] (state) throws(StorageError) in
            guard let index = state.paired.firstIndex(where: { $0.id == id }) else { return nil }
            let tokens = state.paired[index].tokens
            if let token = tokens.first(where: { $0.role == role && scopes.allSatisfy($0.scopes.contains) }) {
                return token
            }
            let token = PairedDevice.Token(
                secret: .random(byteCount: 16), role: role, scopes: scopes, issuedAt: clock.milliseconds)
            state.paired[index].tokens = tokens.filter { $0.role != role } + [token]
            try keep(state)
            return token
        }
    }

    /// The token the device `id`, let in with this very key, has for `role`, when it covers `scopes`.
    func knownToken(device id: String, publicKey: String, role: Role, scopes: [String]) -> PairedDevice.Token? {
        state.read { state in
            let device = state.paired.first {
                $0.id == id && $0.publicKey == publicKey && $0.allows(role, scopes: scopes)
            }
            return device?.tokens.first { $0.role == role && scopes.allSatisfy($0.scopes.contains) }
        }
    }

    // MARK: The owner's decisions

    /// The requests that stand, oldest first.
    var pending: [PairingRequest] {
        state.read { state in state.pending.filter { !isTooOld($0) } }
    }

    /// The devices let in, in the order they first were.
    var paired: [PairedDevice] {
        state.read(\.paired)
    }

    /// The device `id`, if it was let in.
    func paired(_ id: String) -> PairedDevice? {
        state.read { state in state.paired.first { $0.id == id } }
    }

    /// Turns the device of the request `id` away, for now: it may ask again. Nil when there is no such request.
    func reject(_ id: String) async throws(StorageError) -> PairingRequest? {
        try await state.commit { [self] (state) throws(StorageError) in
            guard let index = state.pending.firstIndex(where: { $0.id == id && !isTooOld($0) }) else { return nil }
            let request = state.pending.remove(at: index)
            try keep(state)
            return request
        }
    }

    /// A new token of the paired device `id` for `role`; the one it had opens nothing any more. Nil when the
    /// device is not paired, or not as `role`.
    func rotate(device id: String, role: Role, scopes: [String]) async throws(StorageError) -> PairedDevice.Token? {
        try await state.commit { [self] (state) throws(StorageError) in
            guard let index = state.paired.firstIndex(where: { $0.id == id && $0.roles.contains(role) }) else {
                return nil
            }
            let token = PairedDevice.Token(
                secret: .random(byteCount: 16), role: role, scopes: scopes, issuedAt: clock.milliseconds)
            state.paired[index].tokens = state.paired[index].tokens.filter { $0.role != role } + [token]
            try keep(state)
            return token
        }
    }

    /// Gives the device `id`, let in as `role`, another name. Returns whether there is such a device.
    func rename(_ id: String, as role: Role, to name: String) async throws(StorageError) -> Bool {
        try await state.commit { [self] (state) throws(StorageError) in
            guard let index = state.paired.firstIndex(where: { $0.id == id && $0.roles.contains(role) }) else {
                return false
            }
            state.paired[index].displayName = name
            try keep(state)
            return true
        }
    }

    /// Takes the token of the device `id` for `role` away. Returns whether it had one.
    func revoke(device id: String, role: Role) async throws(StorageError) -> Bool {
        try await state.commit { [self] (state) throws(StorageError) in
            guard
                let index = state.paired.firstIndex(where: { device in
                    device.id == id && device.tokens.contains { $0.role == role }
                })
            else { return false }
            state.paired[index].tokens.removeAll { $0.role == role }
            try keep(state)
            return true
        }
    }

    private func isTooOld(_ request: PairingRequest) -> Bool {
        request.createdAt < clock.milliseconds - PairingRequest.lifetime
    }

    private func keep(_ state: State) throws(StorageError) {
        try database.writeNow { transaction in
            try transaction.devices.keep(paired: state.paired, pending: state.pending)
        }
    }
}
