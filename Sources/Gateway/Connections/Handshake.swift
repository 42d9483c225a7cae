import Configuration
import GatewayProtocol
import JSON
import Text
import Time

/// Decides whether a client may come in: the checks on `connect`, in the order clients rely on.
struct Handshake: Sendable {
    /// Why not: what the answer says, and how the connection ends.
    struct Rejection: Error, Equatable {
        var error: ProtocolError
        var close: CloseReason

        init(_ error: ProtocolError, close: CloseReason? = nil) {
            self.error = error
            self.close = close ?? .policy(error.message)
        }
    }

    /// What was granted.
    struct Admission: Sendable {
        var params: ConnectParams
        var role: Role
        var scopes: [String]
        var deviceToken: PairedDevice.Token?
        /// What a page comes back by that showed a link.
        var page: SignIns.Page?
        /// Until when this counts; nil means as long as the connection lasts.
        var expiresAt: Timestamp?
    }

    /// What comes of a request that was not refused.
    enum Outcome: Sendable {
        case admitted(Admission)
        /// The device's pairing is still to be kept: what this returns is known when it is on disk.
        case pairing(@Sendable () async throws(Rejection) -> Admission)
    }

    let credentials: SharedSecret
    let devices: DeviceStore
    let signIns: SignIns
    let clock: WallClock
    /// Whether the client sits on this host.
    let isLocal: Bool
    let remoteAddress: String
    /// Counts wrong secrets.
    let attempts: AttemptLimiter
    /// Who is held responsible for them.
    let accountableAddress: String
    /// The challenge this connection was sent.
    let nonce: String
    /// Tells operators of pairing.
    let announce: @Sendable (GatewayEvent, JSON) -> Void

    /// The handshake on a connection from `origin`, which was sent `nonce`.
    init(
        _ access: AccessControl, origin: RequestOrigin, nonce: String,
        announce: @escaping @Sendable (GatewayEvent, JSON) -> Void
    ) {
        let configuration = access.configuration.value
        let rules = configuration.originRules
        credentials = configuration.credentials
        devices = access.devices
        signIns = access.signIns
        clock = access.clock
        isLocal = origin.isLocal(rules)
        remoteAddress = origin.clientAddress(rules)
        attempts = access.attempts
        accountableAddress = origin.accountableAddress(rules)
        self.nonce = nonce
        self.announce = announce
    }

    /// Checks `request`, without waiting for anything.
    func admit(_ request: RequestFrame) throws(Rejection) -> Outcome {
        guard request.method == "connect" else {
            throw Rejection(
                ProtocolError(.invalidRequest, "invalid handshake: first request must be connect"))
        }
        let params: ConnectParams
        do { params = try ConnectParams(request.params) } catch { throw Rejection(error) }
        guard (params.minProtocol...max(params.minProtocol, params.maxProtocol)).contains(ProtocolVersion.current)
        else {
            throw Rejection(
                ProtocolError(
                    .invalidRequest, "protocol mismatch",
                    details: ["expectedProtocol": .integer(ProtocolVersion.current)]),
                close: CloseReason(1002, "protocol mismatch"))
        }
        guard let role = Role(rawValue: params.role ?? Role.operator.rawValue) else {
            throw Self.invalid("invalid role")
        }
        // Nodes are asked, and ask for nothing: what an operator may do is not theirs.
        guard role == .operator || params.scopes.isEmpty else {
            throw Self.invalid("a node has no scopes; connect as an operator for \(params.scopes[0])")
        }
        // An operator who asks for nothing in particular is the owner.
        let scopes = params.scopes.isEmpty && role == .operator ? [Scope.admin.rawValue] : params.scopes
        guard let device = params.device else {
            try requireNoDevice(params)
            let (page, end) = try authorize(params, role: role, scopes: scopes)
            return .admitted(
                Admission(params: params, role: role, scopes: scopes, deviceToken: nil, page: page, expiresAt: end))
        }
        let key = try verify(device, of: params, role: role)
        _ = try authorize(params, role: role, scopes: scopes)
        if let token = devices.knownToken(device: device.id, publicKey: key.text, role: role, scopes: scopes) {
            return .admitted(Admission(params: params, role: role, scopes: scopes, deviceToken: token))
        }
        return .pairing { () async throws(Rejection) in
            let token = try await pair(device, key: key, params: params, role: role, scopes: scopes)
            return Admission(params: params, role: role, scopes: scopes, deviceToken: token)
        }
    }

    // MARK: Identity

    private func requireNoDevice(_ params: ConnectParams) throws(Rejection) {
        guard !params.client.id.isControlUI else {
            throw Self.invalid("control ui requires HTTPS or localhost (secure context)")
        }
        // A password alone is not enough: it is the one secret people share with each other.
        guard params.auth.token != nil else {
            throw Rejection(ProtocolError(.notPaired, "device identity required"))
        }
    }

