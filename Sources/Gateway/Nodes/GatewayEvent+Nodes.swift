import GatewayProtocol
import JSON

extension GatewayEvent {
    static let nodePairRequested = GatewayEvent(
        "node.pair.requested", for: .pairing, "A node asks to be paired.", NodePairingRequest.shape)

    static let nodePairResolved = GatewayEvent(
        "node.pair.resolved", for: .pairing, "A node was paired or turned away.",
        .object(
            Field(required: "requestId", .string, "The request's id."),
            Field(required: "nodeId", .string, "The node."),
            Field(required: "decision", .string, "`approved` or `rejected`."),
            Field(required: "ts", .integer, "When, in milliseconds since 1970.")))

    static let nodeInvokeRequest = GatewayEvent(
        "node.invoke.request", "Sent to one node, without `seq`: it is to carry out a command.",
        .object(
            Field(required: "id", .string, "The id to answer with, by `node.invoke.result`."),
            Field(required: "nodeId", .string, "The node itself."),
            Field(required: "command", .string, "The command."),
            Field("paramsJSON", .string, "What the command takes, as JSON text."),
            Field(required: "timeoutMs", .integer(0...), "How long the gateway waits."),
            Field(required: "idempotencyKey", .string, "The same for the same request sent again.")))
}
