import GatewayServer
import JSON
import Testing

@testable import Gateway
@testable import Time

/// What carries a conversation: the same one is held with and without a socket.
enum Carrier: String, CaseIterable, Sendable {
    case direct, socket
}

/// The way in to a running gateway.
struct Door {
    let gateway: Gateway
    fileprivate let instance: TestInstance
    fileprivate let carrier: Carrier

    /// An address of a proxied client.
    static let remoteAddress = "203.0.113.7"

    /// A new client, before its handshake. A remote one comes through a proxy.
    func client(isRemote: Bool = false) async throws -> any ProtocolClient {
        switch carrier {
        case .direct:
            let origin = RequestOrigin(
                peerAddress: "127.0.0.1", host: "127.0.0.1:\(instance.port)",
                forwardedFor: isRemote ? [Self.remoteAddress] : [])
            return DirectClient(gateway: gateway, origin: origin)
        case .socket:
            let headers = isRemote ? ["X-Forwarded-For: \(Self.remoteAddress)"] : []
            return try await WebSocketClient(port: instance.port, headers: headers)
        }
    }

    /// A client past its handshake, with the shared token.
    func connected(scopes: [String]? = nil, role: String? = nil) async throws -> any ProtocolClient {
        let client = try await client()
        try await client.enter(ConnectRequest(role: role, scopes: scopes))
        return client
    }

    /// A client past its handshake, on a device of its own.
    func connected(
        _ device: TestDevice, scopes: [String] = [], role: String = "operator", isRemote: Bool = false,
        change: (inout ConnectRequest) -> Void = { _ in }
    ) async throws -> any ProtocolClient {
        let (client, answer) = try await attempt(
            device, scopes: scopes, role: role, isRemote: isRemote, change: change)
        try #require(answer?["ok"] == true, "\(answer?.text() ?? "closed")")
        return client
    }

    /// A handshake of a device, and the answer to it.
    func attempt(
        _ device: TestDevice, scopes: [String] = [], role: String = "operator", isRemote: Bool = false,
        change: (inout ConnectRequest) -> Void = { _ in }
    ) async throws -> (client: any ProtocolClient, answer: JSON?) {
        let client = try await client(isRemote: isRemote)
        let nonce = try await client.nonce()
        var request = ConnectRequest(clientID: device.clientID, mode: device.clientMode, role: role, scopes: scopes)
        change(&request)
        request.device = try device.proof(
            nonce: nonce, signedAt: gateway.services.clock.milliseconds, token: request.token, scopes: scopes,
            role: role)
        try client.send(request.json)
        return (client, try await client.frame())
    }
}

extension ProtocolClient {
    /// Shakes hands.
    func enter(_ request: ConnectRequest) async throws {
        _ = try await nonce()
        try send(request.json)
        let answer = try await frame()
        try #require(answer?["ok"] == true, "\(answer?.text() ?? "closed")")
    }

    /// The payload of the next event called `name`, passing over everything else; nil when the connection ends.
    func event(_ name: String) async throws -> JSON? {
        while let frame = passedOver.take() {
            if frame["event"]?.string == name { return frame["payload"] }
        }
        while let frame = try await frame() {
            if frame["event"]?.string == name { return frame["payload"] }
        }
        return nil
    }
}

extension TestInstance {
    /// Runs a gateway on this instance while `body` uses it.
    func open(
        _ carrier: Carrier, methods: MethodTable? = nil, agents: AgentDirectory? = nil,
        confinement: any Confinement = Unconfined(), clock: WallClock = .system,
        limits: ServerLimits = ServerLimits(), _ body: (Door) async throws -> Void
    ) async throws {
        switch carrier {
        case .direct:
            let gateway = try gateway(methods: methods, agents: agents, confinement: confinement, clock: clock)
            try await body(Door(gateway: gateway, instance: self, carrier: carrier))
            gateway.shutDown()
            await gateway.drain()
        case .socket:
            let gateway = try gateway(methods: methods, agents: agents, confinement: confinement, clock: clock)
            try await serve(gateway, limits: limits) { _ in
                try await body(Door(gateway: gateway, instance: self, carrier: carrier))
            }
        }
    }
}
