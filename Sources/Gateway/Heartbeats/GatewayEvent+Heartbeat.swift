import GatewayProtocol
import JSON

extension GatewayEvent {
    static let heartbeat = GatewayEvent(
        "heartbeat", for: .read, "An agent looked for work by itself. Left out for a client that is slow.",
        HeartbeatOutcome.shape)
}
