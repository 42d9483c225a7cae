import GatewayProtocol
import JSON

/// An event this gateway sends: its name, who may hear of it, and what it carries.
struct GatewayEvent: Sendable {
    let name: String
    /// The scope of those who hear of it; nil means everybody.
    let scope: Scope?
    /// When it is sent: one sentence.
    let text: String
    /// What it carries.
    let payload: Shape<JSON>

    init(_ name: String, for scope: Scope? = nil, _ text: String, _ payload: Shape<JSON>) {
        self.name = name
        self.scope = scope
        self.text = text
        self.payload = payload
    }

    static let challenge = GatewayEvent(
        "connect.challenge", "The first thing a client hears, before `connect`. Without `seq`.",
        .object(
            Field(required: "nonce", .string, "What a device signs with its request."),
            Field(required: "ts", .integer, "The gateway's time, in milliseconds since 1970.")))

    static let tick = GatewayEvent(
        "tick", "Sent every 30 seconds: the gateway lives. Left out for a client that is slow.",
        .object(Field(required: "ts", .integer, "The gateway's time, in milliseconds since 1970.")))

    static let shutdown = GatewayEvent(
        "shutdown", "The gateway ends. The connection is closed with 1012 right after.",
        .object(
            Field(required: "reason", .string, "Why, for people."),
            Field("restartExpectedMs", .integer(0...), "When to expect it back, if it restarts.")))

    static let presence = GatewayEvent(
        "presence", "Somebody came or went. Carries `stateVersion`. Left out for a client that is slow.",
        .object(Field(required: "presence", .list(of: PresenceEntry.shape), "Everybody, the gateway first.")))

    /// The frame that carries `payload`.
    func frame(_ payload: JSON, stateVersion: StateVersion? = nil) -> EventFrame {
        assert(self.payload.faults(in: payload).isEmpty, "\(name): \(self.payload.faults(in: payload).text)")
        return EventFrame(event: name, payload: payload, stateVersion: stateVersion)
    }
}
