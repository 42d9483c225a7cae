import GatewayProtocol
import JSON

extension GatewayEvent {
    static let pairRequested = GatewayEvent(
        "device.pair.requested", for: .pairing, "A device asks to be let in.", PairingRequest.shape)

    static let pairResolved = GatewayEvent(
        "device.pair.resolved", for: .pairing, "A device was let in or turned away.",
        .object(
            Field(required: "requestId", .string, "The request's id."),
            Field(required: "deviceId", .string, "The device."),
            Field(required: "decision", .string, "`approved` or `rejected`."),
            Field(required: "ts", .integer, "When, in milliseconds since 1970.")))
}
