import Configuration
public import GatewayProtocol
import JSON
import Logging
import Synchronization
import Text
import Time

/// One client's connection, from the challenge to the end. Knows the protocol, not the socket.
///
/// Messages come in through `receive`, one at a time; answers and events go out through the transport.
public final class Connection: Sendable {
    private enum Phase {
        case handshake
        /// The device's pairing is being kept.
        case pairing
        case established(Client)
        case closed
    }

    private struct State {
        var phase = Phase.handshake
        var sequence: Int64 = 0
        /// Requests that wait in a task, and how long they were, in bytes.
        var waiting = 0
        var waitingBytes = 0
        /// Messages that came while a pairing was being kept, which are acted on after it; nil at other times.
        var early: [(json: JSON, size: Int)]?

        /// The next of them; nil after the last, from when on messages are acted on as they come.
        mutating func nextEarly() -> (json: JSON, size: Int)? {
            guard early?.isEmpty == false else {
                early = nil
                return nil
            }
            return early?.removeFirst()
        }
    }

    /// The connection's id.
    public let id = UUIDText.random()
    private let services: ConnectionServices
    private let origin: RequestOrigin
    private let transport: any ClientTransport
    private let nonce = UUIDText.random()
    private let state = Mutex(State())

    init(_ services: ConnectionServices, origin: RequestOrigin, transport: any ClientTransport) {
        self.services = services
        self.origin = origin
        self.transport = transport
    }

    /// The largest message accepted now, in bytes.
    public var inboundLimit: Int {
        isEstablished ? ProtocolLimits.inboundBytes : ProtocolLimits.inboundBytesBeforeHandshake
    }

    /// Whether the handshake is through.
    public var isEstablished: Bool {
        state.withLock { if case .established = $0.phase { true } else { false } }
    }

    var client: Client? {
        state.withLock { if case .established(let client) = $0.phase { client } else { nil } }
    }

    /// Sends the challenge: the first thing a client hears.
    func open() {
        let payload: JSON = ["nonce": .string(nonce), "ts": .integer(services.clock.milliseconds)]
        transport.send(Frame.event(GatewayEvent.challenge.frame(payload)).text, isDroppable: false)
    }

    /// Takes one text message.
    public func receive(_ text: UnsafeBufferPointer<UInt8>) {
        let phase = state.withLock { $0.phase }
        let json: JSON
        do throws(JSONError) {
            let limits = if case .established = phase { ProtocolLimits.message } else { ProtocolLimits.firstMessage }
            json = try JSON(parsing: text, limits: limits)
        } catch {
            if case .tooManyValues = error.reason {
                services.requests.limits.add("values of a message", "closed")
                return close(CloseReason(1009, "message of \(error.description)"))
            }
            // RFC 6455 section 8.1 wants this code for text that is no UTF-8, wherever the reader stopped. Other text
            // that is no JSON ends a handshake, and is passed over later.
            if String(validating: text, as: UTF8.self) == nil { return close(.invalidText) }
            switch phase {
            case .handshake, .pairing: close(.normal)
            case .established, .closed: break
            }
            return
        }
        let isEarly = state.withLock { state in
            guard state.early != nil else { return false }
            state.early?.append((json, text.count))
            return true
        }
        guard isEarly else { return take(json, size: text.count) }
        if state.withLock({ $0.early?.count ?? 0 }) > Self.earlyLimit {
            close(.policy("wait for the answer to connect"))
        }
    }

    /// How many messages may come before a client that pairs was answered.
    private static let earlyLimit = 16

    private func take(_ json: JSON, size: Int) {
        switch state.withLock({ $0.phase }) {
        case .handshake: shakeHands(json)
        case .established(let client): handle(json, size: size, from: client)
        case .pairing, .closed: break
        }
    }

    /// Ends a connection whose handshake took too long.
    public func handshakeTimedOut() {
        switch state.withLock({ $0.phase }) {
        case .handshake, .pairing: close(.normal)
        case .established, .closed: break
        }
    }

    /// Ends the connection.
    public func close(_ reason: CloseReason) {
        closed()
        transport.close(reason)
    }

    /// Tells that the other end is gone.
    public func closed() {
        let client = state.withLock { state in
            defer { state.phase = .closed }
            return if case .established(let client) = state.phase { client } else { nil as Client? }
        }
        services.clients.remove(self)
        if let client { left(client) }
    }

