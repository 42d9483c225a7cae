import JSON
import Logging
import Synchronization

/// One client's connection, from the challenge to the end. Knows the protocol, not the socket.
///
/// Messages come in through `receive`, one at a time; answers and events go out through the transport.
public final class Connection: Sendable {
    private enum Phase {
        case handshake
        case established(Client)
        case closed
    }

    private struct State {
        var phase = Phase.handshake
        var sequence: Int64 = 0
    }

    /// The connection's id.
    public let id = UUIDText.random()
    private let gateway: Gateway
    private let origin: RequestOrigin
    private let transport: any ClientTransport
    private let nonce = UUIDText.random()
    private let state = Mutex(State())

    init(gateway: Gateway, origin: RequestOrigin, transport: any ClientTransport) {
        self.gateway = gateway
        self.origin = origin
        self.transport = transport
    }

    /// The largest message accepted now, in bytes.
    public var inboundLimit: Int {
        client == nil ? ProtocolLimits.inboundBytesBeforeHandshake : ProtocolLimits.inboundBytes
    }

    /// Whether the handshake is through.
    public var isEstablished: Bool { client != nil }

    var client: Client? {
        state.withLock { if case .established(let client) = $0.phase { client } else { nil } }
    }

    /// Sends the challenge: the first thing a client hears.
    func open() {
        let payload: JSON = ["nonce": .string(nonce), "ts": .integer(gateway.clock.milliseconds)]
        transport.send(
            Frame.event(EventFrame(event: GatewayEvent.challenge, payload: payload)).text, isDroppable: false)
    }

    /// Takes one text message.
    public func receive(_ text: UnsafeBufferPointer<UInt8>) {
        let phase = state.withLock { $0.phase }
        let json: JSON
        do {
            json = try JSON(parsing: text, limits: JSON.Limits(length: ProtocolLimits.inboundBytes))
        } catch {
            // RFC 6455 section 8.1 wants this code for text that is no UTF-8. Other text that is no JSON ends
            // a handshake, and is passed over later.
            if error.reason == .invalidUTF8 { return close(.invalidText) }
            if case .handshake = phase { close(.normal) }
            return
        }
        switch phase {
        case .handshake: shakeHands(json)
        case .established(let client): handle(json, from: client)
        case .closed: break
        }
    }

    /// Ends a connection whose handshake took too long.
    public func handshakeTimedOut() {
        guard case .handshake = state.withLock({ $0.phase }) else { return }
        close(.normal)
    }

    /// Ends the connection.
    public func close(_ reason: CloseReason) {
        state.withLock { $0.phase = .closed }
        gateway.remove(self)
        transport.close(reason)
    }

    /// Tells that the other end is gone.
    public func closed() {
        state.withLock { $0.phase = .closed }
        gateway.remove(self)
    }

    /// Sends `event`, numbered, to a client that may hear of it.
    func deliver(_ event: EventFrame, isDroppable: Bool) {
        state.withLock { state in
            guard case .established(let client) = state.phase, client.mayHear(event.event) else { return }
            state.sequence += 1
            var event = event
            event.sequence = state.sequence
            transport.send(Frame.event(event).text, isDroppable: isDroppable)
        }
    }

    // MARK: Handshake

    private func shakeHands(_ json: JSON) {
        let request: RequestFrame
        do {
            request = try RequestFrame(json)
        } catch {
            return close(.policy("invalid request frame"))
        }
        let handshake = Handshake(
            credentials: gateway.configuration.credentials, devices: gateway.devices, clock: gateway.clock,
            isLocal: origin.isLocal(trustedProxies: gateway.configuration.trustedProxies),
            remoteAddress: origin.peerAddress, nonce: nonce, announce: { [gateway] in gateway.broadcast($0) })
        do {
            establish(try handshake.admit(request), request: request)
        } catch {
            gateway.logger.notice(
                "handshake refused",
                metadata: ["connection": "\(id)", "peer": "\(origin.peerAddress)", "reason": "\(error.error.message)"])
            respond(to: request, with: .failure(error.error))
            close(error.close)
        }
    }

    private func establish(_ admission: Handshake.Admission, request: RequestFrame) {
        let client = Client(
            connectionID: id, role: admission.role, scopes: admission.scopes, id: admission.params.client.id,
            mode: admission.params.client.mode, deviceID: admission.params.device?.id)
        let hello = gateway.hello(for: admission, connectionID: id, hostName: origin.hostName)
        // The answer goes out before the phase changes: no event may overtake it.
        respond(to: request, with: .success(hello))
        let isOpen = state.withLock { state in
            guard case .handshake = state.phase else { return false }
            state.phase = .established(client)
            return true
        }
        guard isOpen else { return }
        gateway.logger.info(
            "client connected",
            metadata: [
                "connection": "\(id)", "client": "\(client.id.text)", "mode": "\(client.mode.rawValue)",
                "role": "\(client.role.rawValue)", "device": "\(client.deviceID ?? "none")",
            ])
    }

    // MARK: Requests

    private func handle(_ json: JSON, from client: Client) {
        let request: RequestFrame
        do {
            request = try RequestFrame(json)
        } catch {
            let id = json["id"]?.string.flatMap { $0.isEmpty ? nil : $0 } ?? "invalid"
            let fault = ProtocolError(.invalidRequest, "invalid request frame: \(error.message)")
            return send(ResponseFrame(id: id, result: .failure(fault)))
        }
        respond(to: request, with: gateway.answer(request, from: client))
    }

    private func respond(to request: RequestFrame, with result: Result<JSON?, ProtocolError>) {
        send(ResponseFrame(id: request.id, result: result))
    }

    private func send(_ response: ResponseFrame) {
        transport.send(Frame.response(response).text, isDroppable: false)
    }
}