    private func verify(_ device: ConnectParams.Device, of params: ConnectParams, role: Role) throws(Rejection)
        -> DeviceKey
    {
        guard let key = DeviceKey(device.publicKey), key.deviceID == device.id else {
            throw Self.invalid("device identity mismatch")
        }
        let (age, overflow) = clock.milliseconds.subtractingReportingOverflow(device.signedAt)
        guard !overflow, age.magnitude <= ProtocolLimits.signatureAge.magnitude else {
            throw Self.invalid("device signature expired")
        }
        if let signed = device.nonce {
            guard signed == nonce else { throw Self.invalid("device nonce mismatch") }
        } else if !isLocal {
            throw Self.invalid("device nonce required")
        }
        guard key.isUsable else { throw Self.invalid("device public key invalid") }
        let payload = DevicePayload(
            deviceID: device.id, clientID: params.client.id.text, clientMode: params.client.mode.rawValue,
            role: role.rawValue, scopes: params.scopes, signedAt: device.signedAt, token: params.auth.token,
            nonce: device.nonce, platform: params.client.platform, deviceFamily: params.client.deviceFamily ?? "")
        guard payload.accepted.contains(where: { key.verifies(device.signature, over: $0) }) else {
            throw Self.invalid("device signature invalid")
        }
        return key
    }

    // MARK: Authorization

    /// The secret is compared first: only who fails is counted, so that nobody's guesses lock anybody else out. Returns what
    /// a page comes back by that showed a link, and until when a page may stay.
    private func authorize(
        _ params: ConnectParams, role: Role, scopes: [String]
    ) throws(Rejection) -> (page: SignIns.Page?, end: Timestamp?) {
        switch credentials.mode {
        case .token where credentials.accept(params.auth.token): return (nil, nil)
        case .password where credentials.accept(params.auth.password): return (nil, nil)
        case .token, .password: break
        }
        if let token = params.auth.token {
            if let device = params.device {
                if devices.accepts(token, device: device.id, role: role, scopes: scopes) {
                    return (nil, nil)
                }
            } else if role == .operator, scopes.allSatisfy(SignIns.scopes.contains) {
                switch signIns.take(token) {
                case .link(let page): return (page, page.expiresAt)
                case .page(let end): return (nil, end)
                case .usedLink: throw Self.invalid("unauthorized: this link has signed a page in before")
                case .expired: throw Self.invalid("unauthorized: the time of this sign-in is over")
                case .unknown: break
                }
            }
        }
        // Whoever shows nothing guesses nothing. A device that was let in answers for itself.
        let known = params.device.flatMap { devices.paired($0.id) }
        if params.auth.token != nil || params.auth.password != nil,
            let delay = attempts.failed(known.map { "device \($0.id)" } ?? accountableAddress)
        {
            throw Rejection(
                ProtocolError(
                    .invalidRequest, "unauthorized: too many failed authentication attempts (retry later)",
                    isRetryable: true, retryAfter: delay))
        }
        throw Self.invalid("unauthorized: \(unauthorizedReason(params))")
    }

    private func unauthorizedReason(_ params: ConnectParams) -> String {
        let kind = credentials.mode.rawValue
        guard credentials.isConfigured else {
            return "gateway \(kind) not configured on gateway (set gateway.auth.\(kind))"
        }
        let given = credentials.mode == .token ? params.auth.token : params.auth.password
        let hint =
            if params.client.mode == .cli {
                "set gateway.remote.\(kind) to match gateway.auth.\(kind)"
            } else if params.client.id.isWebPage {
                credentials.mode == .token
                    ? "open a tokenized dashboard URL or paste token in Control UI settings"
                    : "enter the password in Control UI settings"
            } else {
                "provide gateway auth \(kind)"
            }
        return "gateway \(kind) \(given == nil ? "missing" : "mismatch") (\(hint))"
    }

    // MARK: Pairing

    private func pair(
        _ device: ConnectParams.Device, key: DeviceKey, params: ConnectParams, role: Role, scopes: [String]
    ) async throws(Rejection) -> PairedDevice.Token? {
        do {
            if !devices.isPaired(id: device.id, publicKey: key.text, role: role, scopes: scopes) {
                let (request, isNew) = try await devices.request(
                    PairingRequest(
                        id: UUIDText.random(), deviceID: device.id, publicKey: key.text,
                        displayName: params.client.displayName, platform: params.client.platform,
                        clientID: params.client.id.text, clientMode: params.client.mode.rawValue, role: role,
                        scopes: scopes, remoteAddress: remoteAddress, createdAt: clock.milliseconds))
                guard isLocal else {
                    if isNew { announce(.pairRequested, request.json) }
                    throw Rejection(
                        ProtocolError(.notPaired, "pairing required", details: ["requestId": .string(request.id)]))
                }
                try await devices.approve(request)
                announce(
                    .pairResolved,
                    [
                        "requestId": .string(request.id), "deviceId": .string(device.id), "decision": "approved",
                        "ts": .integer(clock.milliseconds),
                    ])
            }
            return try await devices.token(device: device.id, role: role, scopes: scopes)
        } catch let rejection as Rejection {
            throw rejection
        } catch {
            throw Rejection(
                ProtocolError(.unavailable, "pairing cannot be kept: \(error)"),
                close: CloseReason(1011, "pairing failed"))
        }
    }

    private static func invalid(_ message: String) -> Rejection {
        Rejection(ProtocolError(.invalidRequest, message))
    }
}