    /// Tells that `client` is not connected any more.
    private func left(_ client: Client) {
        services.observer.left(client, self)
        guard let key = client.presenceKey else { return }
        services.shared.presence.leave(key, at: services.clock.milliseconds)
        services.shared.announcePresence()
    }

    /// Sends `event` as `text`, numbered, to a client that may hear of it.
    func deliver(_ event: GatewayEvent, _ text: EventFrame.Text, isDroppable: Bool) {
        state.withLock { state in
            guard case .established(let client) = state.phase, client.mayHear(event) else { return }
            state.sequence += 1
            transport.send(text.numbered(state.sequence), isDroppable: isDroppable)
        }
    }

    /// Sends `event` to this client alone, without a number.
    func tell(_ event: GatewayEvent, _ payload: JSON) {
        transport.send(Frame.event(event.frame(payload)).text, isDroppable: false)
    }

    // MARK: Handshake

    private func shakeHands(_ json: JSON) {
        let request: RequestFrame
        do {
            request = try RequestFrame(json)
        } catch {
            return close(.policy("invalid request frame"))
        }
        let handshake = Handshake(services.access, origin: origin, nonce: nonce) { [services] in
            services.clients.broadcast($0, $1)
        }
        let address = handshake.isLocal ? nil : handshake.remoteAddress
        do {
            switch try handshake.admit(request) {
            case .admitted(let admission): establish(admission, request: request, address: address)
            case .pairing(let pair): wait(for: pair, request: request, address: address)
            }
        } catch {
            refuse(error, request)
        }
    }

    /// Lets the client in when `pair` has its pairing on disk, and then acts on what it sent meanwhile.
    private func wait(
        for pair: @escaping @Sendable () async throws(Handshake.Rejection) -> Handshake.Admission,
        request: RequestFrame, address: String?
    ) {
        state.withLock { state in
            state.phase = .pairing
            state.early = []
        }
        services.tasks.start { [self] in
            do throws(Handshake.Rejection) {
                establish(try await pair(), request: request, address: address)
            } catch {
                refuse(error, request)
            }
            while let message = state.withLock({ $0.nextEarly() }) { take(message.json, size: message.size) }
        }
    }

    private func refuse(_ rejection: Handshake.Rejection, _ request: RequestFrame) {
        services.logger.notice(
            "handshake refused",
            metadata: [
                "connection": "\(id)", "peer": "\(origin.peerAddress)", "reason": "\(rejection.error.message)",
            ])
        services.access.noteRefusal(of: "connect", rejection.error.message, from: origin)
        respond(to: request.id, with: .failure(rejection.error))
        close(rejection.close)
    }

    private func establish(_ admission: Handshake.Admission, request: RequestFrame, address: String?) {
        let client = Client(admission, connectionID: id)
        if let key = client.presenceKey {
            let entry = PresenceEntry.client(
                admission.params, client, address: address, at: services.clock.milliseconds)
            services.shared.presence.enter(key, entry)
        }
        let hello = services.greeting(admission, id, origin.hostName)
        // The answer goes out before the phase changes: no event may overtake it.
        respond(to: request.id, with: .success(hello))
        let isOpen = state.withLock { state in
            switch state.phase {
            case .handshake, .pairing:
                state.phase = .established(client)
                return true
            case .established, .closed: return false
            }
        }
        guard isOpen else { return left(client) }
        services.observer.entered(
            client, admission.params, on: self, from: address, at: services.clock.milliseconds)
        if client.presenceKey != nil { services.shared.announcePresence() }
        services.logger.info(
            "client connected",
            metadata: [
                "connection": "\(id)", "client": "\(client.id.text)", "mode": "\(client.mode.rawValue)",
                "role": "\(client.role.rawValue)", "device": "\(client.deviceID ?? "none")",
            ])
    }

    // MARK: Requests

    private func handle(_ json: JSON, size: Int, from client: Client) {
        let request: RequestFrame
        do {
            request = try RequestFrame(json)
        } catch {
            let given = json["id"]?.string
            let id =
                given.flatMap { (1...ProtocolLimits.nameCharacters).contains($0.utf8.count) ? $0 : nil } ?? "invalid"
            let fault = ProtocolError(.invalidRequest, "invalid request frame: \(error.message)")
            return respond(to: id, with: .failure(fault))
        }
        guard request.method != "connect" else {
            let fault = ProtocolError(.invalidRequest, "connect is only valid as the first request")
            return respond(to: request.id, with: .failure(fault))
        }
        let method = services.requests.methods.named(request.method)
        if let refusal = client.refusal(of: request.method, method) {
            services.requests.tally.add(method?.name ?? "unknown", refusal.code.rawValue)
            return respond(to: request.id, with: .failure(refusal))
        }
        guard let method else {
            services.requests.tally.add("unknown", ErrorCode.invalidRequest.rawValue)
            let fault = ProtocolError(.invalidRequest, "unknown method: \(request.method)")
            return respond(to: request.id, with: .failure(fault))
        }
        serve(
            method, MethodCall(client: client, connection: self, id: request.id), request.params, size
        )
    }

    private func serve(_ method: Method, _ call: MethodCall, _ params: JSON?, _ size: Int) {
        // Many clients write null for what they leave out.
        let params = params.flatMap { $0 == .null ? nil : $0 } ?? [:]
        switch method.body {
        case .immediate(let body):
            respond(to: call, of: method, with: Result { try body(call, params) })
        case .awaiting(let begin):
            guard admit(size) else {
                services.requests.limits.add("waiting requests", "refused")
                services.requests.tally.add(method.name, ErrorCode.unavailable.rawValue)
                let fault = ProtocolError(
                    .unavailable, "too many requests at once; wait for an answer", isRetryable: true)
                return respond(to: call.id, with: .failure(fault))
            }
            let waiting: Method.Waiting
            do {
                waiting = try begin(call, params)
            } catch {
                dismiss(size)
                return respond(to: call, of: method, with: .failure(error))
            }
            services.tasks.start { [self] in
                let result: Result<JSON?, any Error>
                do { result = .success(try await waiting()) } catch { result = .failure(error) }
                respond(to: call, of: method, with: result)
                dismiss(size)
            }
        }
    }

    /// Counts a request of `size` bytes that will wait, unless too many do.
    private func admit(_ size: Int) -> Bool {
        guard services.requests.waitingBytes.take(size) else { return false }
        let isAdmitted = state.withLock { state in
            guard state.waiting < ProtocolLimits.waitingRequests,
                state.waiting == 0 || state.waitingBytes + size <= ProtocolLimits.waitingRequestBytes
            else { return false }
            state.waiting += 1
            state.waitingBytes += size
            return true
        }
        if !isAdmitted { services.requests.waitingBytes.giveBack(size) }
        return isAdmitted
    }

    /// A request of `size` bytes was answered.
    private func dismiss(_ size: Int) {
        state.withLock { state in
            state.waiting -= 1
            state.waitingBytes -= size
        }
        services.requests.waitingBytes.giveBack(size)
    }

    private func respond(to call: MethodCall, of method: Method, with result: Result<JSON?, any Error>) {
        switch result {
        case .success: services.requests.tally.add(method.name, "ok")
        case .failure(let error):
            services.requests.tally.add(method.name, ((error as? ProtocolError)?.code ?? .unavailable).rawValue)
        }
        switch result {
        case .success(let payload):
            assert(
                method.answer.faults(in: payload ?? .null).isEmpty,
                "\(method.name): \(method.answer.faults(in: payload ?? .null).text)")
            respond(to: call.id, with: .success(payload))
        case .failure(let error as ProtocolError): respond(to: call.id, with: .failure(error))
        case .failure(is CancellationError):
            respond(to: call.id, with: .failure(ProtocolError(.unavailable, "the gateway is stopping")))
        case .failure(let error):
            services.logger.error(
                "request failed",
                metadata: ["connection": "\(id)", "method": "\(method.name)", "error": "\(error)"])
            respond(to: call.id, with: .failure(ProtocolError(.unavailable, "\(error)")))
        }
    }

    /// Answers the request `id`. One request may be answered more than once.
    func respond(to id: String, with result: Result<JSON?, ProtocolError>) {
        transport.send(Frame.response(ResponseFrame(id: id, result: result)).text, isDroppable: false)
    }
}
